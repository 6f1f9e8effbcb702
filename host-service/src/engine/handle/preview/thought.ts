import type { IntentChange } from '../../../contract/api/intent.ts';
import type { ApplianceSpec } from '../../../contract/appliance.ts';
import type { Appliance } from '../../../contract/objects.ts';
import type { Observed } from '../../../core/plan/observed.ts';
import { lookAtWorld, withStored } from '../../cycle/look.ts';
import { emptyMemory, type Engine } from '../../engine.ts';
import type { Cluster } from '../../ports.ts';
import type { Resolution } from '../../resolve-input.ts';
import { approve, readAppliance } from '../../verbs.ts';
import { actorWith, writeChange } from '../change.ts';
import { dryCluster } from './dry-cluster.ts';
import type { Who } from '../handle.ts';
import { lastAnswer, lookAhead } from './look-ahead.ts';
import type { Setting } from '../setting.ts';

/** A change that was made in thought: the world as it would be. */
export interface Thought {
  /** The engine with a dry cluster and a memory of its own. */
  readonly engine: Engine;
  readonly before: Appliance;
  readonly after: ApplianceSpec;
  readonly observed: Observed;
  readonly resolution: Resolution;
}

/** Makes a change in thought, looking at another channel or release where it leads there. Nothing of it remains. Problems as of a change. */
export async function thinkOf(
  setting: Setting,
  { approve: approval, ...change }: IntentChange,
  who: Who,
  signal: AbortSignal,
): Promise<Thought> {
  const engine = shadowOf(setting);
  const { cluster } = engine.ports;
  const before = await readAppliance(cluster, signal);
  await writeChange({ engine, cluster }, change, who, signal);
  let seen = await lookAtWorld(engine, signal);
  const resolution = await resolutionOf(engine, before, seen, signal);
  if (approval !== undefined) {
    const { release, ...said } = approval;
    await approve(cluster, release, { ...said, actor: actorWith(who, change.reason) }, signal);
    seen = await lookAtWorld(engine, signal);
  }
  const { spec: after } = await readAppliance(cluster, signal);
  return { engine, before, after, observed: withStored(seen, resolution), resolution };
}

/** The engine in thought. What the real one remembers is copied: what a preview sees is no second equal answer for it. */
function shadowOf({ engine, cluster, parsed }: Setting): Engine {
  const { parts, target, resolve } = engine.memory;
  const memory = {
    ...emptyMemory(),
    parsed,
    target,
    parts: new Map(parts),
    resolve: { ...resolve, looks: new Map(resolve.looks), complete: new Set(resolve.complete) },
  };
  const dry: Cluster = dryCluster(cluster);
  return { ...engine, ports: { ...engine.ports, cluster: dry }, memory };
}

/** Where the change leads: as the engine said last, or by a look where another channel or release is asked for than it has looked at. */
async function resolutionOf(
  engine: Engine,
  { spec, status }: Appliance,
  observed: Observed,
  signal: AbortSignal,
): Promise<Resolution> {
  const { intent } = observed.spec;
  const said = status?.channel;
  const wanted = intent.channel ?? engine.product.release.defaultChannel;
  if (said === undefined || said.name !== wanted || intent.pin !== spec.intent.pin) {
    return lookAhead(engine, observed, signal);
  }
  const problem = said.problem ?? { code: 'registry.not-found', detail: 'the last answer is not kept here' };
  const kept = await lastAnswer(engine, observed, problem, signal);
  if (kept.answer.kind === 'resolved') return kept;
  if (intent.pin !== undefined) return lookAhead(engine, observed, signal);
  if (said.problem !== undefined) {
    const kind = said.problem.code.startsWith('registry.') ? 'unavailable' : 'refused';
    return { ...kept, answer: { kind, problem: said.problem } };
  }
  const traced = status?.trace.find(({ candidate }) => candidate !== undefined)?.candidate?.digest;
  const digest = kept.statement?.release.digest ?? traced;
  if (digest === undefined || !observed.releases.has(digest)) return lookAhead(engine, observed, signal);
  return { ...kept, answer: { kind: 'resolved', digest, confirmations: 2 } };
}
