import { isList, isObject, listOf, objectOf, same, textOf, textsOf } from './json.ts';
import type { Draft, Json, JsonObject } from './json.ts';
import { required, tooLong, tooMany, unsupported, wrong, wrongType } from './refusal.ts';
import type { Cause } from './refusal.ts';

/** A structural schema of a custom resource definition (apiextensions v1). Rules in CEL are not evaluated. */
export type Schema = JsonObject;

const extension = (schema: Schema, name: string): Json | undefined => schema[`x-kubernetes-${name}`];
const dot = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);
const TOP = new Set(['apiVersion', 'kind', 'metadata']);

export interface Pruned {
  readonly value: JsonObject;
  /** Paths of what the schema does not know. */
  readonly unknown: readonly string[];
}

/** The object without what its schema does not know. */
export function pruneUnknown(object: JsonObject, schema: Schema): Pruned {
  const unknown: string[] = [];
  const visit = (value: Json, of: Schema, path: string): Json => {
    if (isList(value)) {
      const items = objectOf(of['items']);
      return value.map((item, n) => visit(item, items, `${path}[${n}]`));
    }
    if (!isObject(value)) return value;
    const properties = objectOf(of['properties']);
    const rest = of['additionalProperties'];
    const open = extension(of, 'preserve-unknown-fields') === true || rest === true;
    const embedded = path === '' || extension(of, 'embedded-resource') === true;
    const kept: Draft = {};
    for (const [name, member] of Object.entries(value)) {
      const known = Object.hasOwn(properties, name) ? properties[name] : isObject(rest) ? rest : undefined;
      if (embedded && TOP.has(name)) kept[name] = member;
      else if (isObject(known)) kept[name] = visit(member, known, dot(path, name));
      else if (open) kept[name] = member;
      else unknown.push(dot(path, name));
    }
    return kept;
  };
  return { value: objectOf(visit(object, schema, '')), unknown };
}

/** Fills in what is missing; null counts as missing where the schema does not allow it. */
export function withDefaults(value: Json, schema: Schema): Json {
  if (isList(value)) return value.map((item) => withDefaults(item, objectOf(schema['items'])));
  if (!isObject(value)) return value;
  const filled: Draft = { ...value };
  const rest = schema['additionalProperties'];
  const properties = objectOf(schema['properties']);
  for (const [name, inner] of Object.entries(properties)) {
    const of = objectOf(inner);
    const missing = !Object.hasOwn(filled, name) || (filled[name] === null && of['nullable'] !== true);
    if (missing && of['default'] !== undefined) filled[name] = of['default'];
  }
  for (const [name, member] of Object.entries(filled)) {
    const of = Object.hasOwn(properties, name) ? properties[name] : rest;
    if (member === null && isObject(of) && of['nullable'] !== true) Reflect.deleteProperty(filled, name);
    else if (isObject(of)) filled[name] = withDefaults(member, of);
  }
  return filled;
}

const typeOf = (value: Json): string => {
  if (value === null) return 'null';
  if (isList(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
};

function typeCause(value: Json, schema: Schema, path: string): Cause | undefined {
  const found = typeOf(value);
  if (extension(schema, 'int-or-string') === true)
    return found === 'integer' || found === 'string'
      ? undefined
      : wrongType(path, found, `${path} in body must be of type integer,string: "${found}"`);
  const wanted = textOf(schema['type']);
  if (wanted === '' || wanted === found || (wanted === 'number' && found === 'integer')) return undefined;
  if (found === 'null' && schema['nullable'] === true) return undefined;
  return wrongType(path, found, `${path} in body must be of type ${wanted}: "${found}"`);
}

const FORMATS: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i,
  date: /^\d{4}-\d\d-\d\d$/,
  uuid: /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i,
};

const patterns = new Map<string, RegExp>();
/** The API server reads patterns as RE2, which writes a code point `\x{1f}` where JavaScript writes `\u{1f}`. */
function patternOf(text: string): RegExp {
  const known = patterns.get(text) ?? new RegExp(text.replaceAll('\\x{', '\\u{'), 'u');
  patterns.set(text, known);
  return known;
}

function textCauses(value: string, schema: Schema, path: string): readonly Cause[] {
  const { maxLength, minLength, pattern, format } = schema;
  // Characters count, not units of UTF-16.
  const length = Array.from(value).length;
  const causes: Cause[] = [];
  if (typeof maxLength === 'number' && length > maxLength) causes.push(tooLong(path, maxLength));
  if (typeof minLength === 'number' && length < minLength)
    causes.push(wrong(path, value, `${path} in body should be at least ${minLength} chars long`));
  if (typeof pattern === 'string' && !patternOf(pattern).test(value))
    causes.push(wrong(path, value, `${path} in body should match '${pattern}'`));
  const form = typeof format === 'string' && Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  if (form !== undefined && !form.test(value))
    causes.push(
      wrongType(path, value, `${path} in body must be of type ${textOf(format)}: ${JSON.stringify(value)}`),
    );
  return causes;
}

function numberCauses(value: number, schema: Schema, path: string): readonly Cause[] {
  const { minimum, maximum, multipleOf } = schema;
  const causes: Cause[] = [];
  if (typeof minimum === 'number' && value < minimum)
    causes.push(wrong(path, value, `${path} in body should be greater than or equal to ${minimum}`));
  if (typeof maximum === 'number' && value > maximum)
    causes.push(wrong(path, value, `${path} in body should be less than or equal to ${maximum}`));
  if (typeof multipleOf === 'number' && value % multipleOf !== 0)
    causes.push(wrong(path, value, `${path} in body should be a multiple of ${multipleOf}`));
  return causes;
}

function listCauses(value: readonly Json[], schema: Schema, path: string): readonly Cause[] {
  const { maxItems, minItems, items } = schema;
  const causes: Cause[] = [];
  if (typeof maxItems === 'number' && value.length > maxItems)
    causes.push(tooMany(path, value.length, maxItems));
  if (typeof minItems === 'number' && value.length < minItems)
    causes.push(wrong(path, value.length, `${path} in body should have at least ${minItems} items`));
  const keys = textsOf(extension(schema, 'list-map-keys'));
  const seen = new Set<string>();
  for (const [n, item] of value.entries()) {
    const key = JSON.stringify(keys.length === 0 ? item : keys.map((name) => objectOf(item)[name]));
    const unique = extension(schema, 'list-type') === 'set' || keys.length > 0;
    if (unique && seen.has(key))
      causes.push({
        reason: 'FieldValueDuplicate',
        field: `${path}[${n}]`,
        message: `Duplicate value: ${JSON.stringify(JSON.parse(key))}`,
      });
    seen.add(key);
    causes.push(...schemaCauses(item, objectOf(items), `${path}[${n}]`));
  }
  return causes;
}

function objectCauses(value: JsonObject, schema: Schema, path: string): readonly Cause[] {
  const properties = objectOf(schema['properties']);
  const rest = schema['additionalProperties'];
  const { maxProperties } = schema;
  const missing = textsOf(schema['required']).filter((name) => !Object.hasOwn(value, name));
  const causes = missing.map((name) => required(dot(path, name)));
  if (typeof maxProperties === 'number' && Object.keys(value).length > maxProperties)
    causes.push(tooMany(path, Object.keys(value).length, maxProperties));
  for (const [name, member] of Object.entries(value)) {
    if (path === '' && TOP.has(name)) continue;
    const of = Object.hasOwn(properties, name) ? properties[name] : rest;
    if (isObject(of)) causes.push(...schemaCauses(member, of, dot(path, name)));
  }
  return causes;
}

function combinedCauses(value: Json, schema: Schema, path: string): readonly Cause[] {
  const fits = (one: Json): boolean => schemaCauses(value, objectOf(one), path).length === 0;
  const causes = listOf(schema['allOf']).flatMap((one) => schemaCauses(value, objectOf(one), path));
  const any = listOf(schema['anyOf']);
  if (any.length > 0 && !any.some(fits))
    causes.push(wrong(path, '', `${path} in body must validate at least one schema (anyOf)`));
  const one = listOf(schema['oneOf']);
  if (one.length > 0 && one.filter(fits).length !== 1)
    causes.push(wrong(path, '', `${path} in body must validate one and only one schema (oneOf)`));
  if (schema['not'] !== undefined && fits(schema['not']))
    causes.push(wrong(path, '', `${path} in body must not validate the schema (not)`));
  return causes;
}

/** What the schema refuses about the value, in the words of a real API server (kube-openapi validate). */
export function schemaCauses(value: Json, schema: Schema, path = ''): readonly Cause[] {
  const type = typeCause(value, schema, path);
  if (type !== undefined) return [type];
  if (value === null) return [];
  const causes = [...combinedCauses(value, schema, path)];
  const allowed = listOf(schema['enum']);
  if (allowed.length > 0 && !allowed.some((one) => same(one, value)))
    causes.push(unsupported(path, value, allowed));
  if (typeof value === 'string') causes.push(...textCauses(value, schema, path));
  if (typeof value === 'number') causes.push(...numberCauses(value, schema, path));
  if (isList(value)) causes.push(...listCauses(value, schema, path));
  if (isObject(value)) causes.push(...objectCauses(value, schema, path));
  return causes;
}

const TYPED: Readonly<Record<string, string>> = {
  integer: 'numeric (int or float)',
  number: 'numeric (int or float)',
  string: 'string',
  boolean: 'boolean',
  array: 'list',
  object: 'map',
};

/** Values of another type than the schema's, in the words of structured-merge-diff, which sees an apply before anything else does. */
export function typeFaults(value: Json, schema: Schema, path = ''): readonly string[] {
  const wanted = textOf(schema['type']);
  const cause = value === null ? undefined : typeCause(value, schema, path);
  if (cause !== undefined && wanted !== '')
    return [`.${path}: expected ${TYPED[wanted] ?? wanted}, got ${typeOf(value)}`];
  if (isList(value))
    return value.flatMap((item, n) => typeFaults(item, objectOf(schema['items']), `${path}[${n}]`));
  if (!isObject(value)) return [];
  const properties = objectOf(schema['properties']);
  const rest = schema['additionalProperties'];
  return Object.entries(value).flatMap(([name, member]) => {
    const of = Object.hasOwn(properties, name) ? properties[name] : rest;
    return isObject(of) && !(path === '' && TOP.has(name)) ? typeFaults(member, of, dot(path, name)) : [];
  });
}
