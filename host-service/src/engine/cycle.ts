import type { ApplianceStatus } from '../contract/appliance.ts';
import { decide } from '../core/decide/decide.ts';
import { makePlan } from '../core/plan/make-plan.ts';
import { fitStatus } from '../core/status/fit.ts';
import { statusOf } from '../core/status/status.ts';
import { answerFor, askChannel } from './cycle/channel.ts';
import { applyPlan } from './apply.ts';
import { planUnlessHeld } from './checks/hold.ts';
import type { Engine } from './engine.ts';
import { decideInput, lookAtWorld, planSetting, withStored } from './cycle/look.ts';
import { offeredPlan } from './cycle/offer.ts';
import { openOperation } from './journal/journal.ts';
import { tendNetwork } from './network/tend.ts';
import { partsOf } from './parts.ts';
import { readPrevious, report } from './report.ts';
import { takeRequests } from './cycle/requests.ts';
import { takeRollTurn } from './roll/turn.ts';

/**
 * The flow, once round (design §3): observe, resolve (when due), decide, plan, apply one step, observe, report. Nothing is remembered that a
 * decision needs; each cycle asks the world again.
 *
 * @throws Problem cluster.* when the cluster is away, apply.not-leader when the Lease was lost
 */
export async function runCycle(engine: Engine, signal: AbortSignal): Promise<ApplianceStatus> {
  engine.memory.wakeAt = undefined;
  const previous = await readPrevious(engine, signal);
  const seen = await lookAtWorld(engine, signal);
  const requests = await takeRequests(engine, seen, previous?.handledRequests ?? [], signal);
  const resolution = await askChannel(engine, seen, signal);
  const before = withStored(requests.acted ? await lookAtWorld(engine, signal) : seen, resolution);

  const open = openOperation(before.operations);
  const answer = answerFor(open, resolution, before);
  const decision = decide(decideInput(engine, before, answer, resolution.statement));

  const target = decision.target === undefined ? undefined : before.releases.get(decision.target);
  const { parts, problem: partsProblem } = await partsOf(engine, target, signal);
  const setting = planSetting(engine, before);
  const full = makePlan({ ...setting, observed: before, decision, parts, partsProblem, open });
  await tendNetwork(engine, { observed: before, decision }, signal);
  const { channel } = resolution;
  const held = { observed: before, plan: full, channel, isOpen: open !== undefined };
  const plan = await planUnlessHeld(engine, held, signal);

  const roll = await takeRollTurn(engine, { observed: before, target, plan }, signal);
  const { startHeld } = roll;
  const applying = { ...setting, observed: before, decision, plan, parts, startHeld };
  const outcome = await applyPlan(engine, applying, signal);

  const after = outcome.acted ? await lookAtWorld(engine, signal) : before;
  const said = statusOf({
    previous,
    observed: after,
    decision,
    plan,
    channel,
    open: outcome.open,
    problems: [...outcome.problems, ...resolution.problems, ...engine.memory.requestProblems],
    handledRequests: requests.handled,
    controlPlane: {
      version: engine.identity.version,
      build: engine.identity.build,
      leader: engine.identity.name,
      ...roll.said,
    },
    now: engine.ports.clock.now(),
  });
  const offer = { observed: after, decision, plan, isOnline: resolution.answer.kind === 'resolved' };
  const status = fitStatus({ ...said, plan: await offeredPlan(engine, offer, signal) });
  await report(engine, status, { urgent: requests.acted, previous }, signal);
  engine.memory.roll.hasCycled = true;
  return status;
}
