import { FIELD_MANAGER } from 'host-service/contract/names.ts';
import { Problem } from 'host-service/contract/problem.ts';
import type { Cluster, KubeObject } from 'host-service/engine/ports.ts';
import { keyOf, Store } from './store.ts';

/** One write as the API server saw it. */
export interface Audit {
  readonly verb: 'apply' | 'create' | 'replace' | 'replaceStatus' | 'remove';
  readonly key: string;
  readonly by: string;
}

/** A process that is no more: whatever it still wanted to do ends here. */
export class Killed extends Error {}

export interface ClientOptions {
  /** Name of the process, for the audit. */
  readonly by: string;
  /** Dies right before or right after its n-th write (counted from 1). */
  readonly kill?: { readonly at: number; readonly when: 'before' | 'after' } | undefined;
  /** Asked before each call; may throw a fault. */
  readonly fault?: (verb: string) => void;
}

/** The cluster: a store, what was written by whom, and the platform's version. */
export class WorldCluster {
  readonly store: Store;
  readonly audit: Audit[] = [];
  logText = '';
  platform = '1.36.3';

  constructor(now: () => Date) {
    this.store = new Store(now);
  }

  /** The port as one process sees it. A process that was killed can do nothing any more. */
  client({ by, kill, fault }: ClientOptions): { readonly port: Cluster; readonly writes: () => number } {
    let writes = 0;
    let dead = false;
    const alive = async (verb: string, signal?: AbortSignal): Promise<void> => {
      await Promise.resolve();
      if (dead) throw new Killed(`${by} is dead`);
      signal?.throwIfAborted();
      fault?.(verb);
    };
    const die = (): never => {
      dead = true;
      throw new Killed(`${by} was killed at write ${writes}`);
    };
    const write = async <T>(
      verb: Audit['verb'],
      key: string,
      signal: AbortSignal | undefined,
      act: () => T,
    ): Promise<T> => {
      await alive(verb, signal);
      writes += 1;
      if (kill?.at === writes && kill.when === 'before') die();
      const result = act();
      this.audit.push({ verb, key, by });
      if (kill?.at === writes && kill.when === 'after') die();
      return result;
    };
    const { store } = this;
    const port: Cluster = {
      apply: (object, { signal }) =>
        write('apply', keyOf({ ...object, ...object.metadata }), signal, () =>
          store.apply(object, FIELD_MANAGER),
        ),
      create: (object, signal) =>
        write('create', keyOf({ ...object, ...object.metadata }), signal, () => store.create(object)),
      replace: (object, signal) =>
        write('replace', keyOf({ ...object, ...object.metadata }), signal, () => store.replace(object)),
      replaceStatus: (object, signal) =>
        write('replaceStatus', keyOf({ ...object, ...object.metadata }), signal, () =>
          store.replaceStatus(object),
        ),
      remove: (ref, { signal, uid }) =>
        write('remove', keyOf(ref), signal, () => {
          const found = store.get(ref);
          if (found !== undefined && uid !== undefined && found.metadata.uid !== uid)
            throw new Problem('cluster.conflict', `${keyOf(ref)} is another one`);
          store.remove(ref);
        }),
      get: async (ref, signal) => {
        await alive('get', signal);
        return store.get(ref);
      },
      list: async (kind, { signal, namespace, labelSelector }) => {
        await alive('list', signal);
        return store.list(kind.kind, namespace, labelSelector);
      },
      watch: (kind, { signal, namespace, onChange }) => watch(store, kind.kind, namespace, signal, onChange),
      version: async (signal) => {
        await alive('version', signal);
        return this.platform;
      },
      serves: async (_groupVersion, plural, signal) => {
        await alive('serves', signal);
        return store
          .list('CustomResourceDefinition')
          .some(({ metadata }) => metadata.name.startsWith(`${plural}.`));
      },
      log: async (_pod, bytes, signal) => {
        await alive('log', signal);
        return this.logText.slice(-bytes);
      },
    };
    return { port, writes: () => writes };
  }

  /** An object that must be there. */
  must(kind: string, name: string, namespace?: string): KubeObject {
    const found = this.store.get({ kind, name, namespace });
    if (found === undefined) throw new Problem('cluster.not-found', `${kind} ${name}`);
    return found;
  }
}

function watch(
  store: Store,
  kind: string,
  namespace: string | undefined,
  signal: AbortSignal,
  onChange: (object: KubeObject, type: 'added' | 'modified' | 'deleted') => void,
): Promise<void> {
  return new Promise((resolve) => {
    for (const object of store.list(kind, namespace)) onChange(object, 'added');
    const stop = store.watch((object, type) => {
      if (object.kind === kind && (namespace ?? object.metadata.namespace) === object.metadata.namespace)
        onChange(object, type);
    });
    const end = (): void => {
      stop();
      resolve();
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
