import { PROOF_ANNOTATION, PROOF_LABEL, PROOF_NAME } from 'host-service/core/storage/facts.ts';
import { PATIENCE, type Engine } from 'host-service/engine/engine.ts';
import { describe, expect, it } from 'vitest';
import { Box, PRODUCT } from './world/box.ts';
import { Killed, type ClientOptions } from './world/cluster.ts';
import { STORAGE, StorageWorld, type StorageFault } from './world/storage.ts';

const TRIAL = new Set(['PersistentVolumeClaim', 'PersistentVolume', 'StorageClass']);

function boxWith(fault: StorageFault): Box {
  const box = new Box();
  box.product = { ...PRODUCT, storage: STORAGE };
  box.storage = new StorageWorld();
  box.storage.fault = fault;
  // Long enough for no power cut to be one failure more.
  box.patience = { ...PATIENCE, storageMs: 20_000, retries: 1 };
  box.vendor.publish('1.0.0');
  return box;
}

/** What counts of the end: what is left of the trial, what it has shown, and how the operation ended. */
function endOf(box: Box): unknown {
  const { store } = box.cluster;
  const left = [
    ...store.list('PersistentVolumeClaim'),
    ...store.list('PersistentVolume'),
    ...store.list('Pod').filter(({ metadata }) => metadata.labels?.[PROOF_LABEL] !== undefined),
  ].map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  const found = store.get({ kind: 'StorageClass', name: STORAGE.class });
  const record: unknown = JSON.parse(found?.metadata.annotations?.[PROOF_ANNOTATION] ?? 'null');
  const shown = typeof record === 'object' && record !== null ? { ...record, operation: '', at: '' } : record;
  const problem = box.operations()[0]?.status?.problem;
  return {
    ...{ left, shown, outcomes: box.outcomes() },
    problem: [problem?.code, problem?.detail],
  };
}

/** Until the step is behind the box, or its operation over; what comes then has tests of its own. */
async function goOn(box: Box, engine: Engine): Promise<void> {
  for (let round = 0; round < 90; round += 1) {
    await box.tryCycle(engine);
    box.platform.tick();
    box.storage?.tick(box.cluster);
    box.clock.advance(1_100);
    const [status] = box.operations().map((operation) => operation.status);
    const isDone = status?.steps.some(({ kind, state }) => kind === 'prepare-storage' && state === 'done');
    if (isDone === true || (status !== undefined && status.outcome !== 'running')) return;
  }
  throw new Error(`does not get on: ${JSON.stringify(box.operations()[0]?.status)}`);
}

async function tell(box: Box, kill?: ClientOptions['kill']): Promise<number> {
  const first = box.ports({ kill });
  try {
    await goOn(box, { ...box.engine(), ports: first });
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
    await goOn(box, box.engine());
  }
  return first.writes();
}

/** Writes that belong to the trial, by their number in the audit. */
const trialWrites = (box: Box): readonly number[] =>
  box.cluster.audit.flatMap(({ key }, index) =>
    TRIAL.has(key.split(' ')[0] ?? '') || key.includes(PROOF_NAME) ? [index + 1] : [],
  );

describe('prepare-storage: a power cut at every write of the trial', () => {
  it.each(['none', 'denied', 'sub-path'] as const)(
    'B-43 ends in the same state, and leaves nothing behind (%s)',
    { timeout: 60_000 },
    async (fault) => {
      const before = boxWith(fault);
      const calm = before.fork();
      await tell(calm);
      const wanted = endOf(calm);
      expect(wanted).toMatchObject({ left: [] });
      const writes = trialWrites(calm);
      expect(writes.length).toBeGreaterThan(5);
      const last = Math.max(...writes) + 2;
      for (let at = Math.min(...writes) - 1; at <= last; at += 1) {
        for (const when of ['before', 'after'] as const) {
          const box = before.fork();
          await tell(box, { at, when });
          const hint = `killed ${when} write ${at}: ${JSON.stringify(calm.cluster.audit[at - 1])}`;
          expect(endOf(box), hint).toEqual(wanted);
        }
      }
    },
  );

  it('R-01 takes everything back when it is cancelled in the middle, wherever the power is cut then', async () => {
    const begun = boxWith('sub-path');
    const engine = begun.engine();
    for (let round = 0; round < 30 && begun.cluster.store.list('PersistentVolume').length === 0; round += 1) {
      await begun.tryCycle(engine);
      begun.platform.tick();
      begun.storage?.tick(begun.cluster);
      begun.clock.advance(1_100);
    }
    expect(endOf(begun)).toMatchObject({ left: [expect.anything(), expect.anything(), expect.anything()] });
    begun.request('cancel', 'cancel-1');
    for (let at = 1; at <= 9; at += 1) {
      const box = begun.fork();
      await tell(box, { at, when: 'after' });
      expect(endOf(box), `killed after write ${at}`).toMatchObject({ left: [] });
      expect(box.outcomes()[0]).toBe('install 1.0.0 cancelled');
    }
  });
});
