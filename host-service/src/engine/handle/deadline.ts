import type { Problem } from '../../contract/problem.ts';
import type { Clock } from '../ports.ts';

/** Does something within `ms` milliseconds: then its signal fires, and `late` is thrown whether it has listened or not. */
export async function within<T>(
  clock: Clock,
  { ms, late }: { readonly ms: number; readonly late: Problem },
  signal: AbortSignal,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const done = new AbortController();
  const deadline = clock.sleep(ms, done.signal).then((): Promise<never> | undefined => {
    if (done.signal.aborted) return undefined;
    over.abort();
    return Promise.reject(late);
  });
  const acted = act(AbortSignal.any([signal, over.signal]));
  try {
    return await Promise.race([acted, deadline.then(() => acted)]);
  } finally {
    done.abort();
  }
}
