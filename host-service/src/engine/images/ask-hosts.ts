import type { ControlPlaneBuild } from '../../contract/control-plane.ts';
import { GROUP_VERSION } from '../../contract/names.ts';
import type { HostSpec } from '../../contract/objects.ts';
import { Problem } from '../../contract/problem.ts';
import { wantedImages, type ImageWish } from '../../core/images/wanted.ts';
import type { KnownRelease, Observed } from '../../core/plan/observed.ts';
import { wakeIn, type Engine } from '../engine.ts';

/**
 * Asks every host for the images that it should have and keep (design §5, §6.1): written only where it differs, and never to a host that somebody
 * has just removed. `next` is the build of the control plane that is about to be put in.
 *
 * @throws Problem cluster.*
 */
export async function askHosts(
  engine: Engine,
  observed: Observed,
  wish: { readonly target: KnownRelease | undefined; readonly next: ControlPlaneBuild | undefined },
  signal: AbortSignal,
): Promise<void> {
  const { hosts = [] } = observed;
  if (hosts.length === 0) return;
  const wanted = wantedImages(observed, wish.target, wish.next);
  for (const { name, resourceVersion, spec } of hosts) {
    if (essenceOf(spec) === essenceOf(wanted)) continue;
    const object = {
      ...{ apiVersion: GROUP_VERSION, kind: 'Host', metadata: { name, resourceVersion } },
      spec: wanted,
    };
    try {
      await engine.ports.cluster.apply(object, { signal });
      engine.ports.log.info('host asked for images', { host: name, images: wanted.images.length });
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'cluster.conflict') throw error;
    }
    // Its program reports all the time, so that losing against it is nothing special: the next look sees both.
    wakeIn(engine, 1_000);
  }
}

const essenceOf = ({ images, imageBytes }: HostSpec | ImageWish): string =>
  JSON.stringify([images, Object.entries(imageBytes ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
