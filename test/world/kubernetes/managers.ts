import {
  decodeFields,
  differenceOf,
  dropFields,
  encodeFields,
  fieldsOf,
  mergeFields,
  pathWords,
} from './fields.ts';
import type { Paths } from './fields.ts';
import { listOf, objectOf, textOf } from './json.ts';
import type { Json, JsonObject } from './json.ts';
import { Refusal } from './refusal.ts';
import type { FieldType } from './types.ts';

/** Who writes: one entry of managedFields. */
export interface Identity {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
}
interface Manager extends Identity {
  readonly time: string;
  readonly paths: Paths;
}

/** Decoded once for each stored object: the key is its metadata, which never changes in place. */
const decoded = new WeakMap<JsonObject, readonly Manager[]>();

export function managersOf(object: JsonObject): readonly Manager[] {
  const metadata = objectOf(object['metadata']);
  const known = decoded.get(metadata);
  if (known !== undefined) return known;
  const managers = listOf(metadata['managedFields']).map((one): Manager => {
    const entry = objectOf(one);
    return {
      manager: textOf(entry['manager']),
      operation: entry['operation'] === 'Apply' ? 'Apply' : 'Update',
      apiVersion: textOf(entry['apiVersion']),
      subresource: textOf(entry['subresource']),
      time: textOf(entry['time']),
      paths: decodeFields(objectOf(entry['fieldsV1'])),
    };
  });
  decoded.set(metadata, managers);
  return managers;
}

const isSame = (a: Identity, b: Identity): boolean =>
  a.manager === b.manager &&
  a.operation === b.operation &&
  a.subresource === b.subresource &&
  (a.operation === 'Apply' || a.apiVersion === b.apiVersion);

/** The order of a real API server (apimachinery fieldmanager sortEncodedManagedFields). */
function byAge(a: Manager, b: Manager): number {
  const words = (one: Manager): string =>
    [one.operation, one.time, one.manager, one.apiVersion, one.subresource].join('\n');
  return words(a) < words(b) ? -1 : 1;
}

/** The object with these managers written into it. */
function withManagers(object: JsonObject, managers: readonly Manager[]): JsonObject {
  const kept = managers.filter(({ paths }) => paths.size > 0).toSorted(byAge);
  const managedFields = kept.map(({ manager, operation, apiVersion, time, paths, subresource }) => ({
    manager,
    operation,
    apiVersion,
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: encodeFields(paths),
    ...(subresource === '' ? {} : { subresource }),
  }));
  const metadata: JsonObject = { ...objectOf(object['metadata']), managedFields };
  decoded.set(metadata, kept);
  return { ...object, metadata };
}

const minus = (a: Paths, b: Paths): Paths =>
  b.size === 0 ? a : new Set([...a].filter((path) => !b.has(path)));
const isWithin = (a: Paths, b: Paths): boolean => [...a].every((path) => b.has(path));

/** `wanted` in place of `live`, written as a whole by `who`, who owns from now on what he changed. */
export function writtenBy(
  who: Identity,
  live: JsonObject | undefined,
  wanted: JsonObject,
  type: FieldType,
  now: string,
): JsonObject {
  const before = live === undefined ? new Map<string, Json>() : fieldsOf(live, type);
  const { set, removed } = differenceOf(before, fieldsOf(wanted, type));
  const managers = live === undefined ? [] : managersOf(live);
  const mine = managers.find((one) => isSame(one, who));
  const others = managers
    .filter((one) => one !== mine)
    .map((one) => ({ ...one, paths: minus(minus(one.paths, set), removed) }));
  const paths = minus(new Set([...(mine?.paths ?? []), ...set]), removed);
  const changed = set.size > 0 || removed.size > 0;
  const entry = { ...who, time: changed ? now : (mine?.time ?? now), paths };
  return withManagers(wanted, [...others, entry]);
}

export interface Applied {
  readonly who: Identity;
  readonly live: JsonObject | undefined;
  readonly wanted: JsonObject;
  readonly type: FieldType;
  readonly force: boolean;
  readonly now: string;
}

/**
 * Server-side apply (structured-merge-diff Updater.Apply): merge, drop what the same manager said before and nobody says any more,
 * refuse to change what others own unless forced.
 * @throws Refusal 409 with one cause for each field of another manager
 */
export function appliedBy({ who, live, wanted, type, force, now }: Applied): JsonObject {
  const managers = live === undefined ? [] : managersOf(live);
  const mine = managers.find((one) => isSame(one, who));
  const paths: Paths = new Set(fieldsOf(wanted, type).keys());
  const others = managers.filter((one) => one !== mine);
  const merged = live === undefined ? wanted : objectOf(mergeFields(live, wanted, type));
  const owned = [...others.flatMap((one) => [...one.paths]), ...paths];
  const next = mine === undefined ? merged : objectOf(dropFields(merged, mine.paths, owned, type));
  const before = live === undefined ? new Map<string, Json>() : fieldsOf(live, type);
  const { set, removed } = differenceOf(before, fieldsOf(next, type));
  const conflicts = others.flatMap((one) =>
    [...one.paths].filter((path) => set.has(path)).map((path) => [one, path] as const),
  );
  if (!force && conflicts.length > 0) throw conflictOf(conflicts);
  const kept = others.map((one) => ({ ...one, paths: minus(minus(one.paths, set), removed) }));
  const sameAsBefore = mine !== undefined && mine.paths.size === paths.size && isWithin(mine.paths, paths);
  const time = mine !== undefined && sameAsBefore && set.size === 0 && removed.size === 0 ? mine.time : now;
  const place = mine === undefined ? kept.length : managers.indexOf(mine);
  return withManagers(next, kept.toSpliced(place, 0, { ...who, time, paths }));
}

/** `"name" with subresource "status" using v1 at TIME`, as kubectl shows it. */
function managerWords({ manager, operation, apiVersion, subresource, time }: Manager): string {
  const via = subresource === '' ? '' : ` with subresource "${subresource}"`;
  return `"${manager}"${via}${operation === 'Apply' ? '' : ` using ${apiVersion}${time === '' ? '' : ` at ${time}`}`}`;
}

function conflictOf(conflicts: readonly (readonly [Manager, string])[]): Refusal {
  const causes = conflicts.map(([manager, path]) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${managerWords(manager)}`,
    field: pathWords(path),
  }));
  const count = `${causes.length} conflict${causes.length === 1 ? '' : 's'}`;
  const list = causes.map(({ message, field }) => `${message}: ${field}`).join('\n');
  return new Refusal(409, 'Conflict', `Apply failed with ${count}: ${list}`, { causes });
}
