import { ProblemAnswer } from 'host-service/contract/api/problem-answer.ts';
import type { Route } from 'host-service/contract/api/route.ts';
import { ROUTES } from 'host-service/contract/api/routes.ts';
import { ClaimRequest } from 'host-service/contract/api/session.ts';
import { LiveEvents } from 'host-service/contract/api/status.ts';
import type { Plugin } from 'vite';
import { z } from 'zod';

/** Name of the module -> its name inside, without the ending, so that nobody takes it for JSON. */
const MODULES: Readonly<Record<string, string>> = {
  'virtual:contract.json': '\0virtual:contract',
  'virtual:contract-more.json': '\0virtual:contract-more',
};
/** What the first screen asks and hears; the rest comes with the first question that needs it. */
const FIRST = /^(session|version|claim|login|status|event|problem)\b/;
/** All that `check.ts` can check. Anything else in a schema fails the build instead of being let through. */
const KNOWN = new Set([
  ...[
    'type',
    'properties',
    'required',
    'additionalProperties',
    'propertyNames',
    'items',
    'anyOf',
    'enum',
    'const',
  ],
  ...['pattern', 'minLength', 'maxLength', 'minItems', 'maxItems', 'minimum', 'maximum', 'default', '$ref'],
]);
/** Said already by what is beside them: a format by its pattern. */
const SILENT = new Set(['$schema', '$defs', 'format', 'description', 'id']);
/** Formats that come without a pattern: as much of them as a page needs to hold. */
const PATTERNS: Readonly<Record<string, string>> = { uri: '^[A-Za-z][A-Za-z0-9+.-]*:' };

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Keeps what is checked. @throws Error for a rule that the page could not hold */
function slimSchema(schema: Json): Json {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return schema;
  const kept: Record<string, Json> = {};
  const { format } = schema;
  if (format !== undefined && schema['pattern'] === undefined) {
    const pattern = typeof format === 'string' ? PATTERNS[format] : undefined;
    if (pattern === undefined) throw new Error(`a format without a pattern: ${JSON.stringify(format)}`);
    kept['pattern'] = pattern;
  }
  for (const [name, value] of Object.entries(schema)) {
    // Of a union that one member tells apart at most one can hold: any is one.
    const key = name === 'oneOf' ? 'anyOf' : name;
    if (SILENT.has(key)) continue;
    if (!KNOWN.has(key)) throw new Error(`the page cannot check ${key}`);
    if (typeof value === 'number' && Math.abs(value) === Number.MAX_SAFE_INTEGER) continue;
    kept[key] =
      key === 'properties'
        ? slimAll(value)
        : key === 'anyOf' && Array.isArray(value)
          ? value.map(slimSchema)
          : ['items', 'additionalProperties', 'propertyNames'].includes(key)
            ? slimSchema(value)
            : value;
  }
  return kept;
}

function slimAll(schemas: Json | undefined): { [key: string]: Json } {
  if (typeof schemas !== 'object' || schemas === null || Array.isArray(schemas)) return {};
  return Object.fromEntries(Object.entries(schemas).map(([key, value]) => [key, slimSchema(value)]));
}

/** Schemas by name: `<route>.<status>`, `event.<name>`, `problem`, and the rules of the claim form. */
function schemas(): Record<string, z.ZodType> {
  const answers = Object.entries(ROUTES).flatMap(([name, route]) =>
    Object.entries((route as Route).answers).flatMap(([status, schema]) =>
      typeof schema === 'string' ? [] : [[`${name}.${status}`, schema] as const],
    ),
  );
  const events = Object.entries(LiveEvents).map(([name, schema]) => [`event.${name}`, schema] as const);
  return {
    ...Object.fromEntries([...answers, ...events]),
    problem: ProblemAnswer,
    'claim.user': ClaimRequest.shape.user,
    'claim.password': ClaimRequest.shape.password,
  };
}

/** The contract as data: addresses of the routes, and the schemas of what comes back. */
export function compileContract(): { routes: Json } & Part {
  const whole = z.toJSONSchema(z.object(schemas()), { io: 'input', reused: 'ref' }) as {
    [key: string]: Json;
  };
  const routes = Object.entries(ROUTES).map(([name, route]: [string, Route]) => [
    name,
    { method: route.method, path: route.path, answers: Object.keys(route.answers).map(Number) },
  ]);
  return {
    routes: Object.fromEntries(routes) as Json,
    schemas: slimAll(whole['properties']),
    defs: slimAll(whole['$defs']),
  };
}

interface Part {
  readonly schemas: { [key: string]: Json };
  readonly defs: { [key: string]: Json };
}

/** Schemas whose names are wanted, and the definitions that they reach. */
function partOf({ schemas, defs }: Part, isWanted: (name: string) => boolean): Part {
  const own = Object.fromEntries(Object.entries(schemas).filter(([name]) => isWanted(name)));
  const reached: { [key: string]: Json } = {};
  const visit = (schema: Json): void => {
    for (const [, name = ''] of JSON.stringify(schema).matchAll(/#\/\$defs\/([^"]+)/g)) {
      const found = defs[name];
      if (found === undefined || Object.hasOwn(reached, name)) continue;
      reached[name] = found;
      visit(found);
    }
  };
  visit(own);
  return { schemas: own, defs: reached };
}

const textOf = (value: unknown): string => `JSON.parse(${JSON.stringify(JSON.stringify(value))})`;

/**
 * Serves `virtual:contract.json` and what the first screen does not need as `virtual:contract-more.json`. The schemas are compiled while
 * building, so that the library that reads them is not shipped.
 */
export function contract(): Plugin {
  return {
    name: 'contract',
    resolveId: (id) => MODULES[id],
    load: (id) => {
      const isFirst = id === MODULES['virtual:contract.json'];
      if (!isFirst && id !== MODULES['virtual:contract-more.json']) return undefined;
      const { routes, ...all } = compileContract();
      const part = partOf(all, (name) => FIRST.test(name) === isFirst);
      return isFirst
        ? `export const { routes, schemas, defs } = ${textOf({ routes, ...part })};`
        : `export const { schemas, defs } = ${textOf(part)};`;
    },
  };
}
