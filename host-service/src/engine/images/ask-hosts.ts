import type { ControlPlaneBuild } from '../../contract/control-plane.ts';
import { GROUP_VERSION } from '../../contract/names.ts';
import type { HostSpec } from '../../contract/objects.ts';
import { Problem } from '../../contract/problem.ts';
import type { ObservedHost } from '../../core/images/hosts.ts';
import { referenceOf } from '../../core/images/reference.ts';
import { wantedImages, type ImageWish } from '../../core/images/wanted.ts';
import type { KnownRelease, Observed } from '../../core/plan/observed.ts';
import { wakeIn, type Engine } from '../engine.ts';
import { openOperation } from '../journal/journal.ts';

/**
 * Asks every host for the images that it should have and keep (design §5, §6.1): written only where it differs, and never to a host that somebody
 * has just removed. While a person has paused what is under way nothing more is fetched for it. `next` is the build of the control plane that is about to be put in.
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
  const isPaused = openOperation(observed.operations)?.status?.pause !== undefined;
  for (const host of hosts) {
    const { name, resourceVersion, spec } = host;
    const asked = isPaused ? withoutDownloads(wanted, host, wish.next) : wanted;
    if (essenceOf(spec) === essenceOf(asked)) continue;
    const object = {
      ...{ apiVersion: GROUP_VERSION, kind: 'Host', metadata: { name, resourceVersion } },
      spec: asked,
    };
    try {
      await engine.ports.cluster.apply(object, { signal });
      engine.ports.log.info('host asked for images', { host: name, images: asked.images.length });
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'cluster.conflict') throw error;
    }
    // Its program reports all the time, so that losing against it is nothing special: the next look sees both.
    wakeIn(engine, 1_000);
  }
}

/** What is here is kept, what is not yet is not fetched; the control plane's own update is a track of its own (ADR 12). */
function withoutDownloads(
  wanted: ImageWish,
  { status }: ObservedHost,
  next: ControlPlaneBuild | undefined,
): ImageWish {
  const here = new Set(
    (status?.pulled ?? []).flatMap(({ image, state }) => (state === 'present' ? [image] : [])),
  );
  const own = next === undefined ? undefined : referenceOf(next);
  const images = wanted.images.filter((image) => here.has(image) || image === own);
  const bytes = Object.entries(wanted.imageBytes ?? {}).filter(([digest]) =>
    images.some((image) => image.endsWith(`@${digest}`)),
  );
  return { images, imageBytes: Object.fromEntries(bytes) };
}

const essenceOf = ({ images, imageBytes }: HostSpec | ImageWish): string =>
  JSON.stringify([images, Object.entries(imageBytes ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
