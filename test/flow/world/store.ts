import { Appliance, Operation, ReleaseObject } from 'host-service/contract/objects.ts';
import { Problem } from 'host-service/contract/problem.ts';
import type { KindRef, KubeInput, KubeObject, KubeRef } from 'host-service/engine/ports.ts';

export type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const copy = <T>(value: T): T => structuredClone(value);
/** Stored objects are frozen to the ground: they are handed out as they are. */
function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    for (const inner of Object.values(value)) freeze(inner);
    Object.freeze(value);
  }
  return value;
}

/** Kinds whose status is a subresource: create and replace drop it, as an API server does. */
const WITH_STATUS = new Set([
  'Appliance',
  'Release',
  'Operation',
  'Host',
  'OCIRepository',
  'Kustomization',
  'HelmRelease',
  'Deployment',
  'Pod',
  'CustomResourceDefinition',
  'Namespace',
]);
/** Kinds that are there only when a definition says so. */
const OWN = { Appliance, Operation, Release: ReleaseObject } as const;

export const keyOf = ({ kind, namespace, name }: Pick<KubeRef, 'kind' | 'namespace' | 'name'>): string =>
  `${kind} ${namespace ?? ''}/${name}`;

interface Stored {
  readonly object: KubeObject;
  /** What each manager has applied. */
  readonly applied: ReadonlyMap<string, Json>;
  /** How often anything but metadata and status has changed: the first version counts. */
  readonly revisions: number;
}

export interface Change {
  readonly key: string;
  readonly changed: boolean;
}

/** Objects of a cluster with resourceVersion, generation, field ownership of server-side apply, and watches. */
export class Store {
  private readonly objects = new Map<string, Stored>();
  private readonly watchers = new Set<(object: KubeObject, type: 'added' | 'modified' | 'deleted') => void>();
  /** Rises with every change. */
  version = 0;
  private uids = 0;
  readonly now: () => Date;

  constructor(now: () => Date) {
    this.now = now;
  }

  get(ref: Pick<KubeRef, 'kind' | 'namespace' | 'name'>): KubeObject | undefined {
    const found = this.objects.get(keyOf(ref));
    return found?.object;
  }

  list(kind: KindRef['kind'], namespace?: string, labelSelector = ''): readonly KubeObject[] {
    const labels = labelSelector === '' ? [] : labelSelector.split(',').map((pair) => pair.split('=', 2));
    return [...this.objects.values()]
      .map(({ object }) => object)
      .filter(
        (object) =>
          object.kind === kind && (namespace ?? object.metadata.namespace) === object.metadata.namespace,
      )
      .filter(({ metadata }) =>
        labels.every(([key = '', value]) =>
          value === undefined ? Object.hasOwn(metadata.labels ?? {}, key) : metadata.labels?.[key] === value,
        ),
      );
  }

  /** Takes over all objects of another store. Stored objects are never changed in place, so they can be shared. */
  copyFrom(other: Store): void {
    this.objects.clear();
    for (const [key, stored] of other.objects) this.objects.set(key, stored);
    this.version = other.version;
    this.uids = other.uids;
  }

  revisions(key: string): number {
    return this.objects.get(key)?.revisions ?? 0;
  }

  keys(): readonly string[] {
    return [...this.objects.keys()];
  }

  watch(listener: (object: KubeObject, type: 'added' | 'modified' | 'deleted') => void): () => void {
    this.watchers.add(listener);
    return () => this.watchers.delete(listener);
  }

  serves(kind: string): boolean {
    if (!['OCIRepository', 'Kustomization', 'HelmRelease'].includes(kind)) return true;
    return this.list('CustomResourceDefinition').some(
      ({ spec }) => isObject(spec) && JSON.stringify(spec).includes(`"${kind}"`),
    );
  }

  apply(input: KubeInput, manager: string): KubeObject {
    this.mustServe(input);
    const stored = this.objects.get(keyOf({ ...input, ...input.metadata }));
    if (input.metadata.resourceVersion !== undefined) this.current(input);
    const desired = fieldsOf(input);
    const base: Json = stored === undefined ? {} : copy(fieldsOf(stored.object));
    const before = stored?.applied.get(manager);
    if (before !== undefined) removeLeft(base, before, desired);
    const next = merge(base, desired);
    const applied = new Map(stored?.applied ?? []).set(manager, copy(desired));
    return this.put(input, next, stored, applied, stored?.object['status']);
  }

  create(input: KubeInput): KubeObject {
    this.mustServe(input);
    const key = keyOf({ ...input, ...input.metadata });
    if (this.objects.has(key)) throw new Problem('cluster.conflict', `${key} exists`);
    const status = WITH_STATUS.has(input.kind) ? undefined : input['status'];
    return this.put(input, fieldsOf(input), undefined, new Map(), status);
  }

  replace(input: KubeInput): KubeObject {
    const stored = this.current(input);
    return this.put(input, fieldsOf(input), stored, stored.applied, stored.object['status']);
  }

  replaceStatus(input: KubeInput): KubeObject {
    const stored = this.current(input);
    return this.put(stored.object, fieldsOf(stored.object), stored, stored.applied, input['status']);
  }

  remove(ref: Pick<KubeRef, 'kind' | 'namespace' | 'name'>): void {
    const stored = this.objects.get(keyOf(ref));
    this.objects.delete(keyOf(ref));
    if (stored !== undefined) for (const listener of this.watchers) listener(stored.object, 'deleted');
  }

  /** Puts an object as it is, metadata included: made by the platform, not by a client. */
  seed(object: KubeInput): KubeObject {
    const made = this.put(object, fieldsOf(object), undefined, new Map(), object['status']);
    const whole = { ...made, metadata: { ...object.metadata, ...made.metadata } };
    this.objects.set(keyOf({ ...whole, ...whole.metadata }), {
      object: whole,
      applied: new Map(),
      revisions: 1,
    });
    return whole;
  }

  private mustServe({ kind, metadata }: KubeInput): void {
    if (!this.serves(kind)) throw new Problem('cluster.no-such-kind', kind);
    const { namespace } = metadata;
    if (
      namespace !== undefined &&
      namespace !== CONTROL &&
      this.get({ kind: 'Namespace', name: namespace }) === undefined
    ) {
      throw new Problem('cluster.not-found', `namespace ${namespace}`);
    }
  }

  private current(input: KubeInput): Stored {
    const key = keyOf({ ...input, ...input.metadata });
    const stored = this.objects.get(key);
    if (stored === undefined) throw new Problem('cluster.not-found', key);
    const { resourceVersion } = input.metadata;
    if (resourceVersion !== undefined && resourceVersion !== stored.object.metadata.resourceVersion) {
      throw new Problem('cluster.conflict', `${key} is at ${stored.object.metadata.resourceVersion ?? ''}`);
    }
    return stored;
  }

  private put(
    head: {
      readonly apiVersion: string;
      readonly kind: string;
      readonly metadata: Pick<KubeObject['metadata'], 'name' | 'namespace'>;
    },
    fields: Json,
    stored: Stored | undefined,
    applied: ReadonlyMap<string, Json>,
    status: unknown,
  ): KubeObject {
    const { metadata, ...content } = fields;
    const before = stored?.object;
    const contentChanged = before === undefined || stable(fieldsOf(before, false)) !== stable(content);
    const metaBefore = before === undefined ? {} : fieldsOf(before)['metadata'];
    const anyChange =
      contentChanged ||
      stable(metaBefore) !== stable(metadata) ||
      (before['status'] !== status && stable(before['status']) !== stable(status));
    if (!anyChange && stored !== undefined) {
      this.objects.set(keyOf({ ...head, ...head.metadata }), { ...stored, applied });
      return stored.object;
    }
    this.version += 1;
    const object: KubeObject = {
      apiVersion: head.apiVersion,
      kind: head.kind,
      ...content,
      metadata: {
        ...(before === undefined ? {} : ownersOf(before)),
        ...(isObject(metadata) ? metadata : {}),
        name: head.metadata.name,
        ...(head.metadata.namespace === undefined ? {} : { namespace: head.metadata.namespace }),
        uid: before?.metadata.uid ?? `uid-${(this.uids += 1)}`,
        creationTimestamp: before?.metadata.creationTimestamp ?? this.now().toISOString(),
        resourceVersion: String(this.version),
        generation: (before?.metadata.generation ?? 0) + (contentChanged ? 1 : 0),
      },
      ...(status === undefined ? {} : { status }),
    };
    check(object);
    const next = freeze(copy(object));
    this.objects.set(keyOf({ ...head, ...head.metadata }), {
      object: next,
      applied,
      revisions: (stored?.revisions ?? 0) + (contentChanged ? 1 : 0),
    });
    for (const listener of this.watchers) listener(next, before === undefined ? 'added' : 'modified');
    return next;
  }
}

const CONTROL = 'alga-appliance-control-plane';

/** What an API server with our generated schemas would refuse. */
function check(object: KubeObject): void {
  const schema = Object.hasOwn(OWN, object.kind) ? OWN[object.kind as keyof typeof OWN] : undefined;
  const parsed = schema?.safeParse(object);
  if (parsed !== undefined && !parsed.success) throw new Problem('cluster.invalid', parsed.error.message);
}

/** All but apiVersion, kind, status and what the server writes into metadata. */
function fieldsOf(object: KubeInput | KubeObject, withMeta = true): Json {
  const { metadata, ...rest } = object;
  const content = Object.fromEntries(
    Object.entries(rest).filter(([key]) => !['apiVersion', 'kind', 'status'].includes(key)),
  );
  if (!withMeta) return content;
  const { labels, annotations } = metadata;
  return {
    ...content,
    metadata: {
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
  };
}

function removeLeft(target: Json, before: Json, desired: Json): void {
  for (const [key, value] of Object.entries(before)) {
    if (!Object.hasOwn(desired, key)) Reflect.deleteProperty(target, key);
    else if (isObject(value) && isObject(desired[key]) && isObject(target[key]))
      removeLeft(target[key], value, desired[key]);
  }
}

function merge(base: Json, desired: Json): Json {
  const next: Json = { ...base };
  for (const [key, value] of Object.entries(desired)) {
    const old = next[key];
    next[key] = isObject(value) && isObject(old) ? merge(old, value) : value;
  }
  return next;
}

const stable = (value: unknown): string =>
  JSON.stringify(value, (_key, member: unknown) =>
    isObject(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  ) ?? '';

const ownersOf = ({ metadata }: KubeObject): Json =>
  metadata['ownerReferences'] === undefined ? {} : { ownerReferences: metadata['ownerReferences'] };
