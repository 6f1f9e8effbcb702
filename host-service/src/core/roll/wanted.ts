import semver from 'semver';
import type { ControlPlaneBuild, ControlPlaneRecord } from '../../contract/control-plane.ts';
import { safeLine, type ProblemBody } from '../../contract/problem.ts';
import type { KnownRelease } from '../plan/observed.ts';
import { failureOf, nextTryAt } from './record.ts';

/** Which build ought to run here, seen from the one that runs. */
export type Wanted =
  /** It is not known what runs: not a pod of the Deployment. */
  | { readonly kind: 'unknown'; readonly detail: string }
  /** Nothing newer is wanted. */
  | { readonly kind: 'current'; readonly detail: string; readonly build?: ControlPlaneBuild }
  /** A newer one is wanted, and something stands against it until `until` (or until somebody changes it). */
  | {
      readonly kind: 'held';
      readonly build: ControlPlaneBuild;
      readonly problem: ProblemBody;
      readonly until?: Date;
    }
  | { readonly kind: 'roll'; readonly build: ControlPlaneBuild };

export interface WantedInput {
  /** The build that runs now; undefined = unknown. */
  readonly own: Pick<ControlPlaneBuild, 'digest' | 'version'> | undefined;
  /** The decided release, also when it is the one that runs. */
  readonly target: KnownRelease | undefined;
  /** A person or the policy holds updates. */
  readonly hold: boolean;
  readonly record: ControlPlaneRecord;
  readonly now: Date;
}

/** The build that a release names. */
export function buildOf({ digest: release, release: { controlPlane } }: KnownRelease): ControlPlaneBuild {
  const { repository, digest, version } = controlPlane;
  return { repository, digest, version, release };
}

/** Whether a build follows another: by its version only; the same version with another digest is not newer (B-53). */
export const isNewer = (
  build: Pick<ControlPlaneBuild, 'version'>,
  than: Pick<ControlPlaneBuild, 'version'>,
): boolean => semver.gt(build.version, than.version);

/**
 * Which build is wanted: that of the decided release when it is newer than what runs. Never an older one by a channel, never one that was given
 * up here, and one whose image could not be had only after its wait. Pure.
 */
export function wantedBuild({ own, target, hold, record, now }: WantedInput): Wanted {
  if (own === undefined) {
    return { kind: 'unknown', detail: 'This program does not run from an image of this box' };
  }
  if (target === undefined) return { kind: 'current', detail: 'No release is decided on yet' };
  const build = buildOf(target);
  const { version } = build;
  if (build.digest === own.digest) return { kind: 'current', detail: `${version} runs, as the release asks` };
  if (!isNewer(build, own)) {
    const detail = `${own.version} runs; ${version} of the release is not newer`;
    return { kind: 'current', detail, build };
  }
  const failed = failureOf(record, build.digest);
  if (failed?.quarantined === true) {
    const { code, detail } = failed.reason;
    const said = safeLine(`${version} failed here on ${failed.at}: ${code}: ${detail}`);
    return { kind: 'held', build, problem: { code: 'roll.quarantined', detail: said } };
  }
  if (hold) {
    return { kind: 'held', build, problem: { code: 'plan.held', detail: `${version} waits: on hold` } };
  }
  const until = failed === undefined ? undefined : nextTryAt(failed);
  if (failed === undefined || until === undefined || until <= now) return { kind: 'roll', build };
  const { code, detail } = failed.reason;
  const next = safeLine(`${detail.slice(0, 400)}; next try at ${until.toISOString()}`);
  return { kind: 'held', build, problem: { code, detail: next }, until };
}
