import { randomBytes } from 'node:crypto';
import { objectOf, textOf, without } from './json.ts';
import type { JsonObject } from './json.ts';

/** How many changes of one kind a watch may lie behind. */
const HISTORY = 1000;

/** A stored object with its text, which is made once however many read it. */
export class Entry {
  readonly object: JsonObject;
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  private text: string | undefined;

  constructor(object: JsonObject) {
    const metadata = objectOf(object['metadata']);
    this.object = object;
    this.namespace = textOf(metadata['namespace']);
    this.name = textOf(metadata['name']);
    this.uid = textOf(metadata['uid']);
    this.key = keyOf(this.namespace, this.name);
  }

  /** JSON under that kind; items of lists of built-in kinds come without. */
  json(head?: { readonly apiVersion: string; readonly kind: string }): string {
    const rest = (this.text ??= JSON.stringify(without(this.object, 'apiVersion', 'kind')).slice(1));
    if (head === undefined) return `{${rest}`;
    return `{"kind":${JSON.stringify(head.kind)},"apiVersion":${JSON.stringify(head.apiVersion)},${rest}`;
  }
}

export const keyOf = (namespace: string, name: string): string => `${namespace}/${name}`;

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: number;
  readonly entry: Entry;
  readonly before: Entry | undefined;
}
type Listener = (change: Change) => void;

/** All objects of one kind, and its last changes. */
export class Bucket {
  readonly name: string;
  readonly listeners = new Set<Listener>();
  /** The change before the oldest one remembered: whoever is further behind must list again. */
  floor = 0;
  private readonly entries = new Map<string, Entry>();
  private sorted: readonly Entry[] | undefined;
  private history: Change[] = [];

  constructor(name: string) {
    this.name = name;
  }

  get(namespace: string, name: string): Entry | undefined {
    return this.entries.get(keyOf(namespace, name));
  }

  get size(): number {
    return this.entries.size;
  }

  /** By namespace and name. */
  all(): readonly Entry[] {
    return (this.sorted ??= [...this.entries.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1)));
  }

  since(version: number): readonly Change[] {
    return this.history.filter((change) => change.version > version);
  }

  forget(version: number): void {
    this.floor = version;
    this.history = [];
  }

  record(change: Change): void {
    if (change.type === 'DELETED') this.entries.delete(change.entry.key);
    else this.entries.set(change.entry.key, change.entry);
    this.sorted = undefined;
    this.history.push(change);
    if (this.history.length > HISTORY * 1.2) {
      const dropped = this.history.splice(0, this.history.length - HISTORY);
      this.floor = dropped.at(-1)?.version ?? this.floor;
    }
    for (const listener of [...this.listeners]) listener(change);
  }
}

/** Everything that is kept, with one counter over all of it. */
export class Store {
  readonly buckets = new Map<string, Bucket>();
  /** Called after each change of anything. */
  readonly onChange: ((bucket: string, change: Change) => void)[] = [];
  private readonly uids = new Map<string, string>();
  private counter = 100;

  get version(): number {
    return this.counter;
  }

  bucket(name: string): Bucket {
    const known = this.buckets.get(name);
    if (known !== undefined) return known;
    const made = new Bucket(name);
    made.floor = this.counter;
    this.buckets.set(name, made);
    return made;
  }

  /** Whether an object with that uid is there. */
  has(uid: string): boolean {
    return this.uids.has(uid);
  }

  write(bucket: string, object: JsonObject, before: Entry | undefined): Entry {
    const entry = new Entry(this.stamped(object));
    this.uids.set(entry.uid, bucket);
    this.tell(bucket, {
      type: before === undefined ? 'ADDED' : 'MODIFIED',
      version: this.counter,
      entry,
      before,
    });
    return entry;
  }

  remove(bucket: string, before: Entry): Entry {
    const entry = new Entry(this.stamped(before.object));
    this.uids.delete(entry.uid);
    this.tell(bucket, { type: 'DELETED', version: this.counter, entry, before });
    return entry;
  }

  private tell(bucket: string, change: Change): void {
    this.bucket(bucket).record(change);
    for (const listener of this.onChange) listener(bucket, change);
  }

  private stamped(object: JsonObject): JsonObject {
    this.counter += 1;
    const metadata = objectOf(object['metadata']);
    return { ...object, metadata: { ...metadata, resourceVersion: String(this.counter) } };
  }
}

export function newUid(): string {
  const hex = randomBytes(16).toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join('-');
}
