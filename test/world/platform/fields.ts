import { createHash } from 'node:crypto';

export type Json = Readonly<Record<string, unknown>>;

/** An object of the cluster, as the stand-ins read it. */
export interface Thing {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly Owner[];
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

export interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value at a path, or undefined. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (Reflect.get(inner, key) as unknown) : undefined,
    value,
  );
}

export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : '';
}

export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : undefined;
}

export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

export function recordAt(value: unknown, ...path: readonly string[]): Json {
  const found = at(value, ...path);
  return isRecord(found) ? found : {};
}

/** Entries of a map whose values are texts. */
export function textsAt(value: unknown, ...path: readonly string[]): Readonly<Record<string, string>> {
  const entries = Object.entries(recordAt(value, ...path));
  return Object.fromEntries(entries.map(([key, one]) => [key, String(one)]));
}

/** JSON with sorted keys: equal content is equal text. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isRecord(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}

export const sameJson = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);

/** Hexadecimal sha256. */
export const hashOf = (bytes: string | Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

const SAFE = 'bcdfghjklmnpqrstvwxz2456789';

/** A short name as Kubernetes makes them: no vowels, so that no word comes out. */
export function safeHash(text: string, length = 10): string {
  return [...createHash('sha256').update(text).digest()]
    .slice(0, length)
    .map((byte) => SAFE[byte % SAFE.length])
    .join('');
}

/** RFC 3339 to the second, as the platform writes its times. */
export const timeOf = (date: Date): string => date.toISOString().replace(/\.\d{3}Z$/, 'Z');

/** `namespace/name`, or the name alone. */
export const nameOf = ({ metadata }: Pick<Thing, 'metadata'>): string =>
  metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;

export const controllerOf = (object: Thing): Owner | undefined =>
  object.metadata.ownerReferences?.find(({ controller }) => controller === true);

/** The reference that makes an object the child of another. */
export function ownerReference({ apiVersion, kind, metadata }: Thing): Owner {
  return {
    apiVersion,
    kind,
    name: metadata.name,
    uid: metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Milliseconds of a Go duration such as `1h30m`, `30s`, `500ms`; undefined when it is none. */
export function durationMs(text: string): number | undefined {
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text) return undefined;
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ''] ?? 0), 0);
}
