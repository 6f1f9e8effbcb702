import type { Digest } from '../../contract/names.ts';
import type { KnownRelease } from '../plan/observed.ts';
import { find } from './context.ts';
import type { Candidate, DecideInput } from './types.ts';
import { isOlder } from './versions.ts';

/** The known releases as the rules look at them. */
export function candidatesOf(releases: ReadonlyMap<Digest, KnownRelease>): readonly Candidate[] {
  return [...releases.values()].map(({ object, release, digest }) => ({
    digest,
    version: release.version,
    release,
    signed: object.spec.signed,
    source: object.spec.source,
    quarantine: object.status?.quarantine?.reason,
    confirmedAt: object.status?.confirmedAt,
  }));
}

/** The newest release that passed its health gate here and has not failed since: what one goes back to. */
export function lastGoodOf(releases: ReadonlyMap<Digest, KnownRelease>): Digest | undefined {
  return [...releases.values()]
    .filter(
      ({ object }) => object.status?.confirmedAt !== undefined && object.status.quarantine === undefined,
    )
    .sort(
      (a, b) =>
        Date.parse(b.object.status?.confirmedAt ?? '') - Date.parse(a.object.status?.confirmedAt ?? ''),
    )
    .at(0)?.digest;
}

/** What the channel or the pin asks for; without an answer only what came with the box, and only when nothing runs. */
export function wantedOf(input: DecideInput): Candidate | undefined {
  const { answer } = input;
  if (answer.kind === 'resolved') return find(input, answer.digest);
  if (answer.kind === 'refused' || input.running !== undefined) return undefined;
  const { pin } = input.intent;
  // A second medium may have been put in before anything was installed: the newest counts.
  const baked = input.candidates
    .filter(({ source }) => source === 'baked')
    .sort((a, b) => (isOlder(a.version, b.version) ? 1 : -1));
  return pin === undefined
    ? baked.at(0)
    : baked.find(({ digest, version }) => digest === pin || version === pin);
}
