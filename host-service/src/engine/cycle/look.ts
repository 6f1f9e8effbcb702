import { candidatesOf, lastGoodOf } from '../../core/decide/candidates.ts';
import type { DecideInput } from '../../core/decide/types.ts';
import { registryOf } from '../../core/network/registry-of.ts';
import { wayOutOf } from '../../core/network/way-out.ts';
import type { Observed } from '../../core/plan/observed.ts';
import type { PlanInput } from '../../core/plan/plan-input.ts';
import { quarantinedBuilds } from '../../core/roll/record.ts';
import type { Engine } from '../engine.ts';
import { observeHosts } from '../images/observe-hosts.ts';
import { observeAccess } from '../network/observe-access.ts';
import { firstSignIn } from '../observe/sign-in.ts';
import { observe } from '../observe.ts';
import { observeRoll } from '../roll/look.ts';
import type { Resolution } from '../resolve-input.ts';

/** OBSERVE, with the intent as it counts: an approval for another try that was used up does not count again. */
export async function lookAtWorld(engine: Engine, signal: AbortSignal): Promise<Observed> {
  const { memory, ports, product } = engine;
  const parts = memory.target === undefined ? undefined : memory.parts.get(memory.target);
  const [seen, controlPlane, hosts] = await Promise.all([
    observe(
      ports,
      {
        ...{ product, parts, parsed: memory.parsed, namespace: engine.namespace },
        signIn: firstSignIn(engine),
      },
      signal,
    ),
    observeRoll(engine, signal),
    observeHosts(ports.cluster, signal),
  ]);
  const sourceAccess = await observeAccess(engine, seen.spec, signal);
  const observed = { ...seen, controlPlane, hosts, sourceAccess };
  const { approvedRetry, ...intent } = observed.spec.intent;
  if (approvedRetry === undefined) return observed;
  const isSpent = observed.releases.get(approvedRetry)?.object.status?.['retrySpent'] === true;
  return isSpent ? { ...observed, spec: { ...observed.spec, intent } } : observed;
}

/** The world with the releases that RESOLVE has just stored, so that they need no second look. */
export function withStored(observed: Observed, { stored }: Resolution): Observed {
  const fresh = stored.filter(({ digest }) => !observed.releases.has(digest));
  if (fresh.length === 0) return observed;
  const releases = new Map(observed.releases);
  for (const known of fresh) releases.set(known.digest, known);
  return { ...observed, releases };
}

/** All that the rules look at. */
export const decideInput = (
  engine: Engine,
  observed: Observed,
  answer: DecideInput['answer'],
  statement: DecideInput['statement'],
): DecideInput => ({
  intent: observed.spec.intent,
  policy: observed.spec.updatePolicy,
  answer,
  statement,
  candidates: candidatesOf(observed.releases),
  running: observed.source?.release,
  lastGood: lastGoodOf(observed.releases),
  facts: decideFacts(engine, observed),
  now: engine.ports.clock.now(),
});

/** What the rules may know about this box. */
export function decideFacts(engine: Engine, observed: Observed): DecideInput['facts'] {
  const { controlPlane: roll } = observed;
  return {
    applianceId: observed.applianceId,
    kubernetes: observed.kubernetes,
    controlPlane: engine.identity.version,
    host: undefined,
    architecture: engine.architecture,
    ...(roll?.own === undefined || roll.seen === undefined
      ? {}
      : { quarantinedBuilds: quarantinedBuilds(roll.record) }),
  };
}

/** What PLAN and APPLY need of the box itself. */
export function planSetting(
  engine: Engine,
  { spec, sourceAccess }: Observed,
): Pick<PlanInput, 'product' | 'profile' | 'registryOf' | 'now'> {
  return {
    product: engine.product,
    profile: spec.profile ?? engine.product.defaultProfile,
    registryOf: registryOf(wayOutOf(engine, spec), sourceAccess),
    now: engine.ports.clock.now(),
  };
}
