import type { Operation } from '../../../contract/objects.ts';
import { safeLine, type ProblemBody } from '../../../contract/problem.ts';
import { judgeRoll, withLog, type RollVerdict } from '../../../core/roll/judge.ts';
import { failureOf } from '../../../core/roll/record.ts';
import { wayBack } from '../../../core/roll/way-back.ts';
import { wakeIn } from '../../engine.ts';
import { applyExactRights } from './rights.ts';
import { actorOf, type RollContext, type Turn } from './context.ts';
import { rollEvidence } from '../evidence.ts';
import { endRoll, noteRoll } from './operation.ts';
import { attemptOf, putBack } from '../put-back.ts';

/** Milliseconds between looks at a build on its way in. */
const LOOK_MS = 1_000;

/** Why a build is to go, and what it left behind. */
interface Failed {
  readonly reason: ProblemBody;
  readonly evidence: string | undefined;
}

/**
 * Another build than ours stands in the Deployment: it comes in beside us and takes the Lease over when it works. While it does not, we watch and
 * put back what was there at the first fault (design §6.5): we still serve, so nobody loses a request.
 */
export async function flightTurn(context: RollContext): Promise<Turn> {
  const { engine, seen, open, record } = context;
  const { digest } = seen;
  if (digest === undefined) {
    const detail = 'The image of the control plane is not named by its digest';
    return { state: 'unknown', detail, inFlight: false };
  }
  const recorded = failureOf(record, digest);
  if (recorded !== undefined && recorded.attempt === attemptOf(seen)) {
    return goBack(context, open, { reason: recorded.reason, evidence: recorded.evidence });
  }
  const now = engine.ports.clock.now();
  const { watched } = engine.memory.roll;
  const since = watched?.digest === digest ? watched.since : now;
  engine.memory.roll.watched = { digest, since };
  const verdict = judgeRoll(seen, digest, { now, since });
  if (verdict.kind === 'failed') return goBack(context, open, await whyOf(context, verdict));
  const version = seen.version ?? digest.slice(0, 19);
  const wait = verdict.kind === 'available' ? 'Waiting until the new control plane takes over' : verdict.now;
  if (open?.spec.to.digest === digest) await noteRoll(engine, open, wait, context.signal);
  wakeIn(engine, LOOK_MS);
  const detail = safeLine(`Control plane ${version}: ${wait}`);
  return { state: 'rolling', detail, build: buildIn(context), inFlight: true };
}

/** The build that stands in the Deployment, as far as it can be named. */
function buildIn({ seen: { digest, version } }: RollContext): Turn['build'] {
  return digest === undefined || version === undefined ? undefined : { digest, version };
}

async function whyOf(
  { engine, signal }: RollContext,
  verdict: Extract<RollVerdict, { kind: 'failed' }>,
): Promise<Failed> {
  const { cluster, clock, log } = engine.ports;
  const evidence = await rollEvidence(cluster, engine.namespace, verdict, signal);
  const { code, detail } = withLog(verdict, evidence);
  log.warn('the new control plane fails', { code, detail });
  return { reason: { code, detail, since: clock.now().toISOString() }, evidence };
}

async function goBack(
  context: RollContext,
  open: Operation | undefined,
  { reason, evidence }: Failed,
): Promise<Turn> {
  const { engine, own, seen, record, signal } = context;
  const failed = seen.digest;
  const isHopeless =
    failed !== undefined && isSpent(context) && wayBack(seen, record, failed).kind === 'none';
  const { cluster, clock, log } = engine.ports;
  const ports = { cluster, clock, log, namespace: engine.namespace };
  const input =
    failed === undefined || isHopeless ? undefined : { failed, reason, by: actorOf(engine), evidence };
  const answer = input === undefined ? undefined : await putBack(ports, input, signal);
  // Rights that only the other one needed go with it. We are the one that is back.
  if (answer?.kind === 'restored' && answer.digest === own.digest)
    await applyExactRights(cluster, engine.namespace, own.digest, signal);
  if (open !== undefined && open.spec.to.digest === failed) {
    const text = safeLine(`Failed: ${reason.detail}`);
    await endRoll(engine, open, { outcome: 'failed', problem: reason, evidence, text }, signal);
  }
  if (answer?.kind === 'restored') {
    wakeIn(engine, 0);
    const detail = `The control plane before is back: ${reason.detail}`;
    return {
      ...{ state: 'held', detail: safeLine(detail), problem: reason, build: buildIn(context) },
      inFlight: true,
    };
  }
  const detail = safeLine(`${reason.code}: ${reason.detail}`);
  const problem: ProblemBody = { code: 'roll.no-way-back', detail };
  // We serve on; the application must not wait for what nobody can mend by waiting.
  return { state: 'held', detail: 'No earlier control plane can be put back', problem, inFlight: false };
}

/** Whether this very failure was recorded before. */
const isSpent = ({ seen, record }: RollContext): boolean =>
  seen.digest !== undefined && failureOf(record, seen.digest)?.attempt === attemptOf(seen);
