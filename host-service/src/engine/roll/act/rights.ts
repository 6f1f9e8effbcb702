import type { ControlPlaneBuild } from '../../../contract/control-plane.ts';
import { FIELD_MANAGER, type Digest } from '../../../contract/names.ts';
import { isRecord } from '../../../core/json.ts';
import type { Manifest } from '../../../core/roll/manifests.ts';
import { text } from '../../observe/read.ts';
import type { Cluster, KubeInput } from '../../ports.ts';

/** ConfigMap with the exact rights of the build that is being put in, so that it can write them itself without a registry. */
export const RIGHTS_CONFIGMAP = 'appliance-control-plane-rights';
const ROLES = /^(Cluster)?Role(Binding)?$/;

const keyOf = (digest: Digest): string => `${digest.slice('sha256:'.length, 'sha256:'.length + 16)}.json`;

/** The ConfigMap for one build; the one before it goes. */
export const rightsObject = (
  namespace: string,
  { digest }: Pick<ControlPlaneBuild, 'digest'>,
  rights: readonly Manifest[],
): KubeInput => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name: RIGHTS_CONFIGMAP,
    namespace,
    labels: { 'app.kubernetes.io/managed-by': FIELD_MANAGER },
  },
  data: { [keyOf(digest)]: JSON.stringify(rights.filter(({ kind }) => ROLES.test(kind))) },
});

/** Writes roles and bindings exactly as this build came with them; nothing when that is not known here. Throws Problem cluster.*. */
export async function applyExactRights(
  cluster: Cluster,
  namespace: string,
  digest: Digest,
  signal: AbortSignal,
): Promise<boolean> {
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: RIGHTS_CONFIGMAP };
  const objects = rolesIn(text(await cluster.get(ref, signal), 'data', keyOf(digest)));
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
