import { ApplianceSpec } from 'host-service/contract/appliance.ts';
import { makePlan, nextStep } from 'host-service/core/plan/make-plan.ts';
import type { Observed } from 'host-service/core/plan/observed.ts';
import type { Plan, Step } from 'host-service/core/plan/step.ts';
import { describe, expect, it } from 'vitest';
import { makeProduct } from '../fixtures/documents.ts';
import {
  componentsOf,
  CONFIRMED,
  decided,
  FAILED,
  FLUX,
  known,
  makeObserved,
  NO_FLUX,
  operation,
  planInput,
  runningOn,
  sourceOf,
  valuesKeysOf,
} from './plan-world.ts';

const product = makeProduct();
const one = known('1.0.0', {}, CONFIRMED);
const two = known('1.1.0');
const stepsOf = (plan: Plan): readonly Step[] => (plan.kind === 'steps' ? plan.steps : []);
const kinds = (plan: Plan): readonly string[] => stepsOf(plan).map(({ kind }) => kind);
const outstanding = (plan: Plan): readonly string[] =>
  stepsOf(plan)
    .filter(({ done }) => !done)
    .map(({ kind }) => kind);
const verb = (plan: Plan): string => (plan.kind === 'steps' ? plan.verb : plan.kind);
const code = (plan: Plan): string | undefined => (plan.kind === 'blocked' ? plan.problem.code : undefined);
const UPDATE = ['install-flux', 'write-settings', 'point-source', 'wait-components', 'confirm', 'prune'];

describe('the plan of an installation', () => {
  const observed = makeObserved({ known: [known('1.0.0')] });
  const fresh = known('1.0.0');
  const plan = makePlan(planInput({ observed, decision: decided(fresh, 'install') }));

  it('is all steps from an empty cluster', () => {
    expect(verb(plan)).toBe('install');
    expect(kinds(plan)).toEqual(UPDATE);
    expect(outstanding(plan)).toEqual(UPDATE.slice(0, -1));
    expect(nextStep(plan)).toMatchObject({ kind: 'install-flux', adopt: false });
    expect(plan).toMatchObject({ from: undefined, to: { version: '1.0.0' } });
  });

  it('writes both values keys, makes the namespaces and points to the bundle by digest', () => {
    const [, settings, point] = stepsOf(plan);
    expect(settings).toMatchObject({ namespaces: ['msp'], secrets: [] });
    expect(settings?.kind === 'write-settings' && [...settings.values.keys()]).toEqual([
      'web/web.single-node.1.0.0.yaml',
      'web/web.single-node.yaml',
    ]);
    expect(point).toMatchObject({
      url: 'oci://registry.example.com/vendor/config',
      digest: fresh.release.config.digest,
    });
  });

  it('waits for gated components first when the release has some', () => {
    const gate = { kind: 'Job', namespace: 'msp', tier: 'core', title: 'Migration' };
    const [web] = fresh.release.components;
    const gated = known('1.0.0', { components: [{ ...gate, name: 'migrate', gate: true }, web] });
    const withGate = makePlan(
      planInput({ observed: makeObserved({ known: [gated] }), decision: decided(gated, 'install') }),
    );
    expect(kinds(withGate).slice(2, 5)).toEqual(['point-source', 'migrate', 'wait-components']);
    expect(stepsOf(withGate)[3]).toMatchObject({ components: ['migrate'], done: false });
  });

  it('is nothing while nothing may run', () => {
    expect(makePlan(planInput({ observed, decision: decided(undefined, 'none') }))).toEqual({
      kind: 'nothing',
    });
  });

  it('is blocked when the release itself is not stored', () => {
    const plan = makePlan(planInput({ observed: makeObserved(), decision: decided(fresh, 'install') }));
    expect(code(plan)).toBe('release.incomplete');
  });
});

describe('what blocks a plan before its first write', () => {
  const install = (over: Partial<Observed>, rest = {}): Plan =>
    makePlan(
      planInput({
        observed: makeObserved({ known: [two], ...over }),
        decision: decided(two, 'install'),
        ...rest,
      }),
    );
  const settings = (values: Record<string, string>): Partial<Observed> => ({
    spec: ApplianceSpec.parse({ settings: values }),
  });
  const flux = (version: string | undefined, over = {}): Partial<Observed> => ({
    flux: { ...FLUX, version, ...over } as Observed['flux'],
  });

  it.each([
    ['a platform that is too old', { kubernetes: '1.32.9+k3s1' }, 'plan.kubernetes-too-old'],
    ['a platform whose version makes no sense', { kubernetes: 'unknown' }, 'plan.kubernetes-too-old'],
    ['another delivery engine that is too old', flux('2.4.0'), 'apply.flux-incompatible'],
    ['another delivery engine that is too new', flux('3.0.0'), 'apply.flux-incompatible'],
    ['our own delivery engine that is too new', flux('3.0.0', { ours: true }), 'apply.flux-incompatible'],
    ['B-46 a setting without answer', settings({}), 'plan.settings-missing'],
    ['B-46 an emptied setting', settings({ appUrl: '' }), 'plan.settings-missing'],
    ['an answer that cannot be used', settings({ appUrl: 'x' }), 'plan.settings-invalid'],
    [
      'a namespace that is being removed',
      { namespaces: { present: new Set(['msp']), terminating: new Set(['msp']) } },
      'apply.namespace-terminating',
    ],
  ])('%s', (_, over, wanted) => {
    expect(code(install(over))).toBe(wanted);
  });

  it.each([
    ['a platform that is new enough', { kubernetes: '1.33.0' }],
    ['a pre-release of the platform', { kubernetes: '1.34.0-rc.1+k3s1' }],
    ['a delivery engine that fits', flux('2.8.1')],
    ['a delivery engine that fits on an older platform', { ...flux('2.8.1'), kubernetes: '1.32.0' }],
    ['our own older delivery engine', flux('2.4.0', { ours: true })],
    ['a delivery engine without version that serves all', flux(undefined)],
    ['the leavings of half an installation', flux(undefined, { served: new Set(), ready: false })],
  ])('not %s', (_, over) => {
    expect(verb(install(over))).toBe('install');
  });

  it('values that the release gets wrong', () => {
    const wrong = known('1.1.0', { inject: [{ component: 'web', path: 'nope', literal: 1 }] });
    const plan = makePlan(
      planInput({ observed: makeObserved({ known: [wrong] }), decision: decided(wrong, 'install') }),
    );
    expect(code(plan)).toBe('plan.values-path-missing');
  });

  it('parts that the registry does not give, with its own reason', () => {
    const partsProblem = { code: 'registry.connect', detail: 'refused' } as const;
    expect(code(install({}, { parts: undefined, partsProblem }))).toBe('registry.connect');
    expect(code(install({}, { parts: undefined }))).toBe('release.incomplete');
    expect(verb(install({ flux: FLUX }, { parts: undefined, partsProblem }))).toBe('install');
  });
});

describe('the delivery engine', () => {
  const step = (flux: Observed['flux']): Step | undefined =>
    stepsOf(
      makePlan(
        planInput({ observed: makeObserved({ known: [two], flux }), decision: decided(two, 'install') }),
      ),
    )[0];

  it.each([
    ['is installed when there is none', NO_FLUX, { adopt: false, done: false }],
    ['is kept when it is the pinned one', FLUX, { adopt: false, done: true }],
    ['is waited for when it is not ready', { ...FLUX, ready: false }, { adopt: false, done: false }],
    ['is adopted when it fits', { ...FLUX, version: '2.8.2' }, { adopt: true, done: true }],
    [
      'is waited for when it fits and is not ready',
      { ...FLUX, version: '2.8.2', ready: false },
      { adopt: true, done: false },
    ],
    [
      'is completed when it is ours and the power was cut while it was installed',
      { ...FLUX, ours: true, controllers: new Set<string>() },
      { adopt: false, done: false },
    ],
    [
      'is left alone when it is ours and whole',
      { ...FLUX, ours: true, controllers: new Set(['source-controller', 'mine']) },
      { adopt: false, done: true },
    ],
    [
      'is left alone when its controllers run elsewhere',
      { ...FLUX, ours: false, controllers: new Set<string>() },
      { adopt: false, done: true },
    ],
    [
      'is replaced when it is our own older one',
      { ...FLUX, version: '2.8.2', ours: true },
      { adopt: false, done: false },
    ],
  ])('%s', (_, flux, wanted) => {
    expect(step(flux as Observed['flux'])).toMatchObject(wanted);
  });
});

describe('the plan of an update', () => {
  const observed = runningOn(one, [one, two], product);
  const update = (over: Partial<Observed> = {}, rest = {}): Plan =>
    makePlan(planInput({ observed: { ...observed, ...over }, decision: decided(two, 'update'), ...rest }));

  it('comes from what runs and leaves what is there', () => {
    const without = update({ valuesKeys: valuesKeysOf([one], product) });
    expect(verb(without)).toBe('update');
    expect(without).toMatchObject({ from: { version: '1.0.0' }, to: { version: '1.1.0' } });
    expect(outstanding(without)).toEqual(['write-settings', 'point-source', 'wait-components', 'confirm']);
  });

  it('writes only its own key before the source moves, so that what runs stays as it is', () => {
    const [, settings] = stepsOf(update({ valuesKeys: valuesKeysOf([one], product) }));
    expect(settings?.kind === 'write-settings' && [...settings.values.keys()]).toEqual([
      'web/web.single-node.1.1.0.yaml',
    ]);
  });

  it('counts the components of the release that runs for nothing', () => {
    expect(stepsOf(update())[3]).toMatchObject({
      kind: 'wait-components',
      outstanding: ['web'],
      done: false,
    });
  });

  it('is taken up where it stopped, with the verb it began with', () => {
    const open = operation('update', two, { from: one });
    const moved = { source: sourceOf(two, product), components: componentsOf(two, 'progressing') };
    const plan = update(
      { ...moved, valuesKeys: valuesKeysOf([one, two], product), operations: [open] },
      { open },
    );
    expect(verb(plan)).toBe('update');
    expect(plan).toMatchObject({ from: { version: '1.0.0' } });
    expect(outstanding(plan)).toEqual(['wait-components', 'confirm']);
  });

  it.each([
    ['the bundle is not fetched', { fetched: undefined }, 'ready'],
    ['another bundle is fetched', { fetched: one.release.config.digest }, 'ready'],
    ['the bundle is not applied', { applied: undefined }, 'ready'],
    ['a component is not ready', {}, 'progressing'],
    ['B-75 a component is missing', {}, 'missing'],
    ['a component failed', {}, 'failed'],
    ['a component cannot be seen', {}, 'unknown'],
  ] as const)('goes on waiting while %s', (_, source, state) => {
    const open = operation('update', two, { from: one });
    const plan = update(
      { source: { ...sourceOf(two, product), ...source }, components: componentsOf(two, state) },
      { open },
    );
    expect(outstanding(plan)).toContain('wait-components');
  });

  it('ends when all is done, and says so until its operation is closed', () => {
    const done = known('1.1.0', {}, { confirmedAt: '2026-11-21T11:59:00Z' });
    const open = operation('update', done, { from: one });
    const plan = makePlan(
      planInput({ observed: runningOn(done, [one, done], product), decision: decided(done, 'stay'), open }),
    );
    expect(verb(plan)).toBe('update');
    expect(outstanding(plan)).toEqual([]);
    expect(nextStep(plan)).toBeUndefined();
  });

  it('R-13 confirms again although the release was good before this operation', () => {
    const again = known('1.1.0', {}, { confirmedAt: '2026-11-01T00:00:00Z' });
    const open = operation('update', again, { from: one });
    const plan = makePlan(
      planInput({
        observed: runningOn(again, [one, again], product),
        decision: decided(again, 'stay'),
        open,
      }),
    );
    expect(outstanding(plan)).toEqual(['confirm']);
  });

  it('is one towards the new target when the target changed meanwhile', () => {
    const three = known('1.2.0');
    const open = operation('update', two, { from: one });
    const moved = runningOn(two, [one, two, three], product, { operations: [open] });
    const plan = makePlan(planInput({ observed: moved, decision: decided(three, 'update'), open }));
    expect(plan).toMatchObject({ verb: 'update', from: { version: '1.1.0' }, to: { version: '1.2.0' } });
  });

  it('is an installation as long as nothing was ever good here', () => {
    const bad = known('1.0.0', {}, FAILED);
    const plan = makePlan(
      planInput({ observed: runningOn(bad, [bad, two], product), decision: decided(two, 'update') }),
    );
    expect(verb(plan)).toBe('install');
  });
});
