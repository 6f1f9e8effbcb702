/** The part of JSON Schema that `contract-plugin.ts` makes; it refuses to build anything beyond. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null';
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
}

/** Thrown inside; the place in the value where it departs from the schema. */
class Mismatch extends Error {
  readonly path: string;
  constructor(path: string, rule: string) {
    super(`${path === '' ? 'it' : path} breaks ${rule}`);
    this.path = path;
  }
}

export type Checked =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string };

const patterns = new Map<string, RegExp>();
function patternOf(source: string): RegExp {
  const known = patterns.get(source) ?? new RegExp(source);
  patterns.set(source, known);
  return known;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function hasType(type: Schema['type'], value: unknown): boolean {
  switch (type) {
    case undefined:
      return true;
    case 'object':
      return isObject(value);
    case 'array':
      return Array.isArray(value);
    case 'null':
      return value === null;
    case 'integer':
      return Number.isSafeInteger(value);
    case 'number':
      return Number.isFinite(value);
    default:
      return typeof value === type;
  }
}

function need(isHeld: boolean, path: string, rule: string): void {
  if (!isHeld) throw new Mismatch(path, rule);
}

function checkScalar(schema: Schema, value: unknown, path: string): void {
  need(hasType(schema.type, value), path, `type ${schema.type ?? ''}`);
  need(schema.enum?.includes(value) ?? true, path, 'enum');
  need(!('const' in schema) || schema.const === value, path, 'const');
  if (typeof value === 'string') {
    need(value.length >= (schema.minLength ?? 0), path, 'minLength');
    need(value.length <= (schema.maxLength ?? Infinity), path, 'maxLength');
    need(schema.pattern === undefined || patternOf(schema.pattern).test(value), path, 'pattern');
  } else if (typeof value === 'number') {
    need(value >= (schema.minimum ?? -Infinity), path, 'minimum');
    need(value <= (schema.maximum ?? Infinity), path, 'maximum');
  }
}

/** Walks a value and its schema together. Answers are copied where a default is filled in, never changed. */
class Walk {
  readonly #defs: Readonly<Record<string, Schema>>;

  constructor(defs: Readonly<Record<string, Schema>>) {
    this.#defs = defs;
  }

  value(schema: Schema, value: unknown, path: string): unknown {
    if (schema.$ref !== undefined) {
      const found = this.#defs[schema.$ref.replace('#/$defs/', '')];
      if (found === undefined) throw new Error(`no definition ${schema.$ref}`);
      return this.value(found, value, path);
    }
    if (schema.anyOf !== undefined) return this.#either(schema.anyOf, value, path);
    checkScalar(schema, value, path);
    if (Array.isArray(value)) return this.#list(schema, value, path);
    return isObject(value) ? this.#object(schema, value, path) : value;
  }

  #either(schemas: readonly Schema[], value: unknown, path: string): unknown {
    for (const each of schemas) {
      try {
        return this.value(each, value, path);
      } catch (error) {
        if (!(error instanceof Mismatch)) throw error;
      }
    }
    throw new Mismatch(path, 'anyOf');
  }

  #list(schema: Schema, value: readonly unknown[], path: string): readonly unknown[] {
    need(value.length >= (schema.minItems ?? 0), path, 'minItems');
    need(value.length <= (schema.maxItems ?? Infinity), path, 'maxItems');
    const { items } = schema;
    return items === undefined
      ? value
      : value.map((each, index) => this.value(items, each, `${path}.${index}`));
  }

  #object(schema: Schema, value: Record<string, unknown>, path: string): Record<string, unknown> {
    const out: Record<string, unknown> = {};
    for (const key of schema.required ?? []) need(Object.hasOwn(value, key), `${path}.${key}`, 'required');
    for (const [key, each] of Object.entries(value)) {
      if (each !== undefined && key !== '__proto__')
        out[key] = this.#member(schema, key, each, `${path}.${key}`);
    }
    for (const [key, own] of Object.entries(schema.properties ?? {})) {
      if (!Object.hasOwn(out, key) && own.default !== undefined) out[key] = structuredClone(own.default);
    }
    return out;
  }

  #member(schema: Schema, key: string, value: unknown, path: string): unknown {
    const isKnown = schema.properties !== undefined && Object.hasOwn(schema.properties, key);
    const own = isKnown ? schema.properties[key] : schema.additionalProperties;
    if (schema.propertyNames !== undefined) this.value(schema.propertyNames, key, path);
    need(own !== false, path, 'additionalProperties');
    return typeof own === 'object' ? this.value(own, value, path) : value;
  }
}

/** Makes a check over shared definitions. */
export function createCheck(
  defs: Readonly<Record<string, Schema>>,
): (schema: Schema, value: unknown) => Checked {
  const walk = new Walk(defs);
  return (schema, value) => {
    try {
      return { ok: true, value: walk.value(schema, value, '') };
    } catch (error) {
      if (error instanceof Mismatch) return { ok: false, reason: error.message };
      throw error;
    }
  };
}
