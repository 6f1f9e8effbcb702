import type { VerbRequest } from '../../contract/appliance.ts';
import type { ProblemBody } from '../../contract/problem.ts';
import { lastGoodOf } from '../../core/decide/candidates.ts';
import { wayBackTo } from '../../core/decide/go-back.ts';
import type { KnownRelease, Observed } from '../../core/plan/observed.ts';
import { withRetry } from '../../core/roll/record.ts';
import type { Engine } from '../engine.ts';
import { openOperation } from '../journal/journal.ts';
import { pauseOperation, resumeOperation } from '../journal/pause.ts';
import { quarantine, release } from '../journal/quarantine.ts';
import { changeRecord } from '../roll/record.ts';

/** A request older than this is not carried out any more: who asked has long looked elsewhere. Milliseconds. */
const EXPIRES_MS = 24 * 60 * 60 * 1000;
/** Ids of handled requests that are remembered (contract: at most 32, as many as there can be requests). */
const REMEMBERED = 32;

type Refusal = ProblemBody | undefined;
type Verb = (
  engine: Engine,
  observed: Observed,
  request: VerbRequest,
  signal: AbortSignal,
) => Promise<Refusal>;

export interface RequestsTaken {
  /** Ids to be written into the status. */
  readonly handled: readonly string[];
  readonly acted: boolean;
}

/**
 * Takes up what was asked for, once by id. Each verb is safe to repeat: a crash before its id is in the status carries it out again
 * with the same end, because the mark that it leaves on a Release carries the id as well.
 */
export async function takeRequests(
  engine: Engine,
  observed: Observed,
  handledBefore: readonly string[],
  signal: AbortSignal,
): Promise<RequestsTaken> {
  const { requests } = observed.spec;
  const known = new Set(handledBefore);
  const fresh = requests.filter(({ id }) => !known.has(id));
  for (const request of fresh) {
    const refusal = isExpired(engine, request)
      ? invalid(request, `was asked at ${request.at} and is too old`)
      : await VERBS[request.verb](engine, observed, request, signal);
    engine.ports.log.info('request taken', { id: request.id, verb: request.verb, refused: refusal?.code });
    if (refusal !== undefined) {
      engine.memory.requestProblems = [...engine.memory.requestProblems, refusal].slice(-8);
    }
  }
  const handled = [...handledBefore, ...fresh.map(({ id }) => id)].slice(-REMEMBERED);
  return { handled, acted: fresh.length > 0 };
}

const VERBS: { readonly [V in VerbRequest['verb']]: Verb } = {
  'check-now': async (engine) => {
    engine.memory.channel = undefined;
    return Promise.resolve(undefined);
  },
  retry,
  cancel,
  pause,
  resume,
  revert,
  'retry-control-plane': retryControlPlane,
};

/** Takes the named release, or the one that failed last, out of quarantine. */
async function retry(
  engine: Engine,
  observed: Observed,
  request: VerbRequest,
  signal: AbortSignal,
): Promise<Refusal> {
  const failed = [...observed.releases.values()]
    .filter(({ digest, object }) =>
      request.release === undefined ? object.status?.quarantine !== undefined : digest === request.release,
    )
    .sort((a, b) => quarantinedAt(b) - quarantinedAt(a))
    .at(0);
  if (failed?.object.status?.quarantine === undefined) return undefined;
  await release(engine.ports.cluster, failed.object.metadata.name, request.id, signal);
  engine.memory.channel = undefined;
  return undefined;
}

/** Lets builds of the control plane that failed here be tried once more. The mark in the record carries the id: a request counts once. */
async function retryControlPlane(
  { ports, namespace }: Engine,
  _observed: Observed,
  { id }: VerbRequest,
  signal: AbortSignal,
): Promise<Refusal> {
  await changeRecord(ports.cluster, namespace, (record) => withRetry(record, id, undefined), signal);
  return undefined;
}

/**
 * Cancels the open operation: its release goes into quarantine with the reason apply.cancelled, and all else follows as after a failure:
 * nothing has moved yet, or the box goes back where it can.
 */
async function cancel(
  engine: Engine,
  observed: Observed,
  request: VerbRequest,
  signal: AbortSignal,
): Promise<Refusal> {
  const open = openOperation(observed.operations);
  const target = open === undefined ? undefined : observed.releases.get(open.spec.to.digest);
  if (open === undefined || target === undefined) {
    return isMarked(observed, request)
      ? undefined
      : invalid(request, 'nothing is under way that could be cancelled');
  }
  if (open.spec.verb === 'revert' || open.spec.verb === 'repair') {
    return invalid(request, `${open.spec.verb} leads to the release that is good; it is not cancelled`);
  }
  await setAside(
    engine,
    target,
    request,
    `${open.metadata.name} was cancelled by ${request.actor.by}`,
    signal,
  );
  return undefined;
}

/** Pauses an installation or update before its next step; what leads to the good release goes on. */
async function pause(
  engine: Engine,
  observed: Observed,
  request: VerbRequest,
  signal: AbortSignal,
): Promise<Refusal> {
  const open = openOperation(observed.operations);
  if (open === undefined) return invalid(request, 'nothing is under way that could be paused');
  if (open.spec.verb !== 'install' && open.spec.verb !== 'update')
    return invalid(request, `${open.spec.verb} leads to the release that is good; it is not paused`);
  await pauseOperation(engine, open, request, signal);
  return undefined;
}

/** Lets it go on. What is not paused, or over by now, needs nothing. */
async function resume(
  engine: Engine,
  observed: Observed,
  request: VerbRequest,
  signal: AbortSignal,
): Promise<Refusal> {
  const open = openOperation(observed.operations);
  if (open !== undefined) await resumeOperation(engine, open, request, signal);
  return undefined;
}

/** Goes back: what runs, and what was confirmed after the wanted release, goes into quarantine; DECIDE and PLAN do the rest. */
async function revert(
  engine: Engine,
  observed: Observed,
  request: VerbRequest,
  signal: AbortSignal,
): Promise<Refusal> {
  if (isMarked(observed, request)) return undefined;
  const others = new Map([...observed.releases].filter(([digest]) => digest !== observed.source?.release));
  const name = request.release ?? lastGoodOf(others);
  const asked = name === undefined ? undefined : observed.releases.get(name);
  const subject = request.release ?? 'last good release';
  const way = wayBackTo(asked, observed.source?.release, observed.releases, subject);
  if (!way.ok) return way.problem;
  const { running, wanted } = way.value;
  const passed = [...others.values()].filter(
    (other) => other.object.status?.quarantine === undefined && confirmedAt(other) > confirmedAt(wanted),
  );
  for (const known of [...passed, running]) {
    const detail = `${request.actor.by} asked to go back to ${wanted.release.version}`;
    await setAside(engine, known, request, detail, signal);
  }
  return undefined;
}

async function setAside(
  engine: Engine,
  known: KnownRelease,
  request: VerbRequest,
  detail: string,
  signal: AbortSignal,
): Promise<void> {
  const at = engine.ports.clock.now();
  const reason: ProblemBody = { code: 'apply.cancelled', detail, since: at.toISOString() };
  const why = { reason, at, retrySpent: false, request: request.id };
  await quarantine(engine.ports.cluster, known.object.metadata.name, why, signal);
}

/** Whether this request has left its mark already, before its id came into the status. */
const isMarked = (observed: Observed, { id }: VerbRequest): boolean =>
  [...observed.releases.values()].some(({ object }) => object.status?.['request'] === id);

const invalid = ({ verb, id }: VerbRequest, why: string): ProblemBody => ({
  code: 'request.invalid',
  detail: `${verb} ${id}: ${why}`.slice(0, 512),
});

function isExpired(engine: Engine, { at }: VerbRequest): boolean {
  return engine.ports.clock.now().getTime() - Date.parse(at) > EXPIRES_MS;
}

const time = (text: string | undefined): number => (text === undefined ? 0 : Date.parse(text));
const confirmedAt = ({ object }: KnownRelease): number => time(object.status?.confirmedAt);
const quarantinedAt = ({ object }: KnownRelease): number => time(object.status?.quarantine?.at);
