import type { ControlPlaneBuild } from '../../contract/control-plane.ts';
import { Repository } from '../../contract/names.ts';
import type { ProblemBody } from '../../contract/problem.ts';
import { decide } from '../../core/decide/decide.ts';
import type { KnownRelease, Observed } from '../../core/plan/observed.ts';
import type { ObservedControlPlane } from '../../core/roll/observed.ts';
import { wantedBuild, type Wanted } from '../../core/roll/wanted.ts';
import { answerFor, askChannel } from '../cycle/channel.ts';
import { decideInput, lookAtWorld, withStored } from '../cycle/look.ts';
import type { Engine } from '../engine.ts';
import { askHosts } from '../images/ask-hosts.ts';
import { openOperation } from '../journal/journal.ts';
import type { RollContext } from '../roll/act/context.ts';
import { continueTurn, startTurn } from '../roll/act/start.ts';
import { observeControlPlane } from '../roll/observe.ts';
import { readRecord } from '../roll/record.ts';
import { isOnHold } from '../roll/turn.ts';

/** What a turn of going forward came to. */
export type Forward =
  /** Another build stands in the Deployment now. */
  | { readonly kind: 'put-in'; readonly build: ControlPlaneBuild; readonly from: ControlPlaneBuild }
  | { readonly kind: 'waiting'; readonly detail: string }
  | {
      readonly kind: 'held';
      readonly build: ControlPlaneBuild;
      readonly from: ControlPlaneBuild;
      readonly problem: ProblemBody;
    }
  /** None is known here that could take its place. */
  | { readonly kind: 'none'; readonly detail: string };

/**
 * One turn of rolling forward for a control plane that cannot do it itself because none works and there is no way back (design §6.8): resolves,
 * decides and writes with the functions of the engine, so floor, Releases, quarantine, holds and approvals count as ever. `engine` has the Lease of the
 * control plane, and is no pod. The application is not looked at: whoever comes up takes its operation up.
 *
 * @throws Problem cluster.*, apply.not-leader
 */
export async function forwardTurn(engine: Engine, signal: AbortSignal): Promise<Forward> {
  const { cluster, clock } = engine.ports;
  const seen = await observeControlPlane(cluster, engine.namespace, signal);
  const own = seen === undefined ? undefined : buildIn(seen);
  if (seen === undefined || own === undefined)
    return { kind: 'none', detail: 'There is no Deployment whose build can be named' };
  const record = await readRecord(cluster, engine.namespace, signal);
  const { observed, target, isAskedTwice } = await choose(engine, { own, seen, record }, signal);
  if (isAskedTwice) return { kind: 'waiting', detail: 'Asks the channel once more before it is believed' };
  const wanted = wantedBuild({ own, target, hold: isOnHold(observed), record, now: clock.now() });
  if (wanted.kind === 'held')
    return { kind: 'held', build: wanted.build, from: own, problem: wanted.problem };
  if (wanted.kind !== 'roll') return { kind: 'none', detail: wanted.detail };
  const context = { engine, observed, own, seen, record, wanted, target, isBusy: false, signal };
  return putIn(context, wanted);
}

/** RESOLVE and DECIDE as in a cycle, with the build that stands in the Deployment for our own. */
async function choose(
  engine: Engine,
  controlPlane: NonNullable<Observed['controlPlane']>,
  signal: AbortSignal,
): Promise<{
  readonly observed: Observed;
  readonly target: KnownRelease | undefined;
  readonly isAskedTwice: boolean;
}> {
  const before = await lookAtWorld(engine, signal);
  const resolution = await askChannel(engine, before, signal);
  const observed = { ...withStored(before, resolution), controlPlane };
  const answer = answerFor(openOperation(observed.operations), resolution, observed);
  const { target } = decide(decideInput(engine, observed, answer, resolution.statement));
  return {
    observed,
    target: target === undefined ? undefined : observed.releases.get(target),
    isAskedTwice: answer.kind === 'resolved' && answer.confirmations < 2,
  };
}

async function putIn(
  context: Omit<RollContext, 'open'>,
  { build }: Extract<Wanted, { kind: 'roll' }>,
): Promise<Forward> {
  const { engine, observed, own, target, signal } = context;
  await askHosts(engine, observed, { target, next: build }, signal);
  const found = openOperation(observed.rolls ?? []);
  const open = found?.spec.to.digest === build.digest ? found : undefined;
  const asked = { ...context, open };
  const turn = open === undefined ? await startTurn(asked, build) : await continueTurn(asked, build, open);
  if (turn.state === 'held' && turn.problem !== undefined)
    return { kind: 'held', build, from: own, problem: turn.problem };
  const now = await observeControlPlane(engine.ports.cluster, engine.namespace, signal);
  return now?.digest === build.digest
    ? { kind: 'put-in', build, from: own }
    : { kind: 'waiting', detail: turn.detail };
}

/** The build that the Deployment names by digest and version. */
function buildIn({ image, digest, version, release }: ObservedControlPlane): ControlPlaneBuild | undefined {
  const repository = Repository.safeParse(image.split('@')[0]);
  if (digest === undefined || version === undefined || !repository.success) return undefined;
  return { repository: repository.data, digest, version, ...(release === undefined ? {} : { release }) };
}
