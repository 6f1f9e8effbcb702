import { Problem, problemOf, type ProblemBody } from '../contract/problem.ts';
import type { KnownRelease, ReleaseParts } from '../core/plan/observed.ts';
import { hasParts, readParts } from '../core/parts/read-parts.ts';
import type { Engine } from './engine.ts';

/** So many bundles' parts are kept in memory: target, running, and one more. */
const KEPT = 3;

export interface PartsAnswer {
  readonly parts: ReleaseParts | undefined;
  /** Why there are none. */
  readonly problem: ProblemBody | undefined;
}

/** Parts that need no download: remembered, or those of the release that came with this box. */
export function partsAtHand(
  { memory, baked, bakedParts }: Pick<Engine, 'memory' | 'baked' | 'bakedParts'>,
  { release, digest }: KnownRelease,
): ReleaseParts | undefined {
  return memory.parts.get(release.config.digest) ?? (digest === baked?.digest ? bakedParts : undefined);
}

/**
 * What a release brings besides its document, from its config bundle, cached by the bundle's digest. A registry that is away is an answer: a
 * plan that needs no parts goes on. A bundle of the predecessor has none and takes those that came with this box.
 */
export async function partsOf(
  engine: Engine,
  release: KnownRelease | undefined,
  signal: AbortSignal,
): Promise<PartsAnswer> {
  if (release === undefined) return { parts: undefined, problem: undefined };
  engine.memory.target = release.release.config.digest;
  return loadParts(engine, release, signal);
}

/** The same for a release that is only looked at, such as one that waits for approval. A few kilobytes, once for each bundle. */
export async function loadParts(
  engine: Engine,
  release: KnownRelease,
  signal: AbortSignal,
): Promise<PartsAnswer> {
  const { config } = release.release;
  const known = engine.memory.parts.get(config.digest);
  if (known !== undefined) return { parts: known, problem: undefined };
  try {
    const files = await engine.ports.registry.bundle(config, signal);
    const parts = partsIn(engine, release, files);
    remember(engine, release, parts);
    return { parts, problem: undefined };
  } catch (error) {
    signal.throwIfAborted();
    const problem = problemOf(error);
    if (problem.code === 'internal.bug') throw error;
    return { parts: undefined, problem: problem.body };
  }
}

function partsIn(
  engine: Engine,
  release: KnownRelease,
  files: ReadonlyMap<string, Uint8Array>,
): ReleaseParts {
  if (!hasParts(files) && release.object.spec.upgradedFrom === 'v1' && engine.bakedParts !== undefined) {
    return engine.bakedParts;
  }
  const parts = readParts(files, engine.namespace);
  if (!parts.ok) throw new Problem(parts.problem.code, parts.problem.detail);
  return parts.value;
}

function remember({ memory }: Engine, release: KnownRelease, parts: ReleaseParts): void {
  memory.parts.set(release.release.config.digest, parts);
  const [oldest] = memory.parts.keys();
  if (memory.parts.size > KEPT && oldest !== undefined) memory.parts.delete(oldest);
}
