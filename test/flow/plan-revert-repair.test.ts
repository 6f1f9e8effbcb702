import { ApplianceSpec } from 'host-service/contract/appliance.ts';
import { CONTROL_PLANE_NAMESPACE } from 'host-service/contract/names.ts';
import { makePlan } from 'host-service/core/plan/make-plan.ts';
import type { Observed } from 'host-service/core/plan/observed.ts';
import type { Plan, Step } from 'host-service/core/plan/step.ts';
import { describe, expect, it } from 'vitest';
import { makeProduct } from '../fixtures/documents.ts';
import {
  componentsOf,
  CONFIRMED,
  decided,
  FAILED,
  known,
  NO_FLUX,
  operation,
  planInput,
  runningOn,
  sourceOf,
  valuesKeysOf,
} from './plan-world.ts';

const product = makeProduct();
const good = known('1.0.0', {}, CONFIRMED);
const bad = known('1.1.0', {}, FAILED);
const stepsOf = (plan: Plan): readonly Step[] => (plan.kind === 'steps' ? plan.steps : []);
const outstanding = (plan: Plan): readonly string[] =>
  stepsOf(plan)
    .filter(({ done }) => !done)
    .map(({ kind }) => kind);
const verb = (plan: Plan): string => (plan.kind === 'steps' ? plan.verb : plan.kind);

describe('the way back', () => {
  const observed = runningOn(bad, [good, bad], product, { components: componentsOf(bad, 'failed') });
  const back = (over: Partial<Observed> = {}, rest = {}): Plan =>
    makePlan(planInput({ observed: { ...observed, ...over }, decision: decided(good, 'revert'), ...rest }));

  it('R-11 points back at the release that was good, waits for it and confirms it', () => {
    const plan = back();
    expect(plan).toMatchObject({ verb: 'revert', from: { version: '1.1.0' }, to: { version: '1.0.0' } });
    expect(outstanding(plan)).toEqual(['revert', 'wait-components', 'confirm']);
    expect(stepsOf(plan)[1]).toMatchObject({ failed: bad.digest, digest: good.release.config.digest });
  });

  it('needs no registry, no parts and no delivery engine that is ready', () => {
    const partsProblem = { code: 'registry.connect', detail: 'refused' } as const;
    expect(verb(back({ flux: NO_FLUX, kubernetes: '1.20.0' }, { parts: undefined, partsProblem }))).toBe(
      'revert',
    );
  });

  it('is not stopped by settings that became unusable, when its values are there', () => {
    const spec = ApplianceSpec.parse({ settings: {} });
    expect(verb(back({ spec }))).toBe('revert');
    expect(verb(back({ spec, valuesKeys: new Map() }))).toBe('blocked');
  });

  it('B-46 takes along settings that changed since that release ran', () => {
    const spec = ApplianceSpec.parse({ settings: { appUrl: 'https://new.example.com' } });
    const plan = back({ spec });
    expect(outstanding(plan)[0]).toBe('write-settings');
    const [settings] = stepsOf(plan);
    expect(settings?.kind === 'write-settings' && [...settings.values.keys()]).toEqual([
      'web/web.single-node.1.0.0.yaml',
    ]);
  });

  it('still knows what failed after the source has moved', () => {
    const open = operation('revert', good, { from: bad });
    const stale = new Map([...observed.valuesKeys, ['web/web.single-node.yaml', 'sha256:of the failed one']]);
    const plan = back(
      {
        source: sourceOf(good, product),
        components: componentsOf(good, 'progressing'),
        valuesKeys: stale,
      },
      { open },
    );
    expect(stepsOf(plan)[1]).toMatchObject({ kind: 'revert', failed: bad.digest, done: true });
    expect(outstanding(plan)).toEqual(['write-settings', 'wait-components', 'confirm']);
  });
});

describe('a box on which all is as it should be', () => {
  const observed = runningOn(good, [good], product);
  const stay = (over: Partial<Observed> = {}, rest = {}): Plan =>
    makePlan(planInput({ observed: { ...observed, ...over }, decision: decided(good, 'stay'), ...rest }));

  it.each([
    ['with all parts at hand', {}, {}],
    ['with the registry away', {}, { parts: undefined }],
    ['with the delivery engine restarting', { flux: { ...observed.flux, ready: false } }, {}],
    ['with a component that is unhealthy just now', { components: componentsOf(good, 'failed') }, {}],
    [
      'with a source that cannot be fetched just now',
      { source: { ...sourceOf(good, product), fetched: undefined } },
      {},
    ],
    [
      'with a source that a person has paused',
      {
        source: {
          ...sourceOf(good, product),
          kustomization: { ...sourceOf(good, product).kustomization!, suspended: true },
        },
      },
      {},
    ],
    [
      'with foreign values keys',
      { valuesKeys: new Map([...observed.valuesKeys, ['web/other.yaml', 'sha256:x']]) },
      {},
    ],
  ])('needs nothing, %s', (_, over, rest) => {
    expect(verb(stay(over as Partial<Observed>, rest))).toBe('nothing');
  });

  const source = sourceOf(good, product);
  it.each([
    [
      'a setting changed',
      { spec: ApplianceSpec.parse({ settings: { appUrl: 'https://new.example.com' } }) },
      'write-settings',
    ],
    [
      'somebody changed a value',
      { valuesKeys: new Map([...observed.valuesKeys, ['web/web.single-node.1.0.0.yaml', 'sha256:x']]) },
      'write-settings',
    ],
    [
      'the key of old tools is stale',
      { valuesKeys: new Map([...observed.valuesKeys, ['web/web.single-node.yaml', 'sha256:x']]) },
      'write-settings',
    ],
    [
      'a namespace is gone',
      { namespaces: { present: new Set<string>(), terminating: new Set<string>() } },
      'write-settings',
    ],
    ['the root Kustomization is gone', { source: { ...source, kustomization: undefined } }, 'point-source'],
    [
      'somebody changed the bundle',
      { source: { ...source, digest: bad.release.config.digest } },
      'point-source',
    ],
    [
      'the registry host changed',
      { source: { ...source, url: 'oci://other.example.com/vendor/config' } },
      'point-source',
    ],
    [
      'somebody changed a variable',
      { source: { ...source, kustomization: { path: './base', substitute: {}, suspended: false } } },
      'point-source',
    ],
    [
      'somebody changed the path',
      { source: { ...source, kustomization: { ...source.kustomization!, path: './other' } } },
      'point-source',
    ],
    ['the delivery engine is gone', { flux: NO_FLUX }, 'install-flux'],
    [
      'a part of it is gone',
      { flux: { ...observed.flux, ours: true, controllers: new Set<string>() } },
      'install-flux',
    ],
  ])('is repaired when %s, and nothing else is done', (_, over, kind) => {
    const plan = stay(over);
    expect(verb(plan)).toBe('repair');
    expect(outstanding(plan)).toEqual([kind]);
  });

  it('is blocked, not reset, when a needed setting vanished (B-46)', () => {
    const plan = stay({ spec: ApplianceSpec.parse({ settings: {} }) });
    expect(plan).toMatchObject({
      kind: 'blocked',
      problem: { code: 'plan.settings-missing', subject: 'appUrl' },
    });
  });

  it('passes its gate first when it was never confirmed', () => {
    const fresh = known('1.0.0');
    const other = known('0.9.0', {}, CONFIRMED);
    const plan = makePlan(
      planInput({ observed: runningOn(fresh, [fresh, other], product), decision: decided(fresh, 'stay') }),
    );
    expect(verb(plan)).toBe('repair');
    expect(outstanding(plan)).toEqual(['confirm']);
  });

  it('is left alone when it failed and there is no way back', () => {
    const plan = makePlan(
      planInput({ observed: runningOn(bad, [bad], product), decision: decided(bad, 'stay') }),
    );
    expect(verb(plan)).toBe('nothing');
  });

  it('R-41 retries a failed release once for each approval, not for ever', () => {
    const spec = ApplianceSpec.parse({
      settings: { appUrl: 'https://app.example.com' },
      intent: { approvedRetry: bad.digest },
    });
    const again = (operations: Observed['operations']): Plan =>
      makePlan(
        planInput({
          observed: runningOn(bad, [bad], product, { spec, operations }),
          decision: decided(bad, 'stay'),
        }),
      );
    const failed = (revision: number): Observed['operations'][number] =>
      operation('update', bad, { revision, status: { outcome: 'failed' } });
    expect(outstanding(again([failed(2)]))).toEqual(['confirm']);
    expect(verb(again([failed(2), failed(3)]))).toBe('nothing');
  });
});

describe('secrets of the product', () => {
  const secret = {
    name: 'app',
    namespace: 'msp',
    keys: {
      KEY: { generate: 'hex', bytes: 32 },
      PASSWORD: { setting: 'password' },
      NOTE: { setting: 'note' },
    },
  };
  const settings = {
    password: { type: 'password', title: 'Password' },
    note: { type: 'text', title: 'Note', required: false },
    appUrl: { type: 'url', title: 'Address' },
  };
  const own = makeProduct({ secrets: [secret], settings });
  const plan = (keys: readonly string[] | undefined, draft: readonly string[] = []): Plan => {
    const secretKeys = new Map([[`${CONTROL_PLANE_NAMESPACE}/appliance-draft`, new Set(draft)]]);
    if (keys !== undefined) secretKeys.set('msp/app', new Set(keys));
    const observed = runningOn(good, [good], product, { secretKeys });
    return makePlan(planInput({ observed, decision: decided(good, 'stay'), product: own }));
  };
  const secretsOf = (made: Plan): readonly string[] | undefined =>
    stepsOf(made).flatMap((step) => (step.kind === 'write-settings' ? step.secrets : []));

  it.each([
    ['are written when they are missing and answered', undefined, ['password'], ['msp/app']],
    ['are completed when a generated key is missing', ['PASSWORD'], [], ['msp/app']],
    ['are completed when an optional answer came', ['KEY', 'PASSWORD'], ['note'], ['msp/app']],
  ])('%s', (_, keys, draft, wanted) => {
    expect(secretsOf(plan(keys, draft))).toEqual(wanted);
  });

  it.each([
    [
      'B-06 are left alone when their keys are there, whatever the answers',
      ['KEY', 'PASSWORD', 'NOTE'],
      ['password', 'note'],
    ],
    ['S2 need no answer any more once they hold it', ['KEY', 'PASSWORD'], []],
    ['are left alone with more keys than ours', ['KEY', 'PASSWORD', 'OTHER'], []],
  ])('%s', (_, keys, draft) => {
    expect(verb(plan(keys, draft))).toBe('nothing');
  });

  it('are asked for when their answer is nowhere', () => {
    expect(plan(undefined)).toMatchObject({
      kind: 'blocked',
      problem: { code: 'plan.settings-missing', subject: 'password' },
    });
    expect(plan(['KEY'])).toMatchObject({ kind: 'blocked' });
  });
});

describe('tidying up', () => {
  const many = Array.from({ length: 14 }, (_, n) =>
    known(`0.1.${n}`, {}, undefined, { admittedAt: `2026-10-${String(n + 10)}T00:00:00Z` }),
  );
  const baked = known('0.0.1', {}, undefined, { admittedAt: '2026-01-01T00:00:00Z', source: 'baked' });
  const stored = [good, bad, baked, ...many];
  const observed = runningOn(good, stored, product, {
    operations: Array.from({ length: 23 }, (_, n) =>
      operation('update', good, { name: `op-${n}`, status: { outcome: 'succeeded' } }),
    ),
  });
  const plan = makePlan(planInput({ observed, decision: decided(good, 'stay') }));
  const prune = stepsOf(plan).find((step) => step.kind === 'prune');

  it('is done by itself when much has gathered', () => {
    expect(verb(plan)).toBe('repair');
    expect(outstanding(plan)).toEqual(['prune']);
  });

  it('keeps what runs, what is baked, what failed and the newest five', () => {
    const gone = new Set(prune?.releases);
    const kept = stored.filter(({ digest }) => !gone.has(digest)).map(({ release }) => release.version);
    expect(kept.sort()).toEqual(['0.0.1', '0.1.10', '0.1.11', '0.1.12', '0.1.13', '1.0.0', '1.1.0']);
  });

  it('drops the values keys of releases that are gone, never the key of old tools', () => {
    expect(prune?.values).toContain('web/web.single-node.0.1.0.yaml');
    expect(prune?.values).not.toContain('web/web.single-node.1.0.0.yaml');
    expect(prune?.values).not.toContain('web/web.single-node.yaml');
    expect(prune?.values).toHaveLength(10);
  });

  it('keeps twenty operations and the one under way', () => {
    expect(prune?.operations).toEqual(['op-20', 'op-21', 'op-22']);
    const open = operation('repair', good, { name: 'op-21' });
    const during = makePlan(planInput({ observed, decision: decided(good, 'stay'), open }));
    expect(stepsOf(during).find((step) => step.kind === 'prune')?.operations).toEqual(['op-20', 'op-22']);
  });

  it('ends after one try, so that keys which others hold on to keep no operation open', () => {
    const steps = [{ kind: 'prune', title: 'Tidy up', state: 'done' }];
    const open = operation('repair', good, { status: { steps } });
    expect(outstanding(makePlan(planInput({ observed, decision: decided(good, 'stay'), open })))).toEqual([]);
  });

  it('is no reason to act as long as there is little', () => {
    const few = runningOn(good, [good, ...many.slice(0, 8)], product);
    expect(makePlan(planInput({ observed: few, decision: decided(good, 'stay') })).kind).toBe('nothing');
  });
});

describe('a box of the predecessor', () => {
  it('gets no variables filled in, because its bundle holds scripts', () => {
    const old = known('1.0.0', {}, CONFIRMED, { upgradedFrom: 'v1' });
    const observed = runningOn(old, [old], product);
    expect(observed.source?.kustomization?.substitute).toEqual({});
    expect(makePlan(planInput({ observed, decision: decided(old, 'stay') })).kind).toBe('nothing');
    expect(valuesKeysOf([old], product).size).toBe(2);
  });
});
