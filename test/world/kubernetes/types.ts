import { at, isObject, objectOf, textOf, textsOf } from './json.ts';
import type { Json, JsonObject } from './json.ts';

/** How server-side apply looks at a value (structured-merge-diff): what is one field, what merges, what identifies an item. */
export type FieldType =
  /** Scalars, and what is replaced as a whole. */
  | { readonly is: 'leaf' }
  /** Members of known type. `rest` is the type of all other members, as in a map. */
  | { readonly is: 'struct'; readonly fields: ReadonlyMap<string, FieldType>; readonly rest?: FieldType }
  /** Objects merge, lists are replaced; `rules` says by name what differs. `marks`: members that are objects are fields of their own. */
  | { readonly is: 'any'; readonly rules: ReadonlyMap<string, FieldType>; readonly marks: boolean }
  | {
      readonly is: 'list';
      readonly keys: readonly string[];
      readonly defaults: JsonObject;
      readonly item: FieldType;
    }
  | { readonly is: 'set' };

export const LEAF: FieldType = { is: 'leaf' };
const SET: FieldType = { is: 'set' };
const DEDUCED: FieldType = { is: 'any', rules: new Map(), marks: true };
const PLAIN: FieldType = { is: 'any', rules: new Map(), marks: false };

const keyed = (item: FieldType, defaults: JsonObject, ...keys: string[]): FieldType => ({
  is: 'list',
  keys,
  defaults,
  item,
});

const rules = (entries: Readonly<Record<string, FieldType>>): FieldType => ({
  is: 'any',
  rules: new Map(Object.entries(entries)),
  marks: false,
});

const conditions = keyed(PLAIN, {}, 'type');
/** Selectors and references are atomic maps (`x-kubernetes-map-type: atomic` in the API's own definition). */
const ATOMIC = {
  selector: LEAF,
  nodeSelector: LEAF,
  labelSelector: LEAF,
  namespaceSelector: LEAF,
  podSelector: LEAF,
  secretKeyRef: LEAF,
  configMapKeyRef: LEAF,
  fieldRef: LEAF,
  resourceFieldRef: LEAF,
  secretRef: LEAF,
  dataSource: LEAF,
  roleRef: LEAF,
  targetRef: LEAF,
  involvedObject: LEAF,
};
const TCP = { protocol: 'TCP' };
const containers = keyed(
  rules({
    ...ATOMIC,
    env: keyed(rules(ATOMIC), {}, 'name'),
    ports: keyed(PLAIN, TCP, 'containerPort', 'protocol'),
    volumeMounts: keyed(PLAIN, {}, 'mountPath'),
    volumeDevices: keyed(PLAIN, {}, 'devicePath'),
  }),
  {},
  'name',
);
/** Lists that merge, by name, of all kinds with pods in them. */
const POD_RULES = {
  ...ATOMIC,
  conditions,
  containers,
  initContainers: containers,
  ephemeralContainers: containers,
  volumes: keyed(rules(ATOMIC), {}, 'name'),
  imagePullSecrets: keyed(PLAIN, {}, 'name'),
  hostAliases: keyed(PLAIN, {}, 'ip'),
  topologySpreadConstraints: keyed(rules(ATOMIC), {}, 'topologyKey', 'whenUnsatisfiable'),
};

const OBJECT_META = rules({
  ownerReferences: keyed(PLAIN, {}, 'uid'),
  finalizers: SET,
});

const SERVICE = rules({ ...ATOMIC, conditions, ports: keyed(PLAIN, TCP, 'port', 'protocol') });
const SPECIAL: Readonly<Record<string, FieldType>> = {
  Service: SERVICE,
  ServiceAccount: rules({
    secrets: keyed(PLAIN, {}, 'name'),
    imagePullSecrets: keyed(PLAIN, {}, 'name'),
  }),
  CustomResourceDefinition: rules({ ...ATOMIC, conditions }),
  PersistentVolume: rules({ ...ATOMIC, conditions }),
  NetworkPolicy: rules({ ...ATOMIC, conditions }),
  EndpointSlice: PLAIN,
  Endpoints: PLAIN,
};

const withMeta = (entries: readonly (readonly [string, FieldType])[], rest?: FieldType): FieldType => ({
  is: 'struct',
  fields: new Map([['metadata', OBJECT_META], ...entries]),
  ...(rest === undefined ? {} : { rest }),
});

/** The type of a kind that every API server has. */
export function builtInType(kind: string): FieldType {
  const body = SPECIAL[kind] ?? rules(POD_RULES);
  return withMeta([['spec', body], ['status', body], ...(body.is === 'any' ? [...body.rules] : [])], PLAIN);
}

/** The type of a custom kind, from its structural schema. */
export function customType(schema: Json | undefined): FieldType {
  const properties = Object.entries(objectOf(at(schema, 'properties'))).filter(
    ([name]) => name !== 'metadata',
  );
  return withMeta(properties.map(([name, inner]) => [name, schemaType(inner)] as const));
}

function schemaType(schema: Json): FieldType {
  const { type, properties, additionalProperties, items } = objectOf(schema);
  const extension = (name: string): Json | undefined => objectOf(schema)[`x-kubernetes-${name}`];
  if (type === 'array') return listType(objectOf(schema), objectOf(items));
  if (extension('int-or-string') === true) return LEAF;
  const open = extension('preserve-unknown-fields') === true;
  if (type !== 'object' && !open) return LEAF;
  if (extension('map-type') === 'atomic') return LEAF;
  const known = Object.entries(objectOf(properties)).map(
    ([name, inner]) => [name, schemaType(inner)] as const,
  );
  if (isObject(additionalProperties))
    return { is: 'struct', fields: new Map(known), rest: schemaType(additionalProperties) };
  if (open) return known.length === 0 ? DEDUCED : { is: 'struct', fields: new Map(known), rest: DEDUCED };
  return { is: 'struct', fields: new Map(known) };
}

function listType(schema: JsonObject, items: JsonObject): FieldType {
  const kind = textOf(schema['x-kubernetes-list-type']);
  if (kind === 'set') return SET;
  if (kind !== 'map') return LEAF;
  const keys = textsOf(schema['x-kubernetes-list-map-keys']);
  const defaults = keys.flatMap((key) => {
    const value = at(items, 'properties', key, 'default');
    return value === undefined ? [] : [[key, value] as const];
  });
  return { is: 'list', keys, defaults: Object.fromEntries(defaults), item: schemaType(items) };
}

/** The type of a member. Unknown members of a struct are replaced as a whole. */
export function memberType(type: FieldType, name: string): FieldType {
  if (type.is === 'struct') return type.fields.get(name) ?? type.rest ?? LEAF;
  if (type.is === 'any') return type.rules.get(name) ?? type;
  return LEAF;
}

/** Whether a member that is an object counts as a field itself: in maps it does, in structs it does not. */
export const isMarked = (type: FieldType, name: string): boolean =>
  type.is === 'any' ? type.marks : type.is === 'struct' && !type.fields.has(name) && type.rest !== PLAIN;

/** How an item is told from its neighbours: `k:{"name":"x"}`. */
export function itemKey(type: FieldType & { is: 'list' }, item: Json): string {
  const key = type.keys.toSorted().map((name) => [name, objectOf(item)[name] ?? type.defaults[name] ?? null]);
  return `k:${JSON.stringify(Object.fromEntries(key))}`;
}
