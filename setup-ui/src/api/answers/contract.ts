import { defs, routes, schemas } from 'virtual:contract.json';
import type { RouteName } from 'host-service/contract/api/routes.ts';
import { createCheck, type Checked } from './check.ts';

const check = createCheck(defs);

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

/** Checks a value by the schema of that name; undefined = the contract has none. */
export function checkAs(name: string, value: unknown): Checked | undefined {
  const schema = schemas[name];
  return schema === undefined ? undefined : check(schema, value);
}
