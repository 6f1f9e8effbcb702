import type { Digest, Repository } from '../../contract/names.ts';
import type { Release } from '../../contract/release.ts';
import type { ObservedHost } from './hosts.ts';
import { referenceOf } from './reference.ts';

/** One thing that a release pins, and whether it has to come over the wire. */
export interface PlannedPull {
  readonly what: string;
  readonly repository: Repository;
  readonly digest: Digest;
  readonly bytes: number;
  /** What runs has it, or every host reports that it is there. */
  readonly isPresent: boolean;
}

/** What a release pins, each digest once; what is still to come first, in the order of the release. Pure. */
export function plannedPulls(
  target: Release,
  running: Release | undefined,
  hosts: readonly ObservedHost[],
): readonly PlannedPull[] {
  const have = new Set(running === undefined ? [] : pinsOf(running).map(({ digest }) => digest));
  const pulls = pinsOf(target).map((pin) => ({
    ...pin,
    isPresent: have.has(pin.digest) || isEverywhere(hosts, pin),
  }));
  const distinct = [...new Map(pulls.map((pull) => [pull.digest, pull])).values()];
  return [
    ...distinct.filter(({ isPresent }) => !isPresent),
    ...distinct.filter(({ isPresent }) => isPresent),
  ];
}

const isEverywhere = (
  hosts: readonly ObservedHost[],
  pin: Pick<PlannedPull, 'repository' | 'digest'>,
): boolean =>
  hosts.length > 0 &&
  hosts.every(({ status }) =>
    status?.pulled.some(({ image, state }) => state === 'present' && image === referenceOf(pin)),
  );

function pinsOf({ config, charts, images }: Release): readonly Omit<PlannedPull, 'isPresent'>[] {
  const named = [
    ['configuration bundle', config] as const,
    ...Object.entries(charts).map(([key, pin]) => [`chart ${key}`, pin] as const),
    ...Object.entries(images).map(([key, pin]) => [`image ${key}`, pin] as const),
  ];
  return named.map(([what, { repository, digest, size }]) => ({ what, repository, digest, bytes: size }));
}
