import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Problem, type ProblemCode } from 'host-service/contract/problem.ts';
import { Box } from './world/box.ts';

const TRANSIENT: readonly ProblemCode[] = [
  'cluster.unavailable',
  'cluster.timeout',
  'cluster.overloaded',
  'cluster.conflict',
];

/** One box that runs 1.0.0 and is to take a good or a bad 1.1.0; forked for each case. */
async function approved(behaviour: 'good' | 'crash'): Promise<Box> {
  const box = new Box();
  box.vendor.publish('1.0.0');
  await box.run();
  const next = box.vendor.publish('1.1.0', behaviour);
  box.intent({ approvedRelease: next.digest });
  return box;
}

describe('engine: a cluster that fails now and then', () => {
  it.each(['good', 'crash'] as const)(
    'B-16 converges without a human whatever calls fail on the way (%s release)',
    { timeout: 60_000 },
    async (behaviour) => {
      const before = await approved(behaviour);
      const calm = before.fork();
      await calm.run();
      const fault = fc.record({ call: fc.nat({ max: 400 }), code: fc.constantFrom(...TRANSIENT) });
      await fc.assert(
        fc.asyncProperty(fc.array(fault, { maxLength: 12 }), async (faults) => {
          const box = before.fork();
          const planned = new Map(faults.map(({ call, code }) => [call, code]));
          let calls = 0;
          const engine = box.engine({
            fault: (verb) => {
              calls += 1;
              const code = planned.get(calls);
              if (code !== undefined) throw new Problem(code, `${verb} failed on purpose`);
            },
          });
          const status = await box.settle(engine);
          expect(box.pointsTo()).toBe(calm.pointsTo());
          expect(box.outcomes()).toEqual(calm.outcomes());
          expect(status.running?.version).toBe(calm.status()?.running?.version);
          expect(box.cluster.store.revisions('Secret msp/shared-keys')).toBe(1);
        }),
        { numRuns: 40, seed: 20261121 },
      );
    },
  );
});
