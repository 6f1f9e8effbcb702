import fc from 'fast-check';
import { ChecksView } from 'host-service/contract/api/checks.ts';
import { IntentPreview } from 'host-service/contract/api/intent.ts';
import { OperationDetail } from 'host-service/contract/api/operations.ts';
import { ReleasesView } from 'host-service/contract/api/releases.ts';
import type { Route } from 'host-service/contract/api/route.ts';
import { ROUTES, type RouteName } from 'host-service/contract/api/routes.ts';
import { SessionView, UserName } from 'host-service/contract/api/session.ts';
import { SetupView } from 'host-service/contract/api/setup.ts';
import { StatusView } from 'host-service/contract/api/status.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { session } from '../../gallery/states/base.ts';
import { STATES } from '../../gallery/states/all.ts';
import { checkAs, loadRest, routeOf } from './contract.ts';

interface Pair {
  readonly name: string;
  readonly schema: z.ZodType;
  readonly value: unknown;
}

const pairs: readonly Pair[] = STATES.flatMap((state) => [
  { name: 'session.200', schema: SessionView, value: state.session ?? session() },
  ...(state.view === undefined
    ? []
    : [
        { name: 'status.200', schema: StatusView, value: state.view },
        { name: 'event.snapshot', schema: StatusView, value: state.view },
      ]),
  { name: 'releases.200', schema: ReleasesView, value: { releases: state.releases ?? [] } },
  ...(state.setup === undefined ? [] : [{ name: 'setup.200', schema: SetupView, value: state.setup }]),
  ...(state.checks === undefined ? [] : [{ name: 'checks.200', schema: ChecksView, value: state.checks }]),
  ...(state.preview === undefined
    ? []
    : [{ name: 'approveSetup.200', schema: IntentPreview, value: state.preview }]),
  ...(state.details ?? []).map((value) => ({ name: 'operation.200', schema: OperationDetail, value })),
]);

/** Paths of all members and elements of a JSON value. */
function pathsOf(value: unknown, path: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => {
    const here = [...path, Array.isArray(value) ? Number(key) : key];
    return [here, ...pathsOf(each, here)];
  });
}

/** A copy with one place taken out or replaced. */
function damaged(value: unknown, path: readonly (string | number)[], by: unknown): unknown {
  const copy = structuredClone(value) as Record<string | number, unknown>;
  let at = copy;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  const last = path.at(-1) ?? '';
  if (by === undefined && !Array.isArray(at)) Reflect.deleteProperty(at, last);
  else at[last] = by ?? null;
  return copy;
}

describe('answers of the box', () => {
  beforeAll(() => loadRest());

  it('are taken and filled in exactly as the contract does, for every state of the gallery', () => {
    for (const { name, schema, value } of pairs) {
      expect(checkAs(name, value), name).toEqual({ ok: true, value: schema.parse(value) });
    }
    expect(pairs.length).toBeGreaterThan(100);
  });

  it('are refused exactly where the contract refuses them', () => {
    const replacement = fc.oneof(
      fc.constantFrom(undefined, null, '', 'x', -1, 1.5, true, [], {}, { x: 1 }, '\u0007', 'y'.repeat(600)),
      fc.string(),
      fc.integer(),
    );
    const someone = fc.constantFrom(...pairs).chain((pair) =>
      fc.record({
        pair: fc.constant(pair),
        path: fc.constantFrom(...pathsOf(pair.value)),
        by: replacement,
      }),
    );
    fc.assert(
      fc.property(someone, ({ pair, path, by }) => {
        const value = damaged(pair.value, path, by);
        const ours = checkAs(pair.name, value);
        const theirs = pair.schema.safeParse(value);
        expect(ours?.ok, `${pair.name} ${path.join('.')}`).toBe(theirs.success);
      }),
      { numRuns: 1_500 },
    );
  }, 60_000);

  it('cannot reach into prototypes', () => {
    const value: unknown = JSON.parse(
      '{"__proto__": {"user": "x"}, "claimed": true, "branding": {"name": "a", "vendor": "b"}, "build": "c"}',
    );
    const checked = checkAs('session.200', value);
    expect(checked).toMatchObject({ ok: true });
    expect(checked?.ok === true && (checked.value as { user?: string }).user).toBeUndefined();
  });

  it('have the addresses of the contract', () => {
    for (const [name, route] of Object.entries(ROUTES) as [RouteName, Route][]) {
      expect(routeOf(name)).toEqual({
        method: route.method,
        path: route.path,
        answers: Object.keys(route.answers).map(Number),
      });
    }
  });

  it('know the rules for user names', () => {
    for (const name of ['admin', 'Admin', 'a.b-c_d', '1a', '', 'a'.repeat(33)])
      expect(checkAs('claim.user', name)?.ok, name).toBe(UserName.safeParse(name).success);
  });
});
