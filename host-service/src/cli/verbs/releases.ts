import type { Command } from 'commander';
import type { ReleasesView, ReleaseView } from '../../contract/api/releases.ts';
import type { OpenDesk } from '../desk/open.ts';
import { Problem, safeLine } from '../../contract/problem.ts';
import { atDesk, readingVerb } from './command.ts';
import { traceLines } from './trace-text.ts';

/** The one that goes by this name: a digest names one release, a version may be shared. */
export function releaseNamed({ releases }: ReleasesView, name: string): ReleaseView | undefined {
  return (
    releases.find(({ digest, ociDigest }) => digest === name || ociDigest === name) ??
    releases.find(({ version }) => version === name)
  );
}

/** As `releaseNamed`, for those who need it. @throws Problem request.invalid */
export function mustBeKnown(view: ReleasesView, name: string): ReleaseView {
  const found = releaseNamed(view, name);
  if (found !== undefined) return found;
  const known = view.releases.map(({ version }) => version).join(', ');
  throw new Problem(
    'request.invalid',
    `release ${name} is not known here; known: ${known === '' ? 'none' : known}`,
  );
}

/** A release, what it is to this box, and why or why not it would be taken. */
function releaseText(release: ReleaseView): string {
  const { version, digest, signed, keyIds, quarantine, goBack, isReversible, notes, trace, source } = release;
  const marks = [
    ...(release.isRunning ? ['running'] : []),
    ...(release.isLastGood ? ['last good'] : []),
    ...(release.isAvailable ? ['available'] : []),
    ...(quarantine === undefined ? [] : [`failed here ${quarantine.attempts} times`]),
  ];
  const back = goBack.isPossible ? 'one can go back to it' : `no way back to it: ${goBack.reason ?? ''}`;
  return [
    `${version}${marks.length === 0 ? '' : `: ${marks.join(', ')}`}`,
    `  ${digest} by ${source}, ${signed ? `signed by ${keyIds.join(', ')}` : 'UNSIGNED'}`,
    ...(release.isRunning ? [] : [`  ${back}${isReversible ? '' : '; an update to it cannot be undone'}`]),
    ...(quarantine === undefined
      ? []
      : [`  ${quarantine.reason.code}: ${safeLine(quarantine.reason.detail)}`]),
    ...(notes === undefined ? [] : [`  ${safeLine(notes)}`]),
    ...traceLines(trace),
  ].join('\n');
}

/** `appliance releases [name]`: what this box knows, each with the reasons for and against. */
export function registerReleases(program: Command, openDesk: OpenDesk): void {
  readingVerb(
    program,
    'releases',
    'list the releases that this box knows, and why or why not it would take each',
  )
    .argument('[release]', 'version or digest')
    .action((name: string | undefined, raw: unknown) =>
      atDesk(openDesk, raw, async (desk, signal) => {
        const data = await desk.releases(signal);
        const shown = name === undefined ? data.releases : [mustBeKnown(data, name)];
        const text = shown.length === 0 ? 'No release is known here yet.' : shown.map(releaseText).join('\n');
        return { text, data: { releases: shown } };
      }),
    );
}
