import { withSigningKey } from '../../core/access/auth-document.ts';
import type { Granted } from '../handle/handle.ts';
import { begin, grant, makeSessionKey } from './grant.ts';
import type { AccessParts } from './ports.ts';
import { createAuthStore } from './store/stores.ts';

/**
 * A session of 5 minutes with all rights, for a command of somebody who has rights on the cluster: such a person could read the keys anyway.
 * `by`: the name of the account, as history shows it.
 *
 * @throws Problem cluster.*
 */
export async function mintCliSession(
  parts: Pick<AccessParts, 'cluster' | 'namespace' | 'clock' | 'random'>,
  by: string,
  signal: AbortSignal,
): Promise<Granted> {
  const { cluster, namespace, clock, random } = parts;
  const now = clock.now();
  const document = await createAuthStore(cluster, namespace).change(
    (current) => withSigningKey(current, now, () => makeSessionKey(random)),
    now,
    signal,
  );
  return grant(document, begin({ user: userNameOf(by), via: 'cli' }, now, random), 'admin');
}

/** A name of the kind that users of the box have. */
function userNameOf(by: string): string {
  const plain = by
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 32);
  return plain === '' ? 'cli' : plain;
}
