import { accept, refuse, type Verdict } from '../../contract/problem.ts';
import type { PinnedArtifact, Release } from '../../contract/release.ts';
import type { Trust } from '../../contract/trust.ts';

/** The members of a release that name artifacts. */
export type References = Pick<Release, 'config' | 'controlPlane'> &
  Partial<Pick<Release, 'hostBundle' | 'charts' | 'images'>>;

/** Everything that a release asks to be pulled, with the place in the document that names it. */
export function referencesOf(
  release: References,
): readonly { readonly where: string; readonly artifact: PinnedArtifact }[] {
  const host =
    release.hostBundle === undefined ? [] : [{ where: 'hostBundle', artifact: release.hostBundle }];
  return [
    { where: 'config', artifact: release.config },
    { where: 'controlPlane', artifact: release.controlPlane },
    ...host,
    ...Object.entries(release.charts ?? {}).map(([key, artifact]) => ({ where: `charts.${key}`, artifact })),
    ...Object.entries(release.images ?? {}).map(([key, artifact]) => ({ where: `images.${key}`, artifact })),
  ];
}

function matches(rule: string, repository: string): boolean {
  if (rule.endsWith('/*')) return repository.startsWith(rule.slice(0, -1));
  return rule === repository;
}

/** Whether the trust document lets anything be pulled from this repository. Judged by its own name; mirrors do not matter. */
export function isAllowed(trust: Trust, repository: string): boolean {
  const host = repository.split('/', 1)[0] ?? '';
  return trust.registries.includes(host) && trust.repositories.some((rule) => matches(rule, repository));
}

/** Problem release.not-allowed when the document points anywhere that the trust document does not list (protocols §8). */
export function checkAllowed(trust: Trust, release: References): Verdict<undefined> {
  const bad = referencesOf(release).find(({ artifact }) => !isAllowed(trust, artifact.repository));
  return bad === undefined
    ? accept(undefined)
    : refuse('release.not-allowed', `${bad.where} points to ${bad.artifact.repository}`);
}
