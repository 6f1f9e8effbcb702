import { refuse, safeLine, type ProblemBody, type ProblemCode } from '../../contract/problem.ts';
import type { StorageDefinition } from '../../contract/product.ts';
import type { ClassSight, ProofRecord, StorageFacts, TrialSight } from './facts.ts';
import { readSaid } from './said.ts';
import { classOf, proofOf, settingProblem } from './setting.ts';

/** What is to be done next about the storage. One thing; whether it worked is seen the next time. */
export type StorageTurn =
  | { readonly kind: 'ready'; readonly evidence: string }
  | { readonly kind: 'failed'; readonly problem: ProblemBody }
  /** `late`: what it is called when it lasts too long. */
  | { readonly kind: 'wait'; readonly now: string; readonly late: ProblemBody }
  /** The product's volumes are told to keep their data (B-42). */
  | { readonly kind: 'keep'; readonly volumes: readonly string[] }
  | { readonly kind: 'make-class' }
  | { readonly kind: 'claim' }
  | { readonly kind: 'trial'; readonly attempt: number }
  /** To be written down before anything of the trial goes. */
  | { readonly kind: 'record'; readonly verdict: Verdict }
  | { readonly kind: 'tidy' };
export type Verdict = Pick<ProofRecord, 'of' | 'evidence' | 'problem'>;

export interface TurnInput {
  readonly facts: StorageFacts;
  readonly storage: StorageDefinition;
  readonly operation: string;
  /** What is left of a trial does not go away however long one waits; it is left to the next time. */
  readonly leave: boolean;
}

/** How often the trial is made anew when the machine ends it without a word, as a power cut does. */
const ATTEMPTS = 3;

/**
 * Judges the storage of the box from what is seen alone, so that a control plane that dies at any point is followed by one that goes on: data is made
 * safe first, then the setting is judged, then the trial write is made, recorded and tidied up. Pure.
 */
export function storageTurn(input: TurnInput): StorageTurn {
  const { facts, storage, operation, leave } = input;
  if (facts.losing.length > 0) return { kind: 'keep', volumes: facts.losing };
  const isClean = leave || !hasLeft(facts);
  const wrong = settingProblem(facts, storage);
  if (wrong !== undefined) return isClean ? { kind: 'failed', problem: wrong } : { kind: 'tidy' };
  const own = classOf(facts, storage);
  const [driver] = facts.drivers;
  const of = own === undefined || driver === undefined ? undefined : proofOf(own, driver, storage);
  const record = counted(own, operation, of);
  if (record !== undefined) {
    if (!isClean) return { kind: 'tidy' };
    return record.problem === undefined
      ? { kind: 'ready', evidence: record.evidence ?? '' }
      : { kind: 'failed', problem: record.problem };
  }
  if (own === undefined && driver?.isReady === true) return { kind: 'make-class' };
  if (own === undefined || of === undefined || driver?.isReady !== true)
    return waitFor('Waiting for the program that provides storage', 'storage.no-driver', driverDetail(facts));
  return trialTurn(input, own, of);
}

/** A success counts as long as what it was about is the same; a failure only within its own operation, so that the next one tries again. */
function counted(
  own: ClassSight | undefined,
  operation: string,
  of: string | undefined,
): ProofRecord | undefined {
  const record = own?.record;
  if (record === undefined) return undefined;
  if (record.problem !== undefined) return record.operation === operation ? record : undefined;
  return record.of === of ? record : undefined;
}

function trialTurn(
  { facts, storage, operation, leave }: TurnInput,
  own: ClassSight,
  of: string,
): StorageTurn {
  const { claim, trials, volumes } = facts;
  const isStale =
    claim?.isDeleting === true ||
    (claim !== undefined && claim.operation !== operation) ||
    volumes.some(({ claimUid }) => claimUid !== claim?.uid) ||
    trials.some((trial) => claim === undefined || trial.isDeleting || trial.operation !== operation);
  if (isStale && !leave) return { kind: 'tidy' };
  if (isStale) {
    const detail = 'what an earlier trial write has left does not go away';
    return { kind: 'failed', problem: refuse('storage.proof-stopped', detail, 'storage').problem };
  }
  if (claim === undefined) return { kind: 'claim' };
  const last = trials.toSorted((a, b) => a.attempt - b.attempt).at(-1);
  if (last === undefined) return { kind: 'trial', attempt: 1 };
  const ended = endedTurn(last, storage);
  if (ended === 'again') return { kind: 'trial', attempt: last.attempt + 1 };
  if (ended === undefined) return runningTurn(last, facts);
  return 'ms' in ended
    ? { kind: 'record', verdict: { of, evidence: evidenceOf(own, facts, storage, ended.ms) } }
    : { kind: 'record', verdict: { of, problem: ended.problem } };
}

type Ended = { readonly ms: number | undefined } | { readonly problem: ProblemBody };

function endedTurn(trial: TrialSight, { proof }: StorageDefinition): Ended | 'again' | undefined {
  if (trial.phase !== 'Succeeded' && trial.phase !== 'Failed') return undefined;
  const said = trial.left === undefined ? undefined : readSaid(trial.left, proof);
  if (said !== undefined) return said;
  // The program ends well only after what it wrote came back.
  if (trial.phase === 'Succeeded') return { ms: undefined };
  if (trial.attempt < ATTEMPTS) return 'again';
  const detail = `ended ${ATTEMPTS} times without a word: ${trial.reason}`;
  return { problem: refuse('storage.proof-stopped', detail, 'storage').problem };
}

function runningTurn(trial: TrialSight, { claim }: StorageFacts): StorageTurn {
  const { waiting, warning } = trial;
  if (trial.phase === 'Running')
    return waitFor('Writing to the storage and reading it back', 'storage.write-failed', 'it does not end');
  const told = warning ?? waiting?.message ?? '';
  if (claim?.isBound !== true) {
    const why = claim?.warning ?? told;
    return waitFor('Waiting until there is room for the trial write', 'storage.claim-pending', why);
  }
  if (waiting !== undefined && /image/i.test(waiting.reason))
    return waitFor('Waiting for the program of the trial write', 'storage.proof-stopped', told);
  if (told !== '' && waiting?.reason !== 'Unschedulable')
    return waitFor('Waiting until the storage can be attached', 'storage.mount-failed', told);
  return waitFor('Waiting until the trial write begins', 'storage.proof-stopped', told);
}

function waitFor(now: string, code: ProblemCode, why: string): StorageTurn {
  const detail = why === '' ? 'the platform has given no reason' : why;
  return { kind: 'wait', now: safeLine(now), late: refuse(code, detail, 'storage').problem };
}

const driverDetail = ({ drivers: [driver] }: StorageFacts): string =>
  driver === undefined ? 'it is not installed' : `${driver.namespace}/${driver.name} is not ready`;

/** Anything that a trial write has made and that is still there. */
export const hasLeft = ({ claim, trials, volumes }: StorageFacts): boolean =>
  claim !== undefined || trials.length > 0 || volumes.length > 0;

function evidenceOf(
  own: ClassSight,
  { drivers: [driver] }: StorageFacts,
  { proof }: StorageDefinition,
  ms: number | undefined,
): string {
  const by = driver === undefined ? '' : `, provided by ${driver.namespace}/${driver.name} (${driver.image})`;
  const took = ms === undefined ? '' : ` in ${Math.round(ms)} ms`;
  const text = `${own.name} keeps data${by}; user ${proof.uid} wrote to ${proof.subPath} and read it back${took}`;
  return safeLine(text);
}
