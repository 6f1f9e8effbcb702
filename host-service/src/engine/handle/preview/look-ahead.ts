import { Problem, type ProblemBody } from '../../../contract/problem.ts';
import type { Observed } from '../../../core/plan/observed.ts';
import type { Engine } from '../../engine.ts';
import type { Registry } from '../../ports.ts';
import { emptyResolveMemory, type Resolution, type ResolveMemory } from '../../resolve-input.ts';
import { resolve } from '../../resolve.ts';
import { within } from '../deadline.ts';

/** So long one look at the registry may take, in milliseconds; the rest of a preview needs far less. */
const LOOK_MS = 8_000;

/** A registry that is not asked: RESOLVE answers from what this box keeps. */
function silent(registry: Registry, problem: ProblemBody): Registry {
  return {
    ...registry,
    look: () => Promise.resolve({ kind: 'unavailable', problem, retryAfterMs: undefined }),
    missing: () => Promise.reject(new Problem(problem.code, problem.detail)),
    digestOf: () => Promise.reject(new Problem(problem.code, problem.detail)),
    counters: () => ({ requests: 0, connections: 0 }),
  };
}

/**
 * RESOLVE for an intent that is only thought of; `engine` is a shadow whose cluster is dry: no floor, no Release, no answer that counts for
 * the real one. A registry that does not answer in time is away, as for the engine.
 */
export async function lookAhead(
  engine: Engine,
  observed: Observed,
  signal: AbortSignal,
): Promise<Resolution> {
  const { memory, ports } = engine;
  const late = new Problem('registry.timeout', `no answer within ${LOOK_MS} ms`);
  try {
    return await within(ports.clock, { ms: LOOK_MS, late }, signal, (bounded) =>
      ask(engine, observed, memory.resolve, bounded),
    );
  } catch (error) {
    if (error !== late) throw error;
    return lastAnswer(engine, observed, late.body, signal);
  }
}

/** What this box knows of a channel or a pin without asking anybody: the statement and the releases that it keeps. */
export async function lastAnswer(
  engine: Engine,
  observed: Observed,
  problem: ProblemBody,
  signal: AbortSignal,
): Promise<Resolution> {
  const { ports } = engine;
  const asking = { ...engine, ports: { ...ports, registry: silent(ports.registry, problem) } };
  return ask(asking, observed, emptyResolveMemory(), signal);
}

async function ask(
  engine: Engine,
  observed: Observed,
  memory: ResolveMemory,
  signal: AbortSignal,
): Promise<Resolution> {
  const { ports, product, releaseRepository, namespace, architecture, baked } = engine;
  return resolve(
    ports,
    {
      ...{ product, namespace, architecture, baked },
      intent: observed.spec.intent,
      trust: engine.trust(),
      repository: releaseRepository,
      running: observed.source?.release,
      releases: observed.releases,
    },
    memory,
    signal,
  );
}
