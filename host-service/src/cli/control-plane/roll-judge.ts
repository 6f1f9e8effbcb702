import type { StatusView } from '../../contract/api/status.ts';
import type { ApplianceStatus } from '../../contract/appliance.ts';
import type { ProblemBody, ProblemCode } from '../../contract/problem.ts';

/** What became of the control plane's update, as far as it is known. */
export interface RollOutcome {
  readonly kind: 'current' | 'rolled' | 'refused' | 'held' | 'rolled-back';
  /** Version that runs now; undefined = unknown. */
  readonly version: string | undefined;
  readonly digest: string | undefined;
  /** Version that ran when it was asked for, where another one runs now. */
  readonly before?: string;
  readonly wanted?: { readonly digest: string; readonly version: string };
  /** One sentence. */
  readonly detail: string;
  readonly problem?: ProblemBody;
}

type Plane = ApplianceStatus['controlPlane'];
type Roll = NonNullable<Plane['roll']>;

/** The box has nothing against them; they wait for a person or for the world. */
const WAITING = /^(registry|cluster)\.|^plan\.held$|^roll\.(quarantined|image-missing|no-room)$/;

/** What an update comes to that this stands against. */
export const kindFor = (code: ProblemCode): 'held' | 'refused' => (WAITING.test(code) ? 'held' : 'refused');

/**
 * Judges snapshots one after the other, from one that was seen before the box was asked. Nothing is said before the engine has taken the request up:
 * until then the status may be about yesterday. undefined = not known yet.
 */
export function createRollJudge(
  before: StatusView,
  requestId: string,
): (view: StatusView) => RollOutcome | undefined {
  const first = before.status?.controlPlane;
  const known = new Set((first?.failed ?? []).map(keyOf));
  /** It was seen at work since. */
  let hasRolled = false;
  return ({ status }) => {
    if (status?.handledRequests.includes(requestId) !== true) return undefined;
    const { controlPlane: plane } = status;
    const { roll } = plane;
    if (roll === undefined) return outcome('refused', plane, 'This control plane does not update itself.');
    if (roll.state === 'rolling' || roll.state === 'probation') {
      hasRolled = true;
      return undefined;
    }
    const fresh = (plane.failed ?? []).find((one) => !known.has(keyOf(one)));
    if (fresh !== undefined && fresh.digest !== plane.digest) {
      const { version, digest, reason: problem } = fresh;
      const kind = wasPutIn(problem.code, hasRolled) ? 'rolled-back' : 'refused';
      const detail = `Control plane ${version} failed; ${plane.version} runs.`;
      return { ...outcome(kind, plane, detail), problem, wanted: { digest, version } };
    }
    return settled(status, roll, first, hasRolled);
  };
}

const keyOf = ({ digest, attempts, at }: NonNullable<Plane['failed']>[number]): string =>
  `${digest} ${attempts} ${at}`;

/** Whether a failure means that the build was put in and taken out again. What is not accepted was never put in. */
const wasPutIn = (code: ProblemCode, hasRolled: boolean): boolean =>
  code !== 'roll.not-accepted' && (hasRolled || code !== 'roll.wrong-architecture');

function settled(
  status: ApplianceStatus,
  roll: Roll,
  first: Plane | undefined,
  hasRolled: boolean,
): RollOutcome | undefined {
  const { controlPlane: plane, channel } = status;
  const { problem } = roll;
  if (roll.state === 'unknown') return withProblem(outcome('refused', plane, roll.detail), problem);
  if (roll.state === 'held') {
    // It begins by itself as soon as the application has been looked after.
    if (problem === undefined || isBeingPutBack(problem.code, hasRolled)) return undefined;
    return withProblem(outcome(kindFor(problem.code), plane, roll.detail), problem);
  }
  if (first !== undefined && isOther(first, plane))
    return { ...outcome('rolled', plane, `Control plane ${plane.version} runs.`), before: first.version };
  if (isAskedTwice(status)) return undefined;
  // What the channel would have named is not known: this is not "current".
  const unheard = channel?.problem;
  if (unheard !== undefined) {
    return withProblem(
      outcome(kindFor(unheard.code), plane, `Control plane ${plane.version} runs.`),
      unheard,
    );
  }
  return outcome('current', plane, roll.detail);
}

/** The engine has just put the one before back; the next status has it among those that failed. */
const isBeingPutBack = (code: ProblemCode, hasRolled: boolean): boolean =>
  /^roll\.(crashed|never-ready|out-of-memory|silent|storage-too-new|objects-unreadable)$/.test(code) ||
  (hasRolled && /^roll\.(image-missing|no-room|wrong-architecture)$/.test(code));

/** The channel has named something new, and the box asks once more before it believes it. */
const isAskedTwice = ({ trace }: ApplianceStatus): boolean =>
  trace.some(({ rule, verdict }) => rule === 'confirmation' && verdict === 'wait');

/** One from before control planes knew their digest is told apart by its build. */
const isOther = (first: Plane, now: Plane): boolean =>
  first.digest === undefined ? first.build !== now.build : first.digest !== now.digest;

function outcome(kind: RollOutcome['kind'], { version, digest, roll }: Plane, detail: string): RollOutcome {
  const wanted = roll?.wanted;
  return { kind, version, digest, detail, ...(wanted === undefined ? {} : { wanted }) };
}

const withProblem = (said: RollOutcome, problem: ProblemBody | undefined): RollOutcome =>
  problem === undefined ? said : { ...said, problem };
