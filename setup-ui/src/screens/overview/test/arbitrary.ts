import fc from 'fast-check';
import { z } from 'zod';

type Schema = Readonly<Record<string, unknown>>;

/** Values that a schema of the contract accepts: every member there or not, every choice, lists up to three. */
export function arbitraryOf<T extends z.ZodType>(schema: T): fc.Arbitrary<z.output<T>> {
  const json = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }) as Schema;
  return valueOf(json).filter((value) => schema.safeParse(value).success) as fc.Arbitrary<z.output<T>>;
}

function valueOf(schema: Schema): fc.Arbitrary<unknown> {
  if (Array.isArray(schema['enum'])) return fc.constantFrom<unknown>(...(schema['enum'] as unknown[]));
  if ('const' in schema) return fc.constant(schema['const']);
  if (Array.isArray(schema['anyOf'])) return fc.oneof(...(schema['anyOf'] as Schema[]).map(valueOf));
  switch (schema['type']) {
    case 'object':
      return objectOf(schema);
    case 'array': {
      const { minItems = 0 } = schema as { minItems?: number };
      return fc.array(valueOf((schema['items'] ?? {}) as Schema), { minLength: minItems, maxLength: 3 });
    }
    case 'string':
      return textOf(schema);
    case 'integer':
    case 'number':
      return integerOf(schema);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.constantFrom<unknown>('x', 1, true);
  }
}

function objectOf(schema: Schema): fc.Arbitrary<unknown> {
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
  const keys = Object.entries(properties).map(([key, member]) => [key, valueOf(member)] as const);
  if (keys.length > 0) {
    const requiredKeys = (schema['required'] ?? []) as string[];
    return fc.record(Object.fromEntries(keys), { requiredKeys, noNullPrototype: true });
  }
  const names = (schema['propertyNames'] as Schema | undefined)?.['enum'] as string[] | undefined;
  const key =
    names === undefined ? fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,6}$/) : fc.constantFrom(...names);
  const value = valueOf((schema['additionalProperties'] ?? {}) as Schema);
  return fc.dictionary(key, value, { maxKeys: 3, noNullPrototype: true });
}

function integerOf(schema: Schema): fc.Arbitrary<number> {
  const { minimum = -1e6, maximum = 1e12 } = schema as { minimum?: number; maximum?: number };
  return fc.integer({ min: Math.max(minimum, -1e6), max: Math.min(maximum, 1e12) });
}

/** Few digests and versions, so that the same release turns up in several places. */
const DIGESTS = ['a', 'b', 'c', 'd'].map((letter) => `sha256:${letter.repeat(64)}`);
const VERSIONS = ['0.9.0', '1.0.0', '1.1.0', '2.0.0-rc.1', `10.0.0-${'long'.repeat(10)}`];
const MOMENTS = { min: new Date('2026-01-01T00:00:00Z'), max: new Date('2027-01-01T00:00:00Z') };

function textOf(schema: Schema): fc.Arbitrary<string> {
  const {
    pattern = '',
    maxLength = 40,
    minLength = 0,
  } = schema as {
    pattern?: string;
    maxLength?: number;
    minLength?: number;
  };
  if (schema['format'] === 'date-time')
    return fc.date({ ...MOMENTS, noInvalidDate: true }).map((date) => date.toISOString());
  if (pattern.startsWith('^sha256:')) return fc.constantFrom(...DIGESTS);
  if (pattern.startsWith('^(0|[1-9]')) return fc.constantFrom(...VERSIONS);
  if (pattern.startsWith('^[^')) return lineOf(new RegExp(pattern), Math.min(maxLength, 60));
  if (pattern.includes('(?')) return fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,8}$/);
  if (pattern !== '') return fc.constantFrom('stable', 'nightly', 'web', 'a0');
  return fc.string({ minLength, maxLength: Math.min(maxLength, 60) });
}

const lineOf = (pattern: RegExp, maxLength: number): fc.Arbitrary<string> =>
  fc
    .oneof(
      fc.string({ unit: 'grapheme', maxLength }),
      fc.constantFrom('', '<script>alert(1)</script>', 'Ünïcödé'.repeat(6), '{x, plural, other {#}}', 'שלום'),
    )
    .filter((text) => pattern.test(text) && text.length <= maxLength);
