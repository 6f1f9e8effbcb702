import { canonical, isRecord, listOf, recordOf, type Json } from '../json.ts';

/** Whose word counts where two schemas cannot both be had: that of the served one, or (in a roll to a newer build) the new one. */
export type Precedence = 'served' | 'wanted';

/** The looser of two numbers by keyword: a bound may be widened, never narrowed. */
const LOOSER: Readonly<Record<string, (a: number, b: number) => number>> = {
  maxLength: Math.max,
  maxItems: Math.max,
  maxProperties: Math.max,
  maximum: Math.max,
  minLength: Math.min,
  minItems: Math.min,
  minProperties: Math.min,
  minimum: Math.min,
};

/**
 * A definition of one of our kinds that allows all that the served one allows and all that the wanted one does: definitions grow and are never
 * lowered (design §5), so the program before this one and the one after can both read and write. Answers `served` itself when it has
 * all of it already. Pure.
 */
export function grownDefinition(served: Json, wanted: Json, precedence: Precedence): Json {
  const spec = grownSpec(recordOf(served['spec']), recordOf(wanted['spec']), precedence);
  return canonical(spec) === canonical(served['spec']) ? served : { ...served, spec };
}

function grownSpec(served: Json, wanted: Json, precedence: Precedence): Json {
  const versions = listOf(served['versions']).map((version) => {
    const match = listOf(wanted['versions']).find((other) => nameOf(other) === nameOf(version));
    return match === undefined ? version : grownVersion(recordOf(version), recordOf(match), precedence);
  });
  const known = new Set(versions.map(nameOf));
  // A version that is not served yet comes in without becoming the one that is stored: the program before could not read it.
  const fresh = listOf(wanted['versions'])
    .filter((version) => !known.has(nameOf(version)))
    .map((version) => ({ ...recordOf(version), storage: false }));
  return { ...served, versions: [...versions, ...fresh] };
}

function grownVersion(served: Json, wanted: Json, precedence: Precedence): Json {
  const columns = precedence === 'wanted' ? wanted['additionalPrinterColumns'] : undefined;
  return {
    ...served,
    ...(columns === undefined ? {} : { additionalPrinterColumns: columns }),
    schema: {
      ...recordOf(served['schema']),
      openAPIV3Schema: grown(
        recordOf(recordOf(served['schema'])['openAPIV3Schema']),
        recordOf(recordOf(wanted['schema'])['openAPIV3Schema']),
        precedence,
      ),
    },
  };
}

/** Two schemas of one place. */
function grown(served: Json, wanted: Json, precedence: Precedence): Json {
  const result: Record<string, unknown> = { ...served };
  for (const key of new Set([...Object.keys(served), ...Object.keys(wanted)])) {
    const value = grownMember(key, served[key], wanted[key], precedence);
    if (value === undefined) Reflect.deleteProperty(result, key);
    else result[key] = value;
  }
  return result;
}

function grownMember(key: string, served: unknown, wanted: unknown, precedence: Precedence): unknown {
  if (key === 'properties') return grownProperties(recordOf(served), recordOf(wanted), precedence);
  // A bound or a demand that only one of them makes is none.
  if (key === 'required') return common(served, wanted);
  if (key === 'enum') return all(served, wanted);
  const looser = Object.hasOwn(LOOSER, key) ? LOOSER[key] : undefined;
  if (looser !== undefined)
    return typeof served === 'number' && typeof wanted === 'number' ? looser(served, wanted) : undefined;
  if (key === 'pattern' && (served === undefined || wanted === undefined)) return undefined;
  if (served === undefined) return wanted;
  if (wanted === undefined) return served;
  if ((key === 'items' || key === 'additionalProperties') && isRecord(served) && isRecord(wanted))
    return grown(served, wanted, precedence);
  return precedence === 'wanted' ? wanted : served;
}

function grownProperties(served: Json, wanted: Json, precedence: Precedence): Json | undefined {
  const names = [...new Set([...Object.keys(served), ...Object.keys(wanted)])];
  if (names.length === 0) return undefined;
  return Object.fromEntries(
    names.map((name) => {
      const [before, after] = [served[name], wanted[name]];
      return [
        name,
        isRecord(before) && isRecord(after) ? grown(before, after, precedence) : (before ?? after),
      ];
    }),
  );
}

function common(served: unknown, wanted: unknown): readonly unknown[] | undefined {
  const others = new Set(listOf(wanted));
  const both = listOf(served).filter((name) => others.has(name));
  return both.length === 0 ? undefined : both;
}

function all(served: unknown, wanted: unknown): readonly unknown[] | undefined {
  if (served === undefined || wanted === undefined) return undefined;
  return [...new Set([...listOf(served), ...listOf(wanted)])];
}

const nameOf = (version: unknown): unknown => recordOf(version)['name'];
