import { createHash } from 'node:crypto';
import { eventually, type KubeObject } from '../kube.ts';
import { at } from './facts.ts';
import type { Scene } from './scene.ts';

export type Fingerprint = ReadonlyMap<string, string>;

/** What may change at any time and says nothing about what was done to the cluster (design §12). */
const LEFT_OUT = new Set(['events', 'leases', 'operations', 'releases', 'componentstatuses', 'endpoints']);
const FLOOR = 'appliance-floor';

interface Kind {
  readonly base: string;
  readonly plural: string;
}

async function kindsAt(scene: Scene, base: string): Promise<readonly Kind[]> {
  const { resources } = await scene.world.kube.get<{ resources: readonly unknown[] }>(base);
  return resources.flatMap((one) => {
    const plural = String(at(one, 'name'));
    const verbs = at(one, 'verbs');
    const listed = Array.isArray(verbs) && verbs.includes('list') && !plural.includes('/');
    return listed && !LEFT_OUT.has(plural) ? [{ base, plural }] : [];
  });
}

/** Everything of an object but its status and what the server counts. */
function essence(object: KubeObject): string {
  const { metadata } = object;
  const content = Object.entries(object).filter(([name]) => !['metadata', 'status'].includes(name));
  const { uid, generation, labels, annotations, ownerReferences, deletionTimestamp } = metadata;
  const kept = { uid, generation, labels, annotations, ownerReferences, deletionTimestamp };
  return createHash('sha256')
    .update(JSON.stringify([kept, content]))
    .digest('hex')
    .slice(0, 16);
}

/**
 * All objects of the cluster with a digest of what they say: identity, generation, labels, annotations, spec, data. Left out: status,
 * Operations, Releases, Events, Leases and the floor.
 */
export async function fingerprint(scene: Scene): Promise<Fingerprint> {
  const { groups } = await scene.world.kube.get<{ groups: readonly unknown[] }>('/apis');
  const bases = groups.map((group) => `/apis/${String(at(group, 'preferredVersion', 'groupVersion'))}`);
  const kinds = (await Promise.all(['/api/v1', ...bases].map((base) => kindsAt(scene, base)))).flat();
  const found = new Map<string, string>();
  for (const { base, plural } of kinds) {
    for (const object of await scene.world.kube.list(`${base}/${plural}`)) {
      const { name, namespace = '' } = object.metadata;
      if (name !== FLOOR) found.set(`${plural} ${namespace}/${name}`, essence(object));
    }
  }
  return found;
}

/** The fingerprint once nothing moves any more: pods of an update before may still be ending. */
export async function settled(scene: Scene, deadlineMs = 120_000): Promise<Fingerprint> {
  let last: Fingerprint | undefined;
  return eventually(
    'the cluster is at rest',
    async () => {
      const now = await fingerprint(scene);
      const isSame = last !== undefined && changes(last, now).length === 0;
      last = now;
      return isSame ? now : undefined;
    },
    deadlineMs,
  );
}

/** Objects that came, went or say something else. */
export function changes(before: Fingerprint, after: Fingerprint): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name)).toSorted();
}
