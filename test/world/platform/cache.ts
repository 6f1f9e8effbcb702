import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, type Client, type Kind } from './client.ts';
import { nameOf, type Thing } from './fields.ts';

export type Change = 'added' | 'modified' | 'deleted';

const kindKey = ({ apiVersion, kind }: Kind): string => `${apiVersion} ${kind}`;
const versionOf = (object: Thing): number => Number(object.metadata.resourceVersion ?? 0);
/** Pause before a kind is listed again: after the server ended a watch, and while it does not serve the kind. */
const AGAIN_MS = 100;

/** What the controllers know of the cluster: one list and one watch for each kind, and what they have just written themselves. */
export class Cache {
  readonly #client: Client;
  readonly #onChange: (object: Thing, change: Change) => void;
  readonly #objects = new Map<string, Map<string, Thing>>();
  readonly #ending = new AbortController();
  /** What we have deleted ourselves: an older event must not bring it back. */
  readonly #gone = new Set<string>();
  #followers: readonly Promise<void>[] = [];

  constructor(client: Client, onChange: (object: Thing, change: Change) => void) {
    this.#client = client;
    this.#onChange = onChange;
  }

  /** Follows the kinds until stop(). A kind that is not served yet is waited for. */
  follow(kinds: readonly Kind[]): void {
    this.#followers = kinds.map(async (kind) => this.#followOne(kind));
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await Promise.all(this.#followers);
  }

  get(kind: Kind, namespace: string | undefined, name: string): Thing | undefined {
    return this.#of(kind).get(namespace === undefined || namespace === '' ? name : `${namespace}/${name}`);
  }

  list(kind: Kind, namespace?: string): readonly Thing[] {
    const all = [...this.#of(kind).values()];
    return namespace === undefined ? all : all.filter(({ metadata }) => metadata.namespace === namespace);
  }

  /** Takes up what the server answered to a write, so that the next look does not see the world before it. */
  put(object: Thing): void {
    const { name, uid } = object.metadata;
    if (name === '' || this.#gone.has(uid ?? '')) return;
    const all = this.#of(object);
    const key = nameOf(object);
    const before = all.get(key);
    if (before !== undefined && versionOf(before) >= versionOf(object)) return;
    const replaced = before !== undefined && before.metadata.uid !== uid;
    if (replaced) this.drop(before);
    all.set(key, object);
    this.#onChange(object, before === undefined || replaced ? 'added' : 'modified');
  }

  drop(object: Thing): void {
    const all = this.#of(object);
    const known = all.get(nameOf(object));
    if (known === undefined || known.metadata.uid !== object.metadata.uid) return;
    all.delete(nameOf(object));
    if (this.#gone.size > 10_000) this.#gone.clear();
    this.#gone.add(object.metadata.uid ?? '');
    this.#onChange(object, 'deleted');
  }

  #of(kind: Kind): Map<string, Thing> {
    const key = kindKey(kind);
    const found = this.#objects.get(key) ?? new Map<string, Thing>();
    this.#objects.set(key, found);
    return found;
  }

  async #followOne(kind: Kind): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        const { items, resourceVersion } = await this.#client.list(kind);
        const present = new Set(items.map(({ metadata }) => metadata.uid));
        for (const known of this.list(kind)) if (!present.has(known.metadata.uid)) this.drop(known);
        for (const item of items) this.put(item);
        await this.#client.watch(kind, resourceVersion, signal, (type, object) => {
          if (type === 'DELETED') this.drop(object);
          else this.put(object);
        });
      } catch (error) {
        // A kind that is gone takes its objects with it; everything else is a server that is away for a while.
        if (error instanceof ApiError && error.status === 404)
          for (const known of this.list(kind)) this.drop(known);
      }
      await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
