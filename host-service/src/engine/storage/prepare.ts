import { Problem, type ProblemBody } from '../../contract/problem.ts';
import type { StorageDefinition } from '../../contract/product.ts';
import { referenceOf } from '../../core/images/reference.ts';
import { PROOF_ANNOTATION, type ProofRecord } from '../../core/storage/facts.ts';
import { classObject } from '../../core/storage/setting.ts';
import { claimObject, trialObject } from '../../core/storage/trial.ts';
import { storageTurn, type StorageTurn, type Verdict } from '../../core/storage/turn.ts';
import { wakeIn } from '../engine.ts';
import type { KubeInput } from '../ports.ts';
import type { Executor, StepContext, StepResult } from '../steps/executor.ts';
import { lookAtStorage, type StorageLook } from './look.ts';
import { tidyTrial, withPolicy } from './tidy.ts';
import { PROOF_SCRIPT } from './trial-script.ts';

/** After this part of the longest wait a volume that its driver leaves behind is deleted by us. */
const FORCE_AFTER = 1 / 3;
/** While something is about to happen: how soon it is looked at again, and for how long. Milliseconds. */
const SOON = { everyMs: 250, forMs: 15_000 } as const;
const TIDYING = 'Tidying up after the trial write';

/**
 * Makes sure that the product's data will be kept and can be written, before anything else is fetched or changed (B-23, B-41, B-42). One look, then at
 * most one thing; all that counts lies in the cluster, so that a restart at any point goes on where it was (B-43). Where everything was shown
 * before it is the one look and no write.
 */
export const prepareStorage: Executor<'prepare-storage'> = async (context) => {
  const { engine, operation, signal } = context;
  const { storage } = engine.product;
  if (storage === undefined)
    return { kind: 'acted', now: 'The platform looks after its storage', once: true };
  const { cluster } = engine.ports;
  const look = await lookAtStorage(cluster, engine.product, engine.namespace, signal);
  const about = { facts: look.facts, storage, operation: operation.metadata.name };
  const turn = storageTurn({ ...about, leave: false });
  const waited = waitedFor(context, turn);
  if (waited < SOON.forMs) wakeIn(engine, SOON.everyMs);
  if (turn.kind === 'tidy' && waited > engine.patience.storageMs)
    return carryOut(context, storage, look, storageTurn({ ...about, leave: true }), 0);
  if (turn.kind === 'wait' && waited > engine.patience.storageMs)
    return tooLate(context, look, storage, turn);
  return carryOut(context, storage, look, turn, waited);
};

type Place = readonly [
  context: StepContext,
  storage: StorageDefinition,
  look: StorageLook,
  turn: StorageTurn,
  waited: number,
];

async function carryOut(...[context, storage, look, turn, waited]: Place): Promise<StepResult> {
  const { engine, operation, signal } = context;
  const { cluster } = engine.ports;
  const { namespace } = engine;
  const place = { namespace, operation: operation.metadata.name };
  switch (turn.kind) {
    case 'ready':
      return {
        kind: 'acted',
        now: 'The storage keeps data and can be written',
        evidence: turn.evidence,
        once: true,
      };
    case 'failed':
      return { kind: 'failed', problem: turn.problem };
    case 'wait':
      return { kind: 'waiting', now: turn.now, evidence: turn.late.detail };
    case 'keep':
      for (const name of turn.volumes) {
        const volume = look.volumes.get(name);
        if (volume !== undefined) await cluster.replace(withPolicy(volume, 'Retain'), signal);
      }
      return { kind: 'acted', now: `Told ${turn.volumes.length} volumes to keep their data` };
    case 'make-class':
      await made(cluster.create(classObject(storage), signal));
      return { kind: 'acted', now: `Set up storage ${storage.class}, which keeps data` };
    case 'claim':
      await made(cluster.create(claimObject(storage, place), signal));
      return { kind: 'acted', now: `Asked for ${storage.proof.size} of storage for a trial write` };
    case 'trial': {
      const trial = { ...place, attempt: turn.attempt, image: imageOf(context), program: PROOF_SCRIPT };
      await made(cluster.create(trialObject(storage, trial), signal));
      return { kind: 'acted', now: `Began trial write ${turn.attempt}` };
    }
    case 'record':
      return record(context, look, storage, turn.verdict);
    case 'tidy': {
      const force = waited > engine.patience.storageMs * FORCE_AFTER;
      const writes = await tidyTrial(cluster, look, { namespace, force }, signal);
      return { kind: writes > 0 ? 'acted' : 'waiting', now: TIDYING };
    }
  }
}

/** How long the same thing has been waited for, in milliseconds. */
function waitedFor({ engine, operation }: StepContext, turn: StorageTurn): number {
  const { memory, ports } = engine;
  if (turn.kind !== 'wait' && turn.kind !== 'tidy') {
    memory.storageWait = undefined;
    return 0;
  }
  const now = ports.clock.monotonic();
  const key = `${operation.metadata.name} ${turn.kind === 'wait' ? turn.now : turn.kind}`;
  if (memory.storageWait?.key !== key) memory.storageWait = { key, since: now };
  return now - memory.storageWait.since;
}

/** A wait that lasted too long: it is written down like any other verdict, so that the trial is tidied up before the operation ends. */
async function tooLate(
  context: StepContext,
  look: StorageLook,
  storage: StorageDefinition,
  { late }: Extract<StorageTurn, { kind: 'wait' }>,
): Promise<StepResult> {
  if (!look.classes.has(storage.class)) return { kind: 'failed', problem: late };
  return record(context, look, storage, { of: '0'.repeat(16), problem: late });
}

/** Writes the verdict onto the class. Only then is anything of the trial taken away. */
async function record(
  { engine, operation, signal }: StepContext,
  { classes }: StorageLook,
  storage: StorageDefinition,
  verdict: Verdict,
): Promise<StepResult> {
  const found = classes.get(storage.class);
  if (found === undefined) return { kind: 'waiting', now: 'Looking at the storage again' };
  const about: ProofRecord = {
    ...verdict,
    operation: operation.metadata.name,
    at: engine.ports.clock.now().toISOString(),
  };
  const annotations = { ...found.metadata.annotations, [PROOF_ANNOTATION]: JSON.stringify(about) };
  const changed: KubeInput = { ...found, metadata: { ...found.metadata, annotations } };
  await engine.ports.cluster.replace(changed, signal);
  return { kind: 'acted', now: saidAs(verdict.problem) };
}

const saidAs = (problem: ProblemBody | undefined): string =>
  problem === undefined ? 'The trial write has worked' : `The trial write has failed: ${problem.detail}`;

/** Who made it before us made the same: the next look says. */
async function made(creation: Promise<unknown>): Promise<void> {
  try {
    await creation;
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'cluster.conflict') throw error;
  }
}

/** The image that this program itself runs from: it is on the box already and needs no registry. */
function imageOf({ observed, release, registryOf }: StepContext): string {
  const seen = observed.controlPlane?.seen?.image;
  if (seen !== undefined) return seen;
  const { repository, digest } = release.release.controlPlane;
  const host = repository.slice(0, repository.indexOf('/'));
  const path = repository.slice(host.length);
  return referenceOf({ repository, digest }).replace(repository, `${registryOf(repository).host}${path}`);
}
