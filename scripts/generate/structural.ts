import { z } from 'zod';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** A Kubernetes structural schema (apiextensions v1): JSON schema without references, unions and closed objects. */
export interface Structural {
  type?: string;
  description?: string;
  format?: string;
  pattern?: string;
  enum?: readonly unknown[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  nullable?: boolean;
  required?: readonly string[];
  properties?: Record<string, Structural>;
  additionalProperties?: Structural;
  items?: Structural;
  'x-kubernetes-preserve-unknown-fields'?: true;
  'x-kubernetes-int-or-string'?: true;
}

/**
 * The structural schema of what may be stored. Kubernetes prunes what a schema does not name, so loose objects say that unknown
 * fields stay. Defaults are left out: they are the reader's, and writing them into objects would look like somebody's wish.
 */
export function structuralOf(schema: z.ZodType): Structural {
  return convert(z.toJSONSchema(schema, { io: 'input', reused: 'inline' }));
}

const asSchema = (schema: JsonSchema | boolean): JsonSchema => (typeof schema === 'boolean' ? {} : schema);

function convert(schema: JsonSchema): Structural {
  if (schema.$ref !== undefined)
    throw new Error(`a reference cannot stand in a structural schema: ${schema.$ref}`);
  if (schema.anyOf !== undefined) return union(schema.anyOf.map(asSchema));
  if (schema.const !== undefined) return { type: typeof schema.const, enum: [schema.const] };
  const type: unknown = schema.type;
  // `nullable()` of a plain type is written as a list of two.
  if (isTypes(type)) return union(type.map((one) => ({ ...schema, type: one })));
  switch (schema.type) {
    case 'object':
      return objectOf(schema);
    case 'array':
      return {
        type: 'array',
        items: itemsOf(schema),
        ...numbers(schema, ['minItems', 'maxItems']),
      };
    case 'string':
      return stringOf(schema);
    case 'integer':
      return { type: 'integer', format: 'int64', ...numbers(schema, ['minimum', 'maximum']) };
    case 'number':
      return { type: 'number', ...numbers(schema, ['minimum', 'maximum']) };
    case 'boolean':
      return { type: 'boolean' };
    default:
      return { 'x-kubernetes-preserve-unknown-fields': true };
  }
}

type TypeName = Exclude<JsonSchema['type'], undefined | unknown[]>;
const isTypes = (type: unknown): type is readonly TypeName[] => Array.isArray(type);

function itemsOf(schema: JsonSchema): Structural {
  if (schema.items === undefined || Array.isArray(schema.items))
    throw new Error('an array needs one item schema');
  return convert(asSchema(schema.items));
}

type Bound = 'minimum' | 'maximum' | 'minLength' | 'maxLength' | 'minItems' | 'maxItems';

/** Bounds that say something: the range of safe integers is that of the language and says nothing. */
function numbers(schema: JsonSchema, names: readonly Bound[]): Partial<Record<Bound, number>> {
  return Object.fromEntries(
    names
      .map((name) => [name, schema[name]] as const)
      .filter(([, value]) => typeof value === 'number' && Math.abs(value) !== Number.MAX_SAFE_INTEGER),
  );
}

/** A union has no type of its own in a structural schema; what it may hold is checked by the reader. */
function union(members: readonly JsonSchema[]): Structural {
  const rest = members.filter((member) => member.type !== 'null');
  const [only] = rest;
  if (rest.length === 1 && only !== undefined) return { ...convert(only), nullable: true };
  const types = new Set(rest.map((member) => member.type));
  if (types.size === 2 && types.has('integer') && types.has('string'))
    return { 'x-kubernetes-int-or-string': true };
  return { 'x-kubernetes-preserve-unknown-fields': true };
}

function objectOf(schema: JsonSchema): Structural {
  const more = schema.additionalProperties;
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0 && typeof more === 'object' && Object.keys(more).length > 0)
    return { type: 'object', additionalProperties: convert(more) };
  // zod writes `false` for strict objects, nothing for plain ones, and `{}` for loose ones.
  const loose = more !== undefined && more !== false;
  return {
    type: 'object',
    ...(loose ? { 'x-kubernetes-preserve-unknown-fields': true as const } : {}),
    ...(schema.required === undefined || schema.required.length === 0 ? {} : { required: schema.required }),
    properties: Object.fromEntries(properties.map(([name, member]) => [name, convert(asSchema(member))])),
  };
}

function stringOf(schema: JsonSchema): Structural {
  const bounds = numbers(schema, ['minLength', 'maxLength']);
  if (schema.enum !== undefined) return { type: 'string', ...enumOf(schema.enum) };
  if (schema.format === 'date-time') return { type: 'string', format: 'date-time', ...bounds };
  const pattern = schema.pattern === undefined ? undefined : re2(schema.pattern);
  return {
    type: 'string',
    ...(schema.format === 'uri' ? { format: 'uri' } : {}),
    ...(pattern === undefined ? {} : { pattern }),
    ...bounds,
  };
}

/** Longer lists are tables that grow with each version (problem codes): only their form is held, so that a newer writer is not refused. */
const LONGEST_ENUM = 32;

function enumOf(values: readonly unknown[]): Structural {
  if (values.length <= LONGEST_ENUM) return { enum: values };
  const form = /^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$/;
  if (!values.every((value) => typeof value === 'string' && form.test(value)))
    throw new Error('a long enumeration that is not a table of codes');
  return { pattern: form.source, maxLength: 64 };
}

/** The API server's expressions are RE2: other escapes, and nothing that looks ahead or back. undefined = cannot be said. */
function re2(pattern: string): string | undefined {
  if (/\(\?[=!<]/.test(pattern)) return undefined;
  return pattern.replace(/\\u([0-9a-f]{4})/gi, '\\x{$1}').replaceAll('\\/', '/');
}
