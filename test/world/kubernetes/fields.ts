import { isList, isObject, objectOf, same } from './json.ts';
import type { Json, JsonObject } from './json.ts';
import { isMarked, itemKey, memberType } from './types.ts';
import type { FieldType } from './types.ts';

/**
 * Fields are paths: elements of FieldsV1 (`f:spec`, `k:{"name":"a"}`, `v:"x"`) joined by a newline. The value is what the field holds;
 * undefined where the field only says that something is there (an item of a list, a member of a map).
 */
export type Fields = ReadonlyMap<string, Json | undefined>;
export type Paths = ReadonlySet<string>;
const JOIN = '\n';
const under = (path: string, element: string): string => (path === '' ? element : `${path}${JOIN}${element}`);

/** Never owned by anybody (apimachinery fieldmanager stripMeta). */
const UNOWNED = new Set([
  'f:apiVersion',
  'f:kind',
  'f:metadata',
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'generation',
    'managedFields',
    'resourceVersion',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ].map((name) => `f:metadata${JOIN}f:${name}`),
]);

/** All fields of an object. */
export function fieldsOf(object: JsonObject, type: FieldType): Fields {
  const found = new Map<string, Json | undefined>();
  const visit = (value: Json, of: FieldType, path: string): void => {
    if (of.is === 'list' && isList(value)) {
      for (const item of value) {
        const element = under(path, itemKey(of, item));
        visit(item, of.item, element);
        found.set(element, undefined);
      }
    } else if (of.is === 'set' && isList(value)) {
      for (const item of value) found.set(under(path, `v:${JSON.stringify(item)}`), item);
    } else if ((of.is === 'struct' || of.is === 'any') && isObject(value)) {
      for (const [name, member] of Object.entries(value)) {
        const element = under(path, `f:${name}`);
        if (isObject(member) && (Object.keys(member).length === 0 || isMarked(of, name)))
          found.set(element, undefined);
        visit(member, memberType(of, name), element);
      }
    } else if (path !== '') found.set(path, value);
  };
  visit(object, type, '');
  for (const path of UNOWNED) found.delete(path);
  return found;
}

export interface Difference {
  /** New, or with another value. */
  readonly set: Paths;
  readonly removed: Paths;
}

export function differenceOf(before: Fields, after: Fields): Difference {
  const set = new Set<string>();
  for (const [path, value] of after) if (!before.has(path) || !same(before.get(path), value)) set.add(path);
  return { set, removed: new Set([...before.keys()].filter((path) => !after.has(path))) };
}

interface Tree {
  readonly [element: string]: Tree;
}
type Growing = Record<string, Tree>;

/** Paths as FieldsV1; `.` marks an element that is a field itself and has fields below. */
export function encodeFields(paths: Iterable<string>): JsonObject {
  const root: Growing = {};
  const members = new Set(paths);
  for (const path of members) {
    let node = root;
    for (const element of path.split(JOIN)) node = node[element] ??= {};
  }
  const mark = (node: Tree, path: string): JsonObject => {
    const inner = Object.keys(node)
      .toSorted()
      .map((element) => [element, mark(node[element] ?? {}, under(path, element))] as const);
    const self = inner.length > 0 && members.has(path) ? [['.', {}] as const] : [];
    return Object.fromEntries([...self, ...inner]);
  };
  return mark(root, '');
}

export function decodeFields(fields: JsonObject): Paths {
  const found = new Set<string>();
  const visit = (node: JsonObject, path: string): void => {
    const elements = Object.entries(node);
    if (path !== '' && (elements.length === 0 || Object.hasOwn(node, '.'))) found.add(path);
    for (const [element, inner] of elements)
      if (element !== '.') visit(objectOf(inner), under(path, element));
  };
  visit(fields, '');
  return found;
}

/** A field as people read it: `.spec.containers[name="a"].image`. */
export function pathWords(path: string): string {
  return path
    .split(JOIN)
    .map((element) => {
      const rest = element.slice(2);
      if (element.startsWith('f:')) return `.${rest}`;
      if (element.startsWith('v:')) return `[=${rest}]`;
      const key = Object.entries(objectOf(JSON.parse(rest) as Json));
      return `[${key.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
    })
    .join('');
}

/** `live` with what `wanted` says, item by item where items have keys. */
export function mergeFields(live: Json | undefined, wanted: Json, type: FieldType): Json {
  if (type.is === 'list' && isList(live) && isList(wanted)) {
    return mergeItems(
      live,
      wanted,
      (item) => itemKey(type, item),
      (a, b) => mergeFields(a, b, type.item),
    );
  }
  if (type.is === 'set' && isList(live) && isList(wanted))
    return mergeItems(
      live,
      wanted,
      (item) => JSON.stringify(item),
      (_, b) => b,
    );
  if ((type.is === 'struct' || type.is === 'any') && isObject(live) && isObject(wanted)) {
    const merged: Record<string, Json> = { ...live };
    for (const [name, value] of Object.entries(wanted))
      merged[name] = mergeFields(live[name], value, memberType(type, name));
    return merged;
  }
  return wanted;
}

/** The order is that of `wanted`; what only `live` has keeps its place before its old follower. */
function mergeItems(
  live: readonly Json[],
  wanted: readonly Json[],
  keyOf: (item: Json) => string,
  merge: (a: Json, b: Json) => Json,
): readonly Json[] {
  const before = new Map(live.map((item) => [keyOf(item), item]));
  const said = new Set(wanted.map(keyOf));
  const rest = [...before];
  const merged: Json[] = [];
  const takeUnsaid = (): void => {
    for (let next = rest[0]; next !== undefined && !said.has(next[0]); next = rest[0]) {
      merged.push(next[1]);
      rest.shift();
    }
  };
  for (const item of wanted) {
    takeUnsaid();
    const key = keyOf(item);
    const old = before.get(key);
    merged.push(old === undefined ? item : merge(old, item));
    const place = rest.findIndex(([one]) => one === key);
    if (place >= 0) rest.splice(place, 1);
  }
  return [...merged, ...rest.filter(([key]) => !said.has(key)).map(([, item]) => item)];
}

function treeOf(paths: Iterable<string>): Tree {
  const root: Growing = {};
  for (const path of paths) {
    let node = root;
    for (const element of path.split(JOIN)) node = node[element] ??= {};
  }
  return root;
}

/** Takes out what was said last time and belongs to nobody any more, with everything below it. */
export function dropFields(value: Json, last: Paths, owned: Iterable<string>, type: FieldType): Json {
  const kept = drop(value, treeOf(last), treeOf(owned), type);
  return kept ?? {};
}

function drop(value: Json, last: Tree, owned: Tree, type: FieldType): Json | undefined {
  /** Undefined = gone. */
  const next = (item: Json, element: string, of: FieldType): Json | undefined => {
    const was = last[element];
    if (was === undefined) return item;
    const still = owned[element];
    return still === undefined ? undefined : drop(item, was, still, of);
  };
  if ((type.is === 'list' || type.is === 'set') && isList(value)) {
    const kept = value.flatMap((item) => {
      const left =
        type.is === 'list'
          ? next(item, itemKey(type, item), type.item)
          : next(item, `v:${JSON.stringify(item)}`, type);
      return left === undefined ? [] : [left];
    });
    return kept.length === 0 && value.length > 0 ? undefined : kept;
  }
  if ((type.is === 'struct' || type.is === 'any') && isObject(value)) {
    const kept = Object.entries(value).flatMap(([name, member]) => {
      const left = next(member, `f:${name}`, memberType(type, name));
      return left === undefined ? [] : [[name, left] as const];
    });
    return kept.length === 0 && Object.keys(value).length > 0 ? undefined : Object.fromEntries(kept);
  }
  return value;
}
