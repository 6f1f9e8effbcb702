import type { StatusView } from 'host-service/contract/api/status.ts';
import type { ApplianceStatus } from 'host-service/contract/appliance.ts';
import type { ProblemBody } from 'host-service/contract/problem.ts';
import type { Tone } from '../../../parts/basic/state-look.ts';
import type { Ask } from '../model/ask.ts';
import { saying, type Saying } from '../model/saying.ts';

/**
 * How it stands with the control plane's own update, as people look at it: `held` waits for a person, `queued` for the
 * application, `waits` for something else, `failed`
 * is tried again by the box, `given-up` is not.
 */
export type RollKind =
  | 'plain'
  | 'current'
  | 'unknown'
  | 'rolling'
  | 'probation'
  | 'held'
  | 'queued'
  | 'waits'
  | 'failed'
  | 'given-up';

export interface ControlPlaneFacts {
  readonly kind: RollKind;
  readonly tone: Tone;
  /** Something is going on or wrong: it stands where people look first. */
  readonly isLoud: boolean;
  readonly sentences: readonly Saying[];
  readonly problem?: ProblemBody;
  readonly ask?: Extract<Ask, { kind: 'retry-control-plane' }>;
  /** Since when it goes on. */
  readonly since?: string;
  /** Name of the operation that this is about. */
  readonly operation?: string;
  /** The server's own words, English. */
  readonly serverText?: string;
  readonly build: string;
  readonly leader: string;
  readonly digest?: string;
  readonly wantedDigest?: string;
  /** Builds that failed here, newest first. */
  readonly failed: readonly FailedRow[];
}

export interface FailedRow {
  readonly digest: string;
  readonly version: string;
  readonly at: string;
  readonly attempts: number;
  readonly problem: ProblemBody;
  /** Who put the one before back. */
  readonly by: Saying;
}

type ControlPlane = ApplianceStatus['controlPlane'];
type Failed = NonNullable<ControlPlane['failed']>[number];

const TONES: Readonly<Record<RollKind, Tone>> = {
  plain: 'plain',
  current: 'good',
  unknown: 'plain',
  rolling: 'info',
  probation: 'info',
  held: 'plain',
  queued: 'plain',
  waits: 'warn',
  failed: 'warn',
  'given-up': 'bad',
};
/** In the others the last operation is another one's. */
const JOURNALLED: ReadonlySet<RollKind> = new Set(['rolling', 'probation', 'failed', 'given-up']);
const QUIET: ReadonlySet<RollKind> = new Set(['plain', 'current', 'unknown', 'queued']);

/** The control plane's own update; undefined until the box has reported. */
export function controlPlaneOf({ status }: StatusView): ControlPlaneFacts | undefined {
  if (status === undefined) return undefined;
  const { controlPlane } = status;
  const { roll, failed = [], build, leader, digest } = controlPlane;
  const kind = kindOf(controlPlane);
  const isLoud = !QUIET.has(kind);
  const broken = failedOf(controlPlane);
  const problem = kind === 'held' ? undefined : (broken?.reason ?? roll?.problem);
  return {
    ...{ kind, isLoud, build, leader },
    tone: TONES[kind],
    sentences: sentencesOf(kind, controlPlane),
    failed: [...failed].sort((a, b) => Date.parse(b.at) - Date.parse(a.at)).map(rowOf),
    ...(problem === undefined ? {} : { problem }),
    ...(broken === undefined || !isLoud
      ? {}
      : { ask: { kind: 'retry-control-plane', version: broken.version } }),
    ...(roll?.operation === undefined || !JOURNALLED.has(kind) ? {} : { operation: roll.operation }),
    ...(roll?.since === undefined ? {} : { since: roll.since }),
    ...(roll === undefined || roll.detail === '' ? {} : { serverText: roll.detail }),
    ...(digest === undefined ? {} : { digest }),
    ...(roll?.wanted === undefined ? {} : { wantedDigest: roll.wanted.digest }),
  };
}

/** Whether the page tells problems of the roll in the control plane's own place. */
export const tellsRoll = (view: StatusView): boolean => controlPlaneOf(view)?.isLoud ?? false;

/** The build that is wanted, when it failed here and is not at work. */
function failedOf({ roll, failed = [] }: ControlPlane): Failed | undefined {
  return roll?.state === 'held' ? failed.find(({ digest }) => digest === roll.wanted?.digest) : undefined;
}

function kindOf(controlPlane: ControlPlane): RollKind {
  const { roll } = controlPlane;
  if (roll === undefined) return 'plain';
  if (roll.state !== 'held') return roll.state;
  const broken = failedOf(controlPlane);
  if (broken !== undefined) return broken.quarantined ? 'given-up' : 'failed';
  if (roll.problem === undefined) return roll.wanted === undefined ? 'waits' : 'queued';
  return roll.problem.code === 'plan.held' ? 'held' : 'waits';
}

function sentencesOf(kind: RollKind, { version, roll }: ControlPlane): readonly Saying[] {
  const to = roll?.wanted?.version;
  // A contract may name a state without the build: the sentence does without its version then.
  const first =
    to === undefined && !QUIET.has(kind) && kind !== 'probation'
      ? saying(`overview.cp.${kind === 'rolling' ? 'rolling-unnamed' : 'waits-unnamed'}`, { version })
      : saying(`overview.cp.${kind}`, to === undefined ? { version } : { version, to });
  if (kind === 'rolling')
    return [first, saying('overview.cp.rolling-back', { version }), saying('overview.cp.page')];
  if (kind === 'probation') return [first, saying('overview.cp.probation-back'), saying('overview.cp.page')];
  return QUIET.has(kind) ? [first] : [first, saying('overview.cp.untouched')];
}

const PUT_BACK_BY: ReadonlySet<string> = new Set(['engine', 'guard', 'boot', 'cli']);

function rowOf({ digest, version, at, attempts, reason, by }: Failed): FailedRow {
  const who = by.slice(0, by.indexOf(':'));
  const key = PUT_BACK_BY.has(who) ? (who as 'engine' | 'guard' | 'boot' | 'cli') : 'other';
  return { digest, version, at, attempts, problem: reason, by: saying(`overview.cp.by.${key}`) };
}
