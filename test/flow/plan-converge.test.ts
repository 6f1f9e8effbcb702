import fc from 'fast-check';
import { ReleaseObject } from 'host-service/contract/objects.ts';
import { makePlan, nextStep } from 'host-service/core/plan/make-plan.ts';
import type { KnownRelease, Observed } from 'host-service/core/plan/observed.ts';
import type { Plan, Step } from 'host-service/core/plan/step.ts';
import { statusOf } from 'host-service/core/status/status.ts';
import { textHash } from 'host-service/core/values/text-hash.ts';
import { describe, expect, it } from 'vitest';
import { makeProduct } from '../fixtures/documents.ts';
import {
  componentsOf,
  CONFIRMED,
  decided,
  FLUX,
  known,
  makeObserved,
  NOW,
  operation,
  planInput,
  runningOn,
  sourceOf,
} from './plan-world.ts';

const product = makeProduct();
const one = known('1.0.0');
const two = known('1.1.0');

/** The world after an executor did its step well. */
function after(observed: Observed, step: Step, target: KnownRelease): Observed {
  switch (step.kind) {
    case 'register':
    case 'prepare-storage':
    case 'pull-images':
      return { ...observed, hosts: [] };
    case 'install-flux':
      return { ...observed, flux: FLUX };
    case 'write-settings':
      return {
        ...observed,
        namespaces: { ...observed.namespaces, present: new Set(['msp']) },
        valuesKeys: new Map([
          ...observed.valuesKeys,
          ...[...step.values].map(([name, text]) => [name, textHash(text)] as const),
        ]),
      };
    case 'point-source':
    case 'revert':
      return {
        ...observed,
        source: sourceOf(target, product),
        components: componentsOf(target, 'progressing'),
      };
    case 'migrate':
    case 'wait-components':
      return { ...observed, components: componentsOf(target) };
    case 'confirm': {
      const object = ReleaseObject.parse({ ...target.object, status: { confirmedAt: NOW.toISOString() } });
      return {
        ...observed,
        releases: new Map([...observed.releases, [target.digest, { ...target, object }]]),
      };
    }
    case 'prune':
      return observed;
  }
}

/** Goes on until nothing is left to do; at each turn the process may die before the step's effect is there. */
function run(
  start: Observed,
  target: KnownRelease,
  cuts: readonly boolean[],
): { end: Observed; did: readonly string[] } {
  const did: string[] = [];
  let observed = start;
  let open: ReturnType<typeof operation> | undefined;
  for (let turn = 0; turn < 40; turn += 1) {
    const direction = start.source === undefined ? 'install' : 'update';
    const plan: Plan = makePlan(planInput({ observed, decision: decided(target, direction), product, open }));
    if (plan.kind !== 'steps') return { end: observed, did };
    open ??= operation(plan.verb, target);
    const step = nextStep(plan);
    if (step === undefined) {
      open = undefined;
    } else if (cuts[turn] !== true) {
      did.push(step.kind);
      observed = after(observed, step, target);
    }
  }
  throw new Error(`did not end: ${did.join(', ')}`);
}

describe('a plan followed to its end', () => {
  it.each([
    [
      'an installation',
      makeObserved({ known: [one] }),
      one,
      ['install-flux', 'write-settings', 'point-source', 'wait-components', 'confirm'],
    ],
    [
      'an update',
      runningOn(known('1.0.0', {}, CONFIRMED), [known('1.0.0', {}, CONFIRMED), two], product),
      two,
      ['point-source', 'wait-components', 'confirm'],
    ],
  ] as const)('of %s does each step once and then has nothing to do', (_, start, target, wanted) => {
    expect(run(start, target, []).did).toEqual(wanted);
  });

  it('ends in the same world with the same steps done once, wherever the power was cut', () => {
    const start = makeObserved({ known: [one] });
    const undisturbed = run(start, one, []);
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 25 }), (cuts) => {
        const disturbed = run(start, one, cuts);
        expect(disturbed.did).toEqual(undisturbed.did);
        expect(disturbed.end).toEqual(undisturbed.end);
      }),
      { numRuns: 100 },
    );
  });

  it('is the same plan each time it is made', () => {
    const input = planInput({
      observed: makeObserved({ known: [one] }),
      decision: decided(one, 'install'),
      product,
    });
    expect(makePlan(input)).toEqual(makePlan(input));
  });

  it('of a repair says that somebody changed an object of ours', () => {
    const good = known('1.0.0', {}, CONFIRMED);
    const running = runningOn(good, [good], product);
    const observed = {
      ...running,
      source: { ...sourceOf(good, product), url: 'oci://elsewhere.example.com/x' },
    };
    const decision = decided(good, 'stay');
    const plan = makePlan(planInput({ observed, decision, product }));
    const controlPlane = { version: '0.1.0', build: 'x', leader: 'one' };
    const base = {
      previous: undefined,
      decision,
      channel: undefined,
      open: undefined,
      problems: [],
      handledRequests: [],
      controlPlane,
      now: NOW,
    };
    expect(statusOf({ ...base, observed, plan }).problems).toMatchObject([
      { code: 'observe.drift', subject: 'source' },
    ]);
    expect(statusOf({ ...base, observed: running, plan: { kind: 'nothing' } }).problems).toEqual([]);
  });
});
