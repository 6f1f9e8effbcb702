import { z } from 'zod';
import { ObjectMeta } from '../../contract/objects.ts';
import { Problem } from '../../contract/problem.ts';
import type { KindRef, KubeObject } from '../../engine/ports.ts';

const Anything = z.looseObject({ metadata: ObjectMeta });
/** Items of a list carry neither kind nor apiVersion when the kind is built in. */
const ListBody = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string().optional(), continue: z.string().optional() }),
  items: z.array(z.unknown()).nullish(),
});
const EventBody = z.looseObject({ type: z.string(), object: z.unknown() });
const VersionBody = z.looseObject({ gitVersion: z.string() });
const DiscoveryBody = z.looseObject({
  resources: z.array(z.looseObject({ name: z.string(), kind: z.string(), namespaced: z.boolean() })),
});

/** JSON of that shape. @throws Problem cluster.bad-answer, without quoting what came */
function parse<S extends z.ZodType>(text: string, schema: S, what: string): z.output<S> {
  let plain: unknown;
  try {
    plain = JSON.parse(text);
  } catch {
    throw new Problem('cluster.bad-answer', `${what}: the answer is not JSON`);
  }
  const result = schema.safeParse(plain);
  if (result.success) return result.data;
  const path = result.error.issues[0]?.path.map(String).join('.') ?? '';
  throw new Problem('cluster.bad-answer', `${what}: the answer has no usable ${path === '' ? 'form' : path}`);
}

/**
 * What the server sent as an object of that kind. managedFields stay behind: they are half of most objects, and sending them back
 * is refused.
 */
function objectFrom(value: unknown, kind: KindRef, what: string): KubeObject {
  const result = Anything.safeParse(value);
  if (!result.success) throw new Problem('cluster.bad-answer', `${what}: an object has no usable metadata`);
  const metadata = { ...result.data.metadata };
  delete metadata['managedFields'];
  return { ...result.data, apiVersion: kind.apiVersion, kind: kind.kind, metadata };
}

/** @throws Problem cluster.bad-answer */
export function parseObject(text: string, kind: KindRef, what: string): KubeObject {
  return objectFrom(parse(text, z.unknown(), what), kind, what);
}

export interface Page {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string | undefined;
  /** Where the next page begins; undefined on the last one. */
  readonly next: string | undefined;
}

/** @throws Problem cluster.bad-answer */
export function parsePage(text: string, kind: KindRef, what: string): Page {
  const { metadata, items } = parse(text, ListBody, what);
  return {
    items: (items ?? []).map((item) => objectFrom(item, kind, what)),
    resourceVersion: metadata.resourceVersion,
    next: metadata.continue === '' ? undefined : metadata.continue,
  };
}

export type WatchEvent =
  | { readonly type: 'added' | 'modified' | 'deleted' | 'bookmark'; readonly object: KubeObject }
  | { readonly type: 'error'; readonly status: string };

const EVENT_TYPES = {
  ADDED: 'added',
  MODIFIED: 'modified',
  DELETED: 'deleted',
  BOOKMARK: 'bookmark',
} as const;
const isEventType = (type: string): type is keyof typeof EVENT_TYPES => Object.hasOwn(EVENT_TYPES, type);
/** A bookmark's object carries a resourceVersion and nothing else. */
const Bookmark = z.looseObject({ metadata: z.looseObject({ resourceVersion: z.string() }) });

/** One line of a watch. @throws Problem cluster.bad-answer */
export function parseEvent(line: string, kind: KindRef, what: string): WatchEvent {
  const { type, object } = parse(line, EventBody, what);
  if (type === 'ERROR') return { type: 'error', status: JSON.stringify(object) };
  if (!isEventType(type)) throw new Problem('cluster.bad-answer', `${what}: an event of unknown type`);
  if (type !== 'BOOKMARK') return { type: EVENT_TYPES[type], object: objectFrom(object, kind, what) };
  const bookmark = Bookmark.safeParse(object);
  if (!bookmark.success) throw new Problem('cluster.bad-answer', `${what}: a bookmark without version`);
  const { resourceVersion } = bookmark.data.metadata;
  return { type: 'bookmark', object: { ...kind, metadata: { name: '', resourceVersion } } };
}

/** Version without leading v and without build part: `v1.36.3+k3s1` is 1.36.3. @throws Problem cluster.bad-answer */
export function parseVersion(text: string, what: string): string {
  return parse(text, VersionBody, what).gitVersion.replace(/^v/, '').replace(/\+.*$/, '');
}

/** Resources of one group version; subresources are left out. @throws Problem cluster.bad-answer */
export function parseDiscovery(
  text: string,
  what: string,
): readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[] {
  return parse(text, DiscoveryBody, what).resources.filter((resource) => !resource.name.includes('/'));
}
