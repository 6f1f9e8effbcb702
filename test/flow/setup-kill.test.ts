import { afterEach, describe, expect, it } from 'vitest';
import { ADA, planeOn } from './handle-world.ts';
import { CODE, setupEnd, SetupWorld, survive } from './setup-world.ts';
import type { Box } from './world/box.ts';
import type { ClientOptions } from './world/cluster.ts';

let world: SetupWorld;
afterEach(() => world.close());

/** The service forgets: each story redeems the same code anew. */
function freshService(): void {
  world.service.codes.set(CODE, 'open');
  world.service.redemptions = 0;
  world.service.forget();
}

/** Approved with a code; the engine may be killed once, then another one goes on. */
async function install(
  box: Box,
  options: Omit<ClientOptions, 'by'> = {},
): Promise<{ deaths: number; writes: number }> {
  freshService();
  const first = world.engine(box, options);
  const deaths = await survive(
    () => box.settle(first),
    () => box.settle(world.engine(box)),
  );
  return { deaths, writes: first.writes() };
}

const TOLD = ['appliance-draft', 'appliance-secrets', 'first-user', 'licence-seed'];
/** Writes at which the power is cut: all until the product's Secrets are there, and those of setup after that. The others are cut elsewhere. */
function cutsOfSetup({
  cluster: { audit },
}: Box): readonly (readonly [at: number, when: 'before' | 'after'])[] {
  const isTold = ({ key }: { readonly key: string }): boolean =>
    TOLD.some((name) => key.endsWith(`/${name}`));
  const written = audit.findIndex(({ key }) => key.endsWith('/licence-seed'));
  // Right after one write is right before the next, unless the licence service is asked in between.
  return audit.flatMap((entry, at) => [
    ...(at <= written + 1 || isTold(entry) ? [[at + 1, 'before'] as const] : []),
    ...(isTold(entry) ? [[at + 1, 'after'] as const] : []),
  ]);
}

describe('setup: a power cut at every write', () => {
  it(
    'B-65 R3 redeems once and comes to the same end, whenever the engine dies',
    { timeout: 120_000 },
    async () => {
      world = await SetupWorld.open();
      await world.answer();
      await world.approve();
      const before = world.box;
      const calm = before.fork();
      const { writes } = await install(calm);
      const wanted = setupEnd(calm);
      expect(world.service.redemptions).toBe(1);
      const cuts = cutsOfSetup(calm);
      expect(cuts.length).toBeGreaterThan(8);
      for (const [at, when] of cuts) {
        const box = before.fork();
        const { deaths } = await install(box, { kill: { at, when } });
        const hint = `killed ${when} write ${at} of ${writes}: ${JSON.stringify(calm.cluster.audit[at - 1])}`;
        expect(deaths, hint).toBe(1);
        expect(world.service.redemptions, hint).toBe(1);
        expect(setupEnd(box), hint).toEqual(wanted);
        expect(box.outcomes(), hint).toEqual(['install 1.0.0 succeeded']);
      }
    },
  );

  it(
    'B-65 ends a refused code in the same state, whenever the engine dies',
    { timeout: 120_000 },
    async () => {
      world = await SetupWorld.open();
      await world.answer('CODE-WRONG');
      await world.approve();
      const before = world.box;
      const calm = before.fork();
      const { writes } = await install(calm);
      const wanted = setupEnd(calm);
      expect(calm.outcomes()).toEqual(['install 1.0.0 failed']);
      expect(writes).toBeGreaterThan(4);
      for (let at = 1; at <= writes; at += 1) {
        for (const when of ['before', 'after'] as const) {
          const box = before.fork();
          const { deaths } = await install(box, { kill: { at, when } });
          const hint = `killed ${when} write ${at} of ${writes}: ${JSON.stringify(calm.cluster.audit[at - 1])}`;
          expect(deaths, hint).toBe(1);
          expect(setupEnd(box), hint).toEqual(wanted);
          expect(box.outcomes(), hint).toEqual(['install 1.0.0 failed']);
          expect(world.service.redemptions, hint).toBe(0);
        }
      }
    },
  );

  it('R-08 loses nothing that was typed, whenever the control plane dies while it keeps it', async () => {
    world = await SetupWorld.open();
    for (const when of ['before', 'after'] as const) {
      const box = world.box.fork();
      const type = async (kill?: ClientOptions['kill']): Promise<void> => {
        const { handle } = planeOn(box, {
          isLeader: false,
          wrap: (cluster) => (kill === undefined ? cluster : box.cluster.client({ by: 'dying', kill }).port),
        });
        const { revision } = await handle.setup(undefined, box.signal);
        const change = { answers: { tenant: 'ACME' }, secrets: { code: CODE } };
        await handle.changeSetup(change, { actor: ADA, expected: revision }, box.signal);
      };
      expect(
        await survive(
          () => type({ at: 1, when }),
          () => type(),
        ),
      ).toBe(1);
      const view = await world.view(undefined, box);
      expect(view.questions.filter(({ source }) => source === 'person').map(({ name }) => name)).toEqual([
        'tenant',
        'code',
      ]);
    }
  });
});
