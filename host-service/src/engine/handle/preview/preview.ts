import type { IntentChange, IntentPreview } from '../../../contract/api/intent.ts';
import type { PlanDescription } from '../../../contract/api/plan.ts';
import type { Digest } from '../../../contract/names.ts';
import { Problem, type ProblemBody } from '../../../contract/problem.ts';
import { candidatesOf, lastGoodOf } from '../../../core/decide/candidates.ts';
import { decide } from '../../../core/decide/decide.ts';
import type { Answer, Decision } from '../../../core/decide/types.ts';
import { isOlder } from '../../../core/decide/versions.ts';
import { differenceOf } from '../../../core/intent/difference.ts';
import { touchesOf } from '../../../core/setup/touches.ts';
import { makePlan } from '../../../core/plan/make-plan.ts';
import type { Observed } from '../../../core/plan/observed.ts';
import { answerFor } from '../../cycle/channel.ts';
import { decideFacts, planSetting } from '../../cycle/look.ts';
import { offeredPlan } from '../../cycle/offer.ts';
import { heldByChecks } from '../../checks/hold.ts';
import { openOperation } from '../../journal/journal.ts';
import { partsOf } from '../../parts.ts';
import { within } from '../deadline.ts';
import type { Who } from '../handle.ts';
import type { Setting } from '../setting.ts';
import { thinkOf, type Thought } from './thought.ts';

/** Longest time of a preview in milliseconds. */
const PREVIEW_MS = 9_500;

/**
 * What a change would lead to: the cycle of the engine as far as its plan, on a world in which the change was made. Works on every replica
 * and changes nothing. Problems as of the change itself, cluster.timeout after 20 s.
 */
export async function previewIntent(
  setting: Setting,
  change: IntentChange,
  who: Who,
  signal: AbortSignal,
): Promise<IntentPreview> {
  const late = new Problem('cluster.timeout', `a preview took longer than ${PREVIEW_MS} ms`);
  return within(setting.engine.ports.clock, { ms: PREVIEW_MS, late }, signal, async (bounded) => {
    const thought = await thinkOf(setting, change, who, bounded);
    return tell(thought, Object.keys(change.secrets ?? {}), bounded);
  });
}

async function tell(
  thought: Thought,
  secrets: readonly string[],
  signal: AbortSignal,
): Promise<IntentPreview> {
  const { engine, before, after, observed, resolution } = thought;
  const open = openOperation(observed.operations);
  const answer = twice(answerFor(open, resolution, observed));
  const decision = decide({
    intent: observed.spec.intent,
    policy: observed.spec.updatePolicy,
    answer,
    statement: resolution.statement,
    candidates: candidatesOf(observed.releases),
    running: observed.source?.release,
    lastGood: lastGoodOf(observed.releases),
    facts: decideFacts(engine, observed),
    now: engine.ports.clock.now(),
  });
  const target = decision.target === undefined ? undefined : observed.releases.get(decision.target);
  const { parts, problem: partsProblem } = await partsOf(engine, target, signal);
  const input = planSetting(engine, observed);
  const todo = makePlan({ ...input, observed, decision, parts, partsProblem, open });
  const offer = { observed, decision, plan: todo, isOnline: answer.kind === 'resolved' };
  const plan = await offeredPlan(engine, offer, signal);
  const held = { observed, plan: todo, channel: resolution.channel, isOpen: open !== undefined };
  const problem =
    todo.kind === 'blocked'
      ? todo.problem
      : ((await heldByChecks(engine, held, signal)) ?? obstacleOf(decision, observed, answer));
  const changes = differenceOf(before.spec, after, secrets);
  const pointedAt = observed.source?.release;
  const running = pointedAt === undefined ? undefined : observed.releases.get(pointedAt);
  return {
    intentRevision: before.metadata.generation ?? 0,
    changes,
    touches: touchesOf(engine.product, running?.release, changes.flatMap(settingIn)),
    ...sideOf('target', decision.target, observed),
    ...sideOf('available', decision.available, observed),
    direction: directionOf(plan),
    plan,
    trace: [...decision.trace],
    ...(problem === undefined ? {} : { problem }),
  };
}

/** The engine waits for a second equal answer before it acts by itself; what it will do then is what is asked here. */
const twice = (answer: Answer): Answer =>
  answer.kind === 'resolved' ? { ...answer, confirmations: Math.max(2, answer.confirmations) } : answer;

/** The question that a change is about: `settings.NAME`, `secrets.NAME`. */
const settingIn = ({ path }: IntentPreview['changes'][number]): readonly string[] => {
  const name = /^(?:settings|secrets)\.(.+)$/.exec(path)?.[1];
  return name === undefined ? [] : [name];
};

function sideOf<K extends 'target' | 'available'>(
  key: K,
  digest: Digest | undefined,
  { releases }: Observed,
): Pick<IntentPreview, K> | object {
  const known = digest === undefined ? undefined : releases.get(digest);
  return known === undefined ? {} : { [key]: { digest: known.digest, version: known.release.version } };
}

function directionOf({ verb, from, to }: PlanDescription): IntentPreview['direction'] {
  if (verb === undefined || to === undefined || verb === 'repair') return 'none';
  if (verb === 'revert') return 'back';
  if (from !== undefined && isOlder(to.version, from.version)) return 'back';
  return from === undefined ? 'install' : 'update';
}

/** The first thing that keeps the box from what is asked for; undefined when it would be done, or when there is nothing to do. */
function obstacleOf(decision: Decision, observed: Observed, answer: Answer): ProblemBody | undefined {
  const running = observed.source?.release;
  const isMoving = decision.target !== undefined && decision.target !== running;
  if (isMoving) return undefined;
  if (answer.kind !== 'resolved') return answer.problem;
  const against = decision.trace.find(
    ({ verdict, code, candidate }) =>
      (verdict === 'wait' || verdict === 'refuse') && code !== undefined && candidate?.digest !== running,
  );
  if (against?.code === undefined) return undefined;
  const { code, detail, candidate } = against;
  return { code, detail, ...(candidate === undefined ? {} : { subject: candidate.version }) };
}
