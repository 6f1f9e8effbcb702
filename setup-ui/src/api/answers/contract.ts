import { defs, routes, schemas } from 'virtual:contract.json';
import type { RouteName } from 'host-service/contract/api/routes.ts';
import { createCheck, type Checked } from './check.ts';

interface Part {
  readonly schemas: Readonly<Record<string, object>>;
  readonly check: ReturnType<typeof createCheck>;
}

const first: Part = { schemas, check: createCheck(defs) };
let rest: Part | undefined;

/** Fetches the schemas that the first screen does not need. @throws Error when the page's own files cannot be had */
export async function loadRest(): Promise<void> {
  if (rest !== undefined) return;
  const more = await import('virtual:contract-more.json');
  rest = { schemas: more.schemas, check: createCheck(more.defs) };
}

/** Method and path of a route, and the answers that have JSON. */
export interface PageRoute {
  readonly method: string;
  readonly path: string;
  readonly answers: readonly number[];
}

/** A route of the contract. @throws Error when the build has lost it */
export function routeOf(name: RouteName): PageRoute {
  const route = routes[name];
  if (route === undefined) throw new Error(`no route ${name}`);
  return route;
}

/** Whether a schema is one of those that come later. */
export const isLater = (name: string): boolean => first.schemas[name] === undefined && rest === undefined;

/** Checks a value by the schema of that name; undefined = there is none, or it has not been fetched ({@link isLater}). */
export function checkAs(name: string, value: unknown): Checked | undefined {
  for (const part of [first, rest]) {
    const schema = part?.schemas[name];
    if (part !== undefined && schema !== undefined) return part.check(schema, value);
  }
  return undefined;
}
