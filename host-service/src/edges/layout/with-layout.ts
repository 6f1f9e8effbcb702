import { Digest } from '../../contract/names.ts';
import { problemOf } from '../../contract/problem.ts';
import type { Registry } from '../../engine/ports.ts';
import type { Layout } from './layout.ts';

/** What the layout says, or undefined where it has it not or not whole: then the network is asked as if there were no layout. */
function fromLayout<T>(read: () => T | undefined): T | undefined {
  try {
    return read();
  } catch (error) {
    const problem = problemOf(error);
    if (problem.code === 'internal.bug') throw problem;
    return undefined;
  }
}

/**
 * A registry that answers from the layout what is asked for by digest and lies there, before any network: a first installation with
 * the registry away has its bundle, and a restart without a network loses nothing. Tags are always the network's business.
 */
export function withLayout(registry: Registry, layout: Layout): Registry {
  return {
    look: async (query, signal) => {
      const digest = Digest.safeParse(query.reference);
      const artifact = digest.success
        ? fromLayout(() => layout.release(query.repository, digest.data))
        : undefined;
      if (artifact === undefined) return registry.look(query, signal);
      const { ociDigest, servedBy, date } = artifact;
      return query.unless?.digest === ociDigest
        ? { kind: 'unchanged', ociDigest, servedBy, date }
        : { kind: 'artifact', artifact };
    },
    bundle: async (artifact, signal) =>
      fromLayout(() => layout.bundle(artifact.digest)) ?? (await registry.bundle(artifact, signal)),
    missing: async (artifacts, architecture, signal) => {
      const rest = artifacts.filter(
        ({ digest }) => fromLayout(() => layout.has(digest, architecture)) !== true,
      );
      return rest.length === 0 ? [] : await registry.missing(rest, architecture, signal);
    },
    digestOf: (repository, tag, signal) => registry.digestOf(repository, tag, signal),
    imageFacts: async (image, architecture, signal) =>
      fromLayout(() => layout.image(image.digest, architecture)) ??
      (await registry.imageFacts(image, architecture, signal)),
    counters: () => registry.counters(),
  };
}
