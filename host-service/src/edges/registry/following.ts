import type { Registry } from '../../engine/ports.ts';
import type { RegistryOptions } from './options.ts';
import { createRegistry } from './registry.ts';

/** Options that are in force now; `key` says whether they are still those of before. */
export interface Current {
  readonly key: string;
  readonly options: RegistryOptions;
}

interface Kept {
  readonly key: string;
  readonly registry: ReturnType<typeof createRegistry>;
  /** Calls under way. */
  calls: number;
}

type Counters = ReturnType<Registry['counters']>;

const sum = (a: Counters, b: Counters): Counters => ({
  requests: a.requests + b.requests,
  connections: a.connections + b.connections,
});

/**
 * A registry whose way out may change while the program runs: each call goes the way that is in force when it begins. A client whose way
 * is over is closed when its last call has ended.
 */
export function followingRegistry(
  current: (signal: AbortSignal) => Promise<Current>,
): Registry & { close(): Promise<void> } {
  let before: Counters = { requests: 0, connections: 0 };
  let kept: Kept | undefined;
  const retire = async (old: Kept): Promise<void> => {
    before = sum(before, old.registry.counters());
    await old.registry.close().catch(() => undefined);
  };
  const take = async (signal: AbortSignal): Promise<Kept> => {
    const { key, options } = await current(signal);
    if (kept?.key !== key) {
      const old = kept;
      kept = { key, registry: createRegistry(options), calls: 0 };
      if (old?.calls === 0) void retire(old);
    }
    // Counted before anybody else has a turn, so that nobody closes it meanwhile.
    kept.calls += 1;
    return kept;
  };
  const call = async <T>(signal: AbortSignal, act: (registry: Registry) => Promise<T>): Promise<T> => {
    const mine = await take(signal);
    try {
      return await act(mine.registry);
    } finally {
      mine.calls -= 1;
      if (mine !== kept && mine.calls === 0) await retire(mine);
    }
  };
  return {
    look: (query, signal) => call(signal, (registry) => registry.look(query, signal)),
    bundle: (artifact, signal) => call(signal, (registry) => registry.bundle(artifact, signal)),
    missing: (artifacts, architecture, signal) =>
      call(signal, (registry) => registry.missing(artifacts, architecture, signal)),
    digestOf: (repository, tag, signal) =>
      call(signal, (registry) => registry.digestOf(repository, tag, signal)),
    imageFacts: (image, architecture, signal) =>
      call(signal, (registry) => registry.imageFacts(image, architecture, signal)),
    counters: () => (kept === undefined ? before : sum(before, kept.registry.counters())),
    close: async () => {
      await kept?.registry.close();
    },
  };
}
