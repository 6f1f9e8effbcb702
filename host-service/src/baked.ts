import type { Repository } from './contract/names.ts';
import { Problem, problemOf } from './contract/problem.ts';
import type { ReleaseParts } from './core/plan/observed.ts';
import { readParts } from './core/parts/read-parts.ts';
import { unpack } from './edges/archive/unpack.ts';
import { readLayout, type Layout } from './edges/layout/layout.ts';
import { withLayout } from './edges/layout/with-layout.ts';
import type { Engine } from './engine/engine.ts';
import type { Log, Registry } from './engine/ports.ts';

/** What came with this box, for the engine; nothing where nothing came. */
export interface Baked {
  readonly baked: Engine['baked'];
  readonly bakedParts: ReleaseParts | undefined;
  /** The registry, with what lies on this box in front of it. */
  readonly before: (registry: Registry) => Registry;
}

const NOTHING: Baked = { baked: undefined, bakedParts: undefined, before: (registry) => registry };

/**
 * The release in the folder that the configuration names. A wrong folder is a mistake that ends the start; bytes that have rotted since are
 * not: the channel still works, and what runs must go on.
 *
 * @throws Problem config.*
 */
export function openBaked(folder: string | undefined, repository: Repository, log: Log): Baked {
  if (folder === undefined) return NOTHING;
  try {
    const layout = readLayout(folder, { repository, unpack });
    const { baked } = layout;
    log.info('a release came with this box', { digest: baked.digest, ociDigest: baked.artifact.ociDigest });
    return { baked, bakedParts: partsOf(layout), before: (registry) => withLayout(registry, layout) };
  } catch (error) {
    const { code, detail } = problemOf(error);
    if (!code.startsWith('release.')) throw error;
    log.error('the release that came with this box cannot be used', { code, detail });
    return NOTHING;
  }
}

function partsOf({ files }: Layout): ReleaseParts {
  const parts = readParts(files);
  if (!parts.ok) throw new Problem(parts.problem.code, parts.problem.detail);
  return parts.value;
}
