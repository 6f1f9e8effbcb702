import { createHash } from 'node:crypto';
import semver from 'semver';
import type { Digest } from '../../contract/names.ts';
import type { Release } from '../../contract/release.ts';

/** Whether a version lies in a range; versions before a release count as theirs (`1.2.0-rc.1` is in `>=1.0.0`). */
export function inRange(version: string, range: string): boolean {
  return semver.satisfies(version, range, { includePrerelease: true });
}

/** Version of the platform without vendor suffix: `1.36.3+k3s1` and `v1.36.3` are 1.36.3. */
export function plainVersion(text: string): string | undefined {
  return semver.coerce(text)?.version;
}

export const isOlder = (version: string, than: string): boolean => semver.lt(version, than);

/** Whether one may come back from `release` to `version` (design §4 `reversible`). */
export function leadsBack(release: Pick<Release, 'reversible'>, version: string): boolean {
  return release.reversible.some((range) => inRange(version, range));
}

/** Where this box stands in the rollout of a release: 0 <= x < 100, from the first 32 bits of sha256(id + digest). */
export function rolloutPlace(applianceId: string, digest: Digest): number {
  const hash = createHash('sha256').update(`${applianceId}${digest}`).digest();
  return (hash.readUInt32BE(0) / 2 ** 32) * 100;
}
