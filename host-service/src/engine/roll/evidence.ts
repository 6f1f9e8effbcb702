import { CONTROL_PLANE_CONTAINER } from '../../contract/control-plane.ts';
import type { RollFailure } from '../../core/roll/judge.ts';
import type { Cluster } from '../ports.ts';

/** Longest piece of log that is kept, in bytes (design §5 caps). */
const LOG_BYTES = 3 * 1024;

/** The end of the failed program's log; empty when there is none or it cannot be had. Never throws but for the signal. */
export async function rollEvidence(
  cluster: Pick<Cluster, 'log'>,
  namespace: string,
  { pod }: RollFailure,
  signal: AbortSignal,
): Promise<string> {
  if (pod === undefined) return '';
  const container = { namespace, name: pod.name, container: CONTROL_PLANE_CONTAINER };
  for (const previous of pod.previous ? [true, false] : [false, true]) {
    try {
      const text = await cluster.log({ ...container, previous }, LOG_BYTES, signal);
      if (text.trim() !== '') return text;
    } catch (error) {
      if (signal.aborted) throw error;
    }
  }
  return '';
}
