import { randomInt } from 'node:crypto';
import { withBuiltInDefaults } from './defaults.ts';
import { at, listOf, objectOf, same, without } from './json.ts';
import type { Draft, JsonObject } from './json.ts';
import type { Resource } from './kinds.ts';
import { Entry } from './store.ts';

export const now = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z');
export const metaOf = (object: JsonObject): JsonObject => objectOf(object['metadata']);

/** What the server says, whatever the writer says. */
export const SERVER_OWNED = [
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'selfLink',
] as const;

export function withMeta(object: JsonObject, metadata: JsonObject): JsonObject {
  return { ...object, metadata };
}

/** The writer's metadata with what the server keeps of the object before. */
export function carriedOver(before: JsonObject, wanted: JsonObject): JsonObject {
  const metadata: Draft = { ...without(metaOf(wanted), ...SERVER_OWNED) };
  for (const name of SERVER_OWNED) {
    const value = metaOf(before)[name];
    if (value !== undefined) metadata[name] = value;
  }
  return withMeta(wanted, metadata);
}

/** Without null members of metadata, as typed objects have none. */
export function tidy(object: JsonObject): JsonObject {
  const kept = Object.entries(metaOf(object)).filter(
    ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
  );
  return withMeta(object, Object.fromEntries(kept));
}

/** What counts for `generation`: what is wanted, not what is reported or said about the object. */
export function wantedPart(resource: Resource, object: JsonObject): JsonObject {
  const rest = without(object, 'apiVersion', 'kind', 'metadata');
  return resource.hasStatus ? without(rest, 'status') : rest;
}

export function isUnchanged(before: JsonObject, after: JsonObject): boolean {
  const plain = (object: JsonObject): JsonObject => ({
    ...without(object, 'apiVersion'),
    metadata: {
      ...without(metaOf(object), 'resourceVersion'),
      managedFields: listOf(metaOf(object)['managedFields']).map((one) => without(objectOf(one), 'time')),
    },
  });
  return same(plain(before), plain(after));
}

/** What a dry run would have stored. */
export const detached = (object: JsonObject, resourceVersion: string): Entry =>
  new Entry(resourceVersion === '' ? object : withMeta(object, { ...metaOf(object), resourceVersion }));

/** Five letters and digits that form no words, as a real API server appends to generateName. */
export const suffix = (): string =>
  Array.from({ length: 5 }, () => 'bcdfghjklmnpqrstvwxz2456789'[randomInt(27)]).join('');

export const withBuiltInSecret = (body: JsonObject): JsonObject =>
  body['stringData'] === undefined
    ? body
    : {
        ...without(withBuiltInDefaults(body), 'type'),
        ...(body['type'] === undefined ? {} : { type: body['type'] }),
      };

export const isGoing = (object: JsonObject): boolean => metaOf(object)['deletionTimestamp'] !== undefined;
/** Namespaces are held by a finalizer in their spec. */
export const isHeld = (object: JsonObject): boolean =>
  object['kind'] === 'Namespace' && listOf(at(object, 'spec', 'finalizers')).length > 0;
