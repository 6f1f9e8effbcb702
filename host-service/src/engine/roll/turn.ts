import type { ApplianceStatus } from '../../contract/appliance.ts';
import { FailedBuildView, type RollState } from '../../contract/control-plane.ts';
import type { Operation } from '../../contract/objects.ts';
import { Problem, safeLine, type ProblemBody } from '../../contract/problem.ts';
import { inRange } from '../../core/decide/versions.ts';
import type { KnownRelease, Observed } from '../../core/plan/observed.ts';
import type { Plan } from '../../core/plan/step.ts';
import { EMPTY_RECORD, failureOf } from '../../core/roll/record.ts';
import { wantedBuild } from '../../core/roll/wanted.ts';
import { wakeIn, type Engine } from '../engine.ts';
import { askHosts } from '../images/ask-hosts.ts';
import { openOperation } from '../journal/journal.ts';
import type { RollContext, Turn } from './act/context.ts';
import { flightTurn } from './act/flight.ts';
import { endRoll, takeUpRoll } from './act/operation.ts';
import { keepReplicas } from './act/replicas.ts';
import { applyExactRights } from './act/rights.ts';
import { settle } from './act/settle.ts';
import { continueTurn, startTurn } from './act/start.ts';

/** What rolling came to in this cycle, for the status and for the application's own operations. */
export interface RollOutcome {
  readonly said: Pick<ApplianceStatus['controlPlane'], 'digest' | 'roll' | 'failed'>;
  /** Something stands against starting an operation of the application now; empty = only that a roll is on its way. undefined = nothing does. */
  readonly startHeld: readonly ProblemBody[] | undefined;
}

interface RollInput {
  readonly observed: Observed;
  /** The decided release. */
  readonly target: KnownRelease | undefined;
  readonly plan: Plan;
}

/**
 * One turn of the control plane's own update, beside the application's operations: which build is wanted, put it in, watch it, put the
 * one before back, or say of ourselves that we work. Asks the world again each time; at most one step.
 *
 * @throws Problem cluster.* when the cluster is away
 */
export async function takeRollTurn(
  engine: Engine,
  input: RollInput,
  signal: AbortSignal,
): Promise<RollOutcome> {
  const { observed, target } = input;
  const roll = observed.controlPlane;
  const { own, seen, record = EMPTY_RECORD } = roll ?? {};
  const now = engine.ports.clock.now();
  const wanted = wantedBuild({ own, target, hold: isOnHold(observed), record, now });
  const next = wanted.kind === 'roll' ? wanted.build : undefined;
  await askHosts(engine, observed, { target, next }, signal);
  if (own === undefined || seen === undefined) {
    const detail = wanted.kind === 'unknown' ? wanted.detail : 'This program runs beside its Deployment';
    return outcomeOf(input, { state: 'unknown', detail, inFlight: false });
  }
  const found = openOperation(observed.rolls ?? []);
  const open = found === undefined ? undefined : await takeUpRoll(engine, found, signal);
  const isBusy = openOperation(observed.operations) !== undefined;
  const context = { engine, observed, own, seen, record, wanted, target, open, isBusy, signal };
  const turn = await turnOf(context).catch((error: unknown) => lostAgainst(context, error));
  return outcomeOf(input, turn);
}

/** A person or the policy holds updates. */
export const isOnHold = ({ spec, source }: Observed): boolean =>
  spec.intent.hold || (source?.release !== undefined && spec.updatePolicy.update === 'hold');

/** Somebody else wrote at the same time: look again. */
function lostAgainst({ engine, signal }: RollContext, error: unknown): Turn {
  signal.throwIfAborted();
  if (!(error instanceof Problem) || error.code !== 'cluster.conflict') throw error;
  wakeIn(engine, 1_000);
  return { state: 'rolling', detail: 'Somebody else is at it as well; looking again', inFlight: true };
}

async function turnOf(context: RollContext): Promise<Turn> {
  const { engine, own, seen, open, wanted } = context;
  if (seen.digest !== own.digest) return flightTurn(context);
  if (open !== undefined && open.spec.to.digest !== own.digest) return unfinished(context, open);
  if (!(await settle(context))) {
    const detail = `${own.version} shows that it works before it is kept`;
    return { state: 'probation', detail, inFlight: open !== undefined || seen.probationUntil !== undefined };
  }
  if (open === undefined && seen.probationUntil === undefined) await keepReplicas(context);
  switch (wanted.kind) {
    case 'unknown':
    case 'current':
      return {
        ...('build' in wanted ? { build: wanted.build } : {}),
        ...settled(wanted.kind, wanted.detail),
      };
    case 'held': {
      const { build, problem, until } = wanted;
      if (until !== undefined) wakeIn(engine, until.getTime() - engine.ports.clock.now().getTime());
      return { state: 'held', build, problem, detail: problem.detail, inFlight: false };
    }
    case 'roll':
      return startTurn(context, wanted.build);
  }
}

const settled = (state: 'unknown' | 'current', detail: string): Turn => ({ state, detail, inFlight: false });

/** A roll whose build is not in the Deployment: it was put back, it was not put in yet, or nobody wants it any more. */
async function unfinished(context: RollContext, open: Operation): Promise<Turn> {
  const { engine, own, record, wanted, signal } = context;
  const { to } = open.spec;
  const failed = failureOf(record, to.digest);
  const startedAt = Date.parse(open.status?.startedAt ?? open.metadata.creationTimestamp ?? '');
  if (failed !== undefined && failed.dueNow !== true && Date.parse(failed.at) >= startedAt) {
    const { reason, evidence } = failed;
    const text = safeLine(`Failed: ${reason.detail}`);
    await applyExactRights(engine.ports.cluster, engine.namespace, own.digest, signal);
    await endRoll(engine, open, { outcome: 'failed', problem: reason, evidence, text }, signal);
    wakeIn(engine, 0);
    return { state: 'held', detail: text, problem: reason, build: failed, inFlight: true };
  }
  if (wanted.kind === 'roll' && wanted.build.digest === to.digest) {
    return continueTurn(context, wanted.build, open);
  }
  const detail = 'another control plane is wanted now';
  const problem: ProblemBody = { code: 'apply.cancelled', detail };
  await endRoll(engine, open, { outcome: 'cancelled', problem, text: `Given up: ${detail}` }, signal);
  wakeIn(engine, 0);
  return { state: 'current', detail: `Given up: ${detail}`, inFlight: true };
}

function outcomeOf(input: RollInput, turn: Turn): RollOutcome {
  const { observed, target, plan } = input;
  const { own, record } = observed.controlPlane ?? {};
  const { state, detail, problem, build, inFlight } = turn;
  const operation = observed.rolls?.[0]?.metadata.name;
  const isOther = build !== undefined && build.digest !== own?.digest;
  const isUnderWay = state === 'rolling' || state === 'probation';
  const since = isUnderWay ? openOperation(observed.rolls ?? [])?.status?.startedAt : undefined;
  const roll: RollState = {
    state,
    ...(isOther ? { wanted: { digest: build.digest, version: build.version } } : {}),
    detail: safeLine(detail),
    ...(problem === undefined ? {} : { problem }),
    ...(operation === undefined ? {} : { operation }),
    ...(since === undefined ? {} : { since }),
  };
  const failed = (record?.failed ?? []).map((entry) => FailedBuildView.parse(entry));
  const said = {
    ...(own === undefined ? {} : { digest: own.digest }),
    roll,
    ...(failed.length === 0 ? {} : { failed }),
  };
  if (own === undefined) return { said, startHeld: undefined };
  const unmet = unmetBy(own.version, target, plan);
  return { said, startHeld: unmet === undefined ? (inFlight ? [] : undefined) : [unmet] };
}

/** What is new needs its control plane first; what was here already is gone back to and repaired under any. */
function unmetBy(version: string, target: KnownRelease | undefined, plan: Plan): ProblemBody | undefined {
  const range = target?.release.requires.controlPlane;
  const isNew = plan.kind === 'steps' && (plan.verb === 'install' || plan.verb === 'update');
  if (range === undefined || !isNew || inRange(version, range)) return undefined;
  const detail = `${plan.to.version} needs control plane ${range}, here is ${version}`;
  return { code: 'release.requires-control-plane', detail };
}
