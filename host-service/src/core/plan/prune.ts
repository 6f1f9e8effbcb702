import type { Digest } from '../../contract/names.ts';
import { lastGoodOf } from '../decide/candidates.ts';
import { parseValuesName } from '../values/keys.ts';
import type { KnownRelease } from './observed.ts';
import type { PlanInput } from './plan-input.ts';

/** How many of each are kept beside those that have a role. */
export const KEEP = { releases: 5, operations: 20, quarantined: 16 } as const;
/** So many Release objects to drop are a reason to tidy up although nothing else is to be done. */
export const PRUNE_AT = 10;

export interface PruneWork {
  readonly releases: readonly Digest[];
  readonly values: readonly string[];
  readonly operations: readonly string[];
}

/**
 * What may go: Releases without a role except the newest five, values keys of releases that are gone, Operations beyond the newest twenty.
 * Quarantined releases are kept (the newest sixteen), because forgetting one would let it be tried again by itself.
 */
export function pruneWork(
  input: Pick<PlanInput, 'observed' | 'decision' | 'open'>,
  target: Digest,
): PruneWork {
  const { observed } = input;
  const kept = keptReleases(input, target);
  const releases = [...observed.releases.keys()].filter((digest) => !kept.has(digest));
  const versions = new Set(
    [...observed.releases.values()]
      .filter(({ digest }) => kept.has(digest))
      .map(({ release }): string => release.version),
  );
  const values = [...observed.valuesKeys.keys()].filter((name) => {
    const version = parseValuesName(name)?.version;
    return version !== undefined && !versions.has(version);
  });
  const operations = observed.operations
    .slice(KEEP.operations)
    .map((operation) => operation.metadata.name)
    .filter((name) => name !== input.open?.metadata.name);
  return { releases, values, operations };
}

function keptReleases(
  { observed, decision }: Pick<PlanInput, 'observed' | 'decision'>,
  target: Digest,
): ReadonlySet<Digest> {
  const newest = [...observed.releases.values()].sort((a, b) => seenAt(b) - seenAt(a));
  const bad = newest.filter(({ object }) => object.status?.quarantine !== undefined);
  const others = newest.filter(({ object }) => object.status?.quarantine === undefined);
  const baked = newest.filter(({ object }) => object.spec.source === 'baked');
  const roles = [target, observed.source?.release, lastGoodOf(observed.releases), decision.available];
  return new Set([
    ...roles.filter((digest) => digest !== undefined),
    ...[...others.slice(0, KEEP.releases), ...bad.slice(0, KEEP.quarantined), ...baked].map(
      ({ digest }) => digest,
    ),
  ]);
}

/** The last thing that happened to it: admitted or confirmed. Milliseconds. */
function seenAt({ object }: KnownRelease): number {
  const times = [object.spec.admittedAt, object.status?.confirmedAt ?? ''].map((text) => Date.parse(text));
  return Math.max(...times.map((time) => (Number.isFinite(time) ? time : 0)));
}

export const isEmpty = (work: PruneWork): boolean =>
  work.releases.length === 0 && work.values.length === 0 && work.operations.length === 0;
