import { CONTROL_PLANE_CONTAINER, type ControlPlaneBuild } from '../../contract/control-plane.ts';
import { Repository } from '../../contract/names.ts';
import { digestIn } from '../../core/status/component/digests.ts';
import type { Engine } from '../engine.ts';
import { items, text } from '../observe/read.ts';
import type { KubeObject } from '../ports.ts';

/**
 * The build that this very program is: the image of its own pod, and the version that it says of itself. A pod never changes its image, so one
 * look is enough. undefined outside of a pod, or when the image is not named by digest. Throws Problem cluster.*.
 */
export async function ownBuildOf(
  { memory, namespace, ports, pod: name, identity }: Engine,
  signal: AbortSignal,
): Promise<ControlPlaneBuild | undefined> {
  if (name === undefined) return undefined;
  if (memory.roll.own !== undefined) return memory.roll.own;
  const pod = await ports.cluster.get({ apiVersion: 'v1', kind: 'Pod', namespace, name }, signal);
  const own = pod === undefined ? undefined : imageOf(pod);
  if (own === undefined) return undefined;
  memory.roll.own = { ...own, version: identity.version };
  return memory.roll.own;
}

/** `host/path@sha256:…` as the pod asks for it, else as the node says that it runs. */
function imageOf(pod: KubeObject): Pick<ControlPlaneBuild, 'repository' | 'digest'> | undefined {
  const named = (list: readonly unknown[]): unknown =>
    list.find((one) => text(one, 'name') === CONTROL_PLANE_CONTAINER);
  const asked = text(named(items(pod, 'spec', 'containers')), 'image');
  const running = text(named(items(pod, 'status', 'containerStatuses')), 'imageID');
  for (const reference of [asked, running]) {
    const digest = digestIn(reference);
    const repository = Repository.safeParse(reference.split('@')[0]);
    if (digest !== undefined && repository.success) return { repository: repository.data, digest };
  }
  return undefined;
}
