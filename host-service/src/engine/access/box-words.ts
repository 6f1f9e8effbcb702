import { Problem } from '../../contract/problem.ts';
import { boxWordsOf } from '../../core/access/box-words.ts';
import type { AccessParts, SecretCluster } from './ports.ts';
import { createRecent } from './store/recent.ts';

/** It is made with the platform, is never made anew while that lives, and everybody who looks sees the same. */
const OF_THE_BOX = { apiVersion: 'v1', kind: 'Namespace', name: 'kube-system' } as const;

/** The six words of this box; undefined where the platform does not say what it is. Problem cluster.*. */
export async function readBoxWords(
  cluster: Pick<SecretCluster, 'get'>,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const uid = (await cluster.get(OF_THE_BOX, signal))?.metadata.uid;
  return uid === undefined || uid === '' ? undefined : boxWordsOf(uid);
}

/** The same for everybody who opens the page: read until they are known, then never again. Words that cannot be read are left out. */
export function createBoxWords({
  cluster,
  clock,
}: Pick<AccessParts, 'cluster' | 'clock'>): () => Promise<readonly string[] | undefined> {
  const recent = createRecent(clock, (signal) => readBoxWords(cluster, signal));
  let known: readonly string[] | undefined;
  return async () => {
    try {
      return (known ??= await recent.get());
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return undefined;
    }
  };
}
