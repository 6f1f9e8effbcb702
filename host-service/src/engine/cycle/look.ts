import type { DecideInput } from '../../core/decide/types.ts';
import type { Observed } from '../../core/plan/observed.ts';
import type { PlanInput } from '../../core/plan/plan-input.ts';
import { registryOf, type Engine } from '../engine.ts';
import { observe } from '../observe.ts';
import type { Resolution } from '../resolve-input.ts';

/** OBSERVE, with the intent as it counts: an approval for another try that was used up does not count again. */
export async function lookAtWorld(engine: Engine, signal: AbortSignal): Promise<Observed> {
  const { memory, ports, product } = engine;
  const parts = memory.target === undefined ? undefined : memory.parts.get(memory.target);
  const observed = await observe(
    ports,
    { product, parts, parsed: memory.parsed, namespace: engine.namespace },
    signal,
  );
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

/** What the rules may know about this box. */
export function decideFacts(engine: Engine, observed: Observed): DecideInput['facts'] {
  return {
    applianceId: observed.applianceId,
    kubernetes: observed.kubernetes,
    controlPlane: engine.identity.version,
    host: undefined,
    architecture: engine.architecture,
  };
}

/** What PLAN and APPLY need of the box itself. */
export function planSetting(
  engine: Engine,
  { spec }: Observed,
): Pick<PlanInput, 'product' | 'profile' | 'registryOf' | 'now'> {
  return {
    product: engine.product,
    profile: spec.profile ?? engine.product.defaultProfile,
    registryOf: registryOf([...spec.registries, ...engine.registries]),
    now: engine.ports.clock.now(),
  };
}
