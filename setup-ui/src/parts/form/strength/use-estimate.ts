import { useEffect, useRef, useState } from 'react';
import type { Estimate } from './strength.ts';

/** What the thread is asked. It never leaves this page. */
export interface Asked {
  readonly password: string;
  readonly names: readonly string[];
}
interface Answered {
  readonly password: string;
  readonly estimate: Estimate;
}

/** The estimate of a password; undefined until it is there, and where the browser gives no thread for it. */
export function useEstimate(password: string, names: readonly string[]): Estimate | undefined {
  const worker = useRef<Worker>(undefined);
  const [answered, setAnswered] = useState<Answered>();
  const key = names.join('\n');
  useEffect(() => () => worker.current?.terminate(), []);
  useEffect(() => {
    if (password === '') return;
    worker.current ??= startWorker(setAnswered);
    worker.current?.postMessage({ password, names: key.split('\n') } satisfies Asked);
  }, [password, key]);
  return answered?.password === password ? answered.estimate : undefined;
}

/** undefined where there are none: the meter then knows only the rules of the box. */
function startWorker(onAnswer: (answered: Answered) => void): Worker | undefined {
  if (typeof Worker === 'undefined') return undefined;
  const worker = new Worker(new URL('./estimate-worker.ts', import.meta.url), { type: 'module' });
  worker.addEventListener('message', ({ data }: MessageEvent<Answered>) => onAnswer(data));
  return worker;
}
