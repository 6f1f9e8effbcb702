import { at, listOf, objectOf, textOf, textsOf } from './json.ts';
import type { JsonObject } from './json.ts';
import { bucketName } from './kinds.ts';
import type { Resource } from './kinds.ts';
import { isGoing } from './meta.ts';
import type { Objects } from './objects.ts';
import { CLEANUP, FOREGROUND, ORPHAN, removeObject, withoutFinalizer, withoutOwner } from './removal.ts';
import type { Resources } from './resources.ts';
import type { Change, Entry, Store } from './store.ts';

const ownersOf = (object: JsonObject): readonly string[] =>
  listOf(at(object, 'metadata', 'ownerReferences')).map((one) => textOf(objectOf(one)['uid']));

interface Parts {
  readonly store: Store;
  readonly objects: Objects;
  readonly resources: Resources;
}

/**
 * What the controller manager does for everybody: objects go with their last owner, namespaces and definitions take their contents along.
 * It acts after the write that caused it has been answered, as the real one does.
 */
export class Collector {
  private readonly parts: Parts;
  /** Owner's uid to buckets and keys of what it owns. */
  private readonly owned = new Map<
    string,
    Map<string, { bucket: string; namespace: string; name: string }>
  >();
  /** What waits for others to go: bucket and key. */
  private readonly waiting = new Map<string, { bucket: string; namespace: string; name: string }>();
  private readonly lost = new Set<string>();
  private scheduled: NodeJS.Immediate | undefined;

  constructor(parts: Parts) {
    this.parts = parts;
    parts.store.onChange.push((bucket, change) => this.notice(bucket, change));
  }

  stop(): void {
    clearImmediate(this.scheduled);
  }

  private notice(bucket: string, { type, entry, before }: Change): void {
    const id = `${bucket} ${entry.key}`;
    const place = { bucket, namespace: entry.namespace, name: entry.name };
    for (const uid of before === undefined ? [] : ownersOf(before.object)) this.owned.get(uid)?.delete(id);
    if (type === 'DELETED') {
      this.waiting.delete(id);
      if ((this.owned.get(entry.uid)?.size ?? 0) > 0) this.lost.add(entry.uid);
    } else {
      for (const uid of ownersOf(entry.object)) {
        const of = this.owned.get(uid) ?? new Map<string, typeof place>();
        this.owned.set(uid, of.set(id, place));
        if (!this.parts.store.has(uid)) this.lost.add(uid);
      }
      if (isGoing(entry.object)) this.waiting.set(id, place);
    }
    if (this.lost.size === 0 && this.waiting.size === 0) return;
    this.scheduled ??= setImmediate(() => {
      this.scheduled = undefined;
      this.work();
    });
  }

  private work(): void {
    for (const uid of [...this.lost]) {
      this.lost.delete(uid);
      for (const dependent of this.dependents(uid)) this.release(dependent, uid);
      this.owned.delete(uid);
    }
    for (const place of [...this.waiting.values()]) {
      const entry = this.parts.store.bucket(place.bucket).get(place.namespace, place.name);
      const resource = this.resourceOf(place.bucket);
      if (entry !== undefined && resource !== undefined) this.finish(resource, entry);
    }
  }

  private resourceOf(bucket: string): Resource | undefined {
    return this.parts.resources.all().find((one) => bucketName(one) === bucket);
  }

  private dependents(uid: string): readonly (readonly [Resource, Entry])[] {
    return [...(this.owned.get(uid)?.values() ?? [])].flatMap(({ bucket, namespace, name }) => {
      const entry = this.parts.store.bucket(bucket).get(namespace, name);
      const resource = this.resourceOf(bucket);
      return entry === undefined || resource === undefined ? [] : [[resource, entry] as const];
    });
  }

  /** An owner is gone: the object goes too, unless another owner is left. */
  private release([resource, entry]: readonly [Resource, Entry], uid: string): void {
    const others = ownersOf(entry.object).filter((one) => one !== uid && this.parts.store.has(one));
    if (others.length > 0) this.parts.objects.adjust(resource, entry, (object) => withoutOwner(object, uid));
    else this.remove(resource, entry);
  }

  private remove(resource: Resource, entry: Entry): void {
    if (isGoing(entry.object)) return;
    removeObject(this.parts, resource, entry, { propagationPolicy: 'Background' });
  }

  private finish(resource: Resource, entry: Entry): void {
    const { objects, store } = this.parts;
    const finalizers = textsOf(at(entry.object, 'metadata', 'finalizers'));
    const dependents = this.dependents(entry.uid);
    if (finalizers.includes(ORPHAN)) {
      for (const [of, dependent] of dependents)
        objects.adjust(of, dependent, (object) => withoutOwner(object, entry.uid));
      objects.adjust(resource, entry, (object) => withoutFinalizer(object, ORPHAN));
    } else if (finalizers.includes(FOREGROUND)) {
      for (const [of, dependent] of dependents) this.remove(of, dependent);
      if (this.dependents(entry.uid).length === 0)
        objects.adjust(resource, entry, (object) => withoutFinalizer(object, FOREGROUND));
    } else if (finalizers.includes(CLEANUP)) this.empty(resource, entry);
    else if (resource.kind === 'Namespace' && resource.group === '') {
      if (!this.emptyNamespace(entry.name) || finalizers.length > 0) return;
      store.remove(bucketName(resource), entry);
    }
  }

  private empty(resource: Resource, definition: Entry): void {
    const bucket = this.parts.store.bucket(definition.name);
    const of = this.resourceOf(definition.name);
    for (const entry of of === undefined ? [] : bucket.all()) this.remove(of!, entry);
    if (bucket.size === 0)
      this.parts.objects.adjust(resource, definition, (object) => withoutFinalizer(object, CLEANUP));
  }

  /** True when nothing is left in it. */
  private emptyNamespace(name: string): boolean {
    let left = 0;
    for (const [bucket, { all }] of this.namespacedBuckets()) {
      for (const entry of all().filter((one) => one.namespace === name)) {
        this.remove(bucket, entry);
        left += this.parts.objects.find(bucket, name, entry.name) === undefined ? 0 : 1;
      }
    }
    return left === 0;
  }

  private namespacedBuckets(): readonly (readonly [Resource, { all: () => readonly Entry[] }])[] {
    const seen = new Set<string>();
    return this.parts.resources.all().flatMap((resource) => {
      const name = bucketName(resource);
      if (!resource.namespaced || seen.has(name)) return [];
      seen.add(name);
      const bucket = this.parts.store.bucket(name);
      return [[resource, { all: () => bucket.all() }] as const];
    });
  }
}
