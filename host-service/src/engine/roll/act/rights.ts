import type { ControlPlaneBuild } from '../../../contract/control-plane.ts';
import { FIELD_MANAGER, type Digest } from '../../../contract/names.ts';
import { isRecord } from '../../../core/json.ts';
import type { Manifest } from '../../../core/roll/manifests.ts';
import { text } from '../../observe/read.ts';
import type { Engine } from '../../engine.ts';
import type { Cluster, KubeInput, KubeObject } from '../../ports.ts';

/** ConfigMap with the exact rights of the build that is being put in and of the one before it, so that either can write its own without a registry. */
export const RIGHTS_CONFIGMAP = 'appliance-control-plane-rights';
const ROLES = /^(Cluster)?Role(Binding)?$/;

const keyOf = (digest: Digest): string => `${digest.slice('sha256:'.length, 'sha256:'.length + 16)}.json`;

/**
 * Keeps what the new build has of rights, and what the one that runs has: as it was kept before, else as it is now. Those of builds before them go.
 *
 * @throws Problem cluster.*
 */
export async function keepRights(
  { ports: { cluster }, namespace }: Pick<Engine, 'ports' | 'namespace'>,
  running: { readonly own: Pick<ControlPlaneBuild, 'digest'>; readonly present: readonly KubeObject[] },
  next: { readonly build: Pick<ControlPlaneBuild, 'digest'>; readonly rights: readonly Manifest[] },
  signal: AbortSignal,
): Promise<void> {
  const { apiVersion, kind, name } = refIn(namespace);
  const before = text(await cluster.get(refIn(namespace), signal), 'data', keyOf(running.own.digest));
  const data = {
    [keyOf(running.own.digest)]: before === '' ? JSON.stringify(running.present.map(bare)) : before,
    [keyOf(next.build.digest)]: JSON.stringify(next.rights.filter((one) => ROLES.test(one.kind))),
  };
  const labels = { 'app.kubernetes.io/managed-by': FIELD_MANAGER };
  await cluster.apply({ apiVersion, kind, metadata: { name, namespace, labels }, data }, { signal });
}

const refIn = (namespace: string) =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name: RIGHTS_CONFIGMAP }) as const;

/** A stored role or binding as somebody would write it. */
function bare({ apiVersion, kind, metadata, ...rest }: KubeObject): KubeInput {
  const { name, namespace, labels } = metadata;
  const own = ['rules', 'subjects', 'roleRef'].filter((field) => rest[field] !== undefined);
  return {
    ...{ apiVersion, kind, metadata: { name, namespace, labels } },
    ...Object.fromEntries(own.map((field) => [field, rest[field]])),
  };
}

/** Writes roles and bindings exactly as this build came with them; nothing when that is not known here. Throws Problem cluster.*. */
export async function applyExactRights(
  cluster: Cluster,
  namespace: string,
  digest: Digest,
  signal: AbortSignal,
): Promise<boolean> {
  const objects = rolesIn(text(await cluster.get(refIn(namespace), signal), 'data', keyOf(digest)));
  for (const object of objects) await cluster.apply(object, { signal });
  return objects.length > 0;
}

function rolesIn(stored: string): readonly KubeInput[] {
  let value: unknown;
  try {
    value = JSON.parse(stored);
  } catch {
    return [];
  }
  const isRole = (one: unknown): one is KubeInput =>
    isRecord(one) && ROLES.test(String(one['kind'])) && isRecord(one['metadata']);
  return Array.isArray(value) ? value.filter(isRole) : [];
}
