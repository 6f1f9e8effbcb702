import type { PlanDescription } from 'host-service/contract/api/plan.ts';
import { describePlan } from 'host-service/core/plan/describe.ts';
import { makePlan } from 'host-service/core/plan/make-plan.ts';
import type { PlanInput } from 'host-service/core/plan/plan-input.ts';
import { describe, expect, it } from 'vitest';
import { digestFor, makeProduct } from '../fixtures/documents.ts';
import {
  CONFIRMED,
  decided,
  FAILED,
  FLUX,
  known,
  makeObserved,
  PIN,
  planInput,
  runningOn,
  sourceOf,
  valuesKeysOf,
} from './plan-world.ts';

const product = makeProduct({
  secrets: [{ name: 'app', namespace: 'msp', keys: { KEY: { generate: 'hex', bytes: 32 } } }],
});
const fluxManifests = [
  { kind: 'Namespace', metadata: { name: 'flux-system' } },
  { kind: 'Deployment', metadata: { name: 'source-controller', namespace: 'flux-system' } },
  { kind: 3, metadata: null },
];
const one = known('1.0.0', {}, CONFIRMED);
const image = (name: string, size: number): object => ({
  repository: `images.example.com/vendor/${name}`,
  digest: digestFor(name),
  size,
});
const two = known('1.1.0', {
  images: { web: image('web', 1000), worker: image('worker', 70_000) },
  reversible: [],
});

function shown(over: Partial<PlanInput> & Pick<PlanInput, 'observed' | 'decision'>): PlanDescription {
  const input = planInput({ product, parts: { flux: PIN, fluxManifests }, ...over });
  const description = describePlan(makePlan(input), input);
  expect(JSON.parse(JSON.stringify(description))).toEqual(description);
  return description;
}

describe('a plan before its first byte', () => {
  it('of an installation tells all objects, bytes and hosts', () => {
    const plan = shown({ observed: makeObserved({ known: [two] }), decision: decided(two, 'install') });
    expect(plan.creates).toEqual([
      'Namespace flux-system',
      'Deployment flux-system/source-controller',
      'Object',
      'Namespace msp',
      'Secret msp/app',
      'ConfigMap alga-system/appliance-values-web',
      'OCIRepository flux-system/test-product',
      'Kustomization flux-system/test-product',
    ]);
    expect(plan).toMatchObject({
      verb: 'install',
      to: { version: '1.1.0' },
      changes: [],
      removes: [],
      irreversible: [],
      pullBytes: 5000 + 1000 + 1000 + 70_000,
      hosts: ['images.example.com', 'registry.example.com'],
    });
    expect(plan.pulls.map(({ what }) => what)).toEqual([
      'configuration bundle',
      'chart web',
      'image web',
      'image worker',
    ]);
  });

  it('of an update tells only what differs by digest, and what cannot be undone', () => {
    const observed = runningOn(one, [one, two], product, {
      valuesKeys: valuesKeysOf([one], product),
      secretKeys: new Map([['msp/app', new Set(['KEY'])]]),
    });
    const plan = shown({ observed, decision: decided(two, 'update') });
    expect(plan).toMatchObject({
      verb: 'update',
      from: { version: '1.0.0' },
      creates: [],
      changes: [
        'ConfigMap alga-system/appliance-values-web',
        'OCIRepository flux-system/test-product',
        'Kustomization flux-system/test-product',
      ],
      pullBytes: 5000 + 70_000,
      irreversible: ['From release 1.1.0 there is no way back to 1.0.0.'],
    });
    expect(plan.steps.map(({ text, done }) => `${done ? 'done' : 'to do'}: ${text}`)).toEqual([
      'done: Install the delivery engine',
      'to do: Write the settings of this box for 1.1.0',
      'to do: Switch to release 1.1.0',
      'to do: Wait until all parts work',
      'to do: Record that 1.1.0 is good',
      'done: Tidy up what is not needed any more',
    ]);
  });

  it('of the way back pulls what the failed release does not share', () => {
    const bad = known('1.1.0', {}, FAILED);
    const plan = shown({ observed: runningOn(bad, [one, bad], product), decision: decided(one, 'revert') });
    expect(plan).toMatchObject({ verb: 'revert', pullBytes: 5000, irreversible: [] });
    expect(plan.steps.map(({ text }) => text)).toContain('Go back to release 1.0.0');
  });

  it('of a repair pulls nothing', () => {
    const secretKeys = new Map([['msp/app', new Set<string>()]]);
    const plan = shown({
      observed: runningOn(one, [one], product, { secretKeys }),
      decision: decided(one, 'stay'),
    });
    expect(plan).toMatchObject({ verb: 'repair', changes: ['Secret msp/app'], pullBytes: 0, hosts: [] });
  });

  it('tells what is adopted, prepared and removed', () => {
    const [web] = two.release.components;
    const gate = {
      name: 'migrate',
      kind: 'Job',
      namespace: 'msp',
      tier: 'core',
      title: 'Migration',
      gate: true,
    };
    const gated = known('1.1.0', { components: [gate, web] });
    const old = Array.from({ length: 12 }, (_, n) =>
      known(`0.1.${n}`, {}, undefined, { admittedAt: '2026-01-01T00:00:00Z' }),
    );
    const plan = shown({
      observed: {
        ...makeObserved({ known: [gated, ...old] }),
        flux: { ...FLUX, version: two.release.version, ours: true },
      },
      decision: decided(gated, 'install'),
    });
    expect(plan.steps.map(({ text }) => text)).toContain('Prepare the data for 1.1.0');
    expect(plan.removes).toHaveLength(8);
    expect(plan.removes[0]).toMatch(/^Release 0\.1\./);
    const adopting = shown({
      observed: makeObserved({
        known: [two],
        flux: { ...FLUX, version: known('2.8.9').release.version, ready: false },
      }),
      decision: decided(two, 'install'),
    });
    expect(adopting.steps[0]).toMatchObject({ text: 'Use the delivery engine that is there', done: false });
    expect(adopting.creates).not.toContain('Namespace flux-system');
  });

  it('is short when there is nothing to do or something stands against it', () => {
    const observed = runningOn(one, [one], product, {
      secretKeys: new Map([['msp/app', new Set(['KEY'])]]),
    });
    expect(shown({ observed, decision: decided(one, 'stay') })).toMatchObject({ kind: 'nothing', steps: [] });
    const gone = { ...observed, source: { ...sourceOf(one, product), kustomization: undefined } };
    expect(shown({ observed: gone, decision: decided(one, 'stay') })).toMatchObject({
      creates: ['Kustomization flux-system/test-product'],
      changes: ['OCIRepository flux-system/test-product'],
    });
    const old = makeObserved({ known: [two], kubernetes: '1.20.0' });
    expect(shown({ observed: old, decision: decided(two, 'install') })).toMatchObject({
      kind: 'blocked',
      problem: { code: 'plan.kubernetes-too-old' },
      creates: [],
    });
  });
});
