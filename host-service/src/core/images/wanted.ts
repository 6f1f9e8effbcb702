import type { ControlPlaneBuild } from '../../contract/control-plane.ts';
import type { HostSpec } from '../../contract/objects.ts';
import { lastGoodOf } from '../decide/candidates.ts';
import type { KnownRelease, Observed } from '../plan/observed.ts';
import { referenceOf, type SizedImage } from './reference.ts';

/** As many as the contract allows. */
const CAP = 256;

/** The images of the application that a release pins. */
export const imagesOf = ({ release }: KnownRelease): readonly SizedImage[] =>
  Object.values(release.images).map(({ repository, digest, size }) => ({ repository, digest, size }));

/** What a host is asked for. */
export type ImageWish = Required<Pick<HostSpec, 'images' | 'imageBytes'>>;

/**
 * Images that every host should have and keep (design §6.1, §7): of the build that is about to be put in and of the decided release, then all ways
 * back: what runs, what was good last, what came with the box. The same world gives the same list in the same order. Pure.
 */
export function wantedImages(
  observed: Observed,
  target: KnownRelease | undefined,
  next: ControlPlaneBuild | undefined,
): ImageWish {
  const { releases, source, controlPlane } = observed;
  const running = source?.release === undefined ? undefined : releases.get(source.release);
  const good = lastGoodOf(releases);
  const baked = [...releases.values()].filter(({ object }) => object.spec.source === 'baked');
  const ways = [target, running, good === undefined ? undefined : releases.get(good), ...baked];
  const { own, record } = controlPlane ?? {};
  const sizes = new Map([...releases.values()].map(({ release }) => [release.controlPlane.digest, release]));
  const builds = [
    next,
    own,
    record?.lastGood,
    record?.formerGood,
    ...baked.map(({ release }) => release.controlPlane),
  ];
  const all: readonly SizedImage[] = [
    ...builds.flatMap((build) => {
      if (build === undefined) return [];
      const size = sizes.get(build.digest)?.controlPlane.size;
      return [{ ...build, ...(size === undefined ? {} : { size }) }];
    }),
    ...ways.flatMap((release) => (release === undefined ? [] : imagesOf(release))),
  ];
  const distinct = new Map(all.map((image) => [referenceOf(image), image]));
  const kept = [...distinct].slice(0, CAP);
  const bytes = kept.flatMap(([, { digest, size }]) => (size === undefined ? [] : [[digest, size] as const]));
  return { images: kept.map(([reference]) => reference), imageBytes: Object.fromEntries(bytes) };
}
