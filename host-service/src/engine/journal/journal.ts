import { CAPS } from '../../contract/names.ts';
import { FIELD_MANAGER, GROUP_VERSION } from '../../contract/names.ts';
import { Operation } from '../../contract/objects.ts';
import type {
  Continuation,
  OperationEvent,
  OperationSpec,
  OperationStatus,
  Pause,
  StepKind,
  StepRecord,
} from '../../contract/operation.ts';
import { Problem, safeLine, type ProblemBody } from '../../contract/problem.ts';
import type { Cluster } from '../ports.ts';
import { cappedText, foldEvents } from './events.ts';

/** Titles of steps, for people. */
const TITLES: Readonly<Record<StepKind, string>> = {
  register: 'Redeem the install code',
  'prepare-storage': 'Check the storage',
  'pull-images': 'Fetch images',
  'install-flux': 'Install the delivery engine',
  'write-settings': 'Write settings',
  'point-source': 'Select the release',
  migrate: 'Prepare the data',
  'wait-components': 'Wait for all parts',
  confirm: 'Confirm the release',
  revert: 'Go back',
  prune: 'Clean up',
  'roll-control-plane': 'Update the control plane',
};

/** `<UTC yyyymmddthhmmss>-<verb>-<first 8 hex of the target>`: the idempotency key of an operation (docs/architecture.md). */
export function operationName(at: Date, verb: string, digest: string): string {
  const stamp = at.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').toLowerCase();
  return `${stamp}-${verb}-${digest.slice('sha256:'.length, 'sha256:'.length + 8)}`;
}

/** The journal of an operation that was created and not yet written to. */
export function startedStatus(spec: OperationSpec, at: Date): OperationStatus {
  return {
    outcome: 'running',
    startedAt: at.toISOString(),
    resumes: 0,
    steps: spec.steps.map((kind) => stepRecord(kind)),
    events: [],
  };
}

const stepRecord = (kind: StepKind): StepRecord => ({
  kind,
  title: TITLES[kind],
  state: 'pending',
  attempts: 0,
});

/** The operation that is not over: the newest without an outcome or with `running`. A created one without journal counts. */
export function openOperation(operations: readonly Operation[]): Operation | undefined {
  return operations.find(
    (operation) => operation.status === undefined || operation.status.outcome === 'running',
  );
}

/** Creates the operation; when its name exists already it is read back: the name is the key, so it is the same operation. */
export async function createOperation(
  cluster: Cluster,
  name: string,
  spec: OperationSpec,
  signal: AbortSignal,
): Promise<Operation> {
  const head = { apiVersion: GROUP_VERSION, kind: 'Operation' } as const;
  const metadata = { name, labels: { 'app.kubernetes.io/managed-by': FIELD_MANAGER } };
  try {
    return readOperation(await cluster.create({ ...head, metadata, spec }, signal));
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'cluster.conflict') throw error;
    const found = await cluster.get({ ...head, name }, signal);
    if (found === undefined) throw error;
    return readOperation(found);
  }
}

/** What a journal entry changes. */
export interface Entry {
  /** Records by kind: merged into what is there; a kind that is not listed yet is added at its end. */
  readonly steps?: readonly (Pick<StepRecord, 'kind'> & Partial<StepRecord>)[];
  readonly event?: {
    readonly level: OperationEvent['level'];
    readonly step?: StepKind;
    readonly text: string;
  };
  readonly outcome?: OperationStatus['outcome'];
  readonly problem?: ProblemBody | undefined;
  /** It was taken up again: counted. */
  readonly resumed?: boolean;
  /** After what. */
  readonly continued?: Continuation;
  /** Boot ids of the nodes; left out while nobody knows. */
  readonly boots?: readonly string[];
  /** `null` ends it. */
  readonly pause?: Pause | null;
}

/** The journal with one entry more. Pure; keeps the caps of design §5. */
export function entered(operation: Operation, entry: Entry, at: Date): OperationStatus {
  const before = operation.status ?? startedStatus(operation.spec, at);
  const time = at.toISOString();
  const steps = [...before.steps];
  for (const { kind, ...change } of entry.steps ?? []) {
    const index = steps.findIndex((step) => step.kind === kind);
    const base = steps[index] ?? stepRecord(kind);
    const evidence = change.evidence ?? base.evidence;
    const next: StepRecord = { ...base, ...change };
    if (next.now !== undefined) next.now = safeLine(next.now);
    if (evidence !== undefined) next.evidence = cappedText(evidence, CAPS.stepEvidence);
    if (index === -1) steps.push(next);
    else steps[index] = next;
  }
  const n = (before.events.at(-1)?.n ?? 0) + 1;
  const events: OperationEvent[] =
    entry.event === undefined
      ? before.events
      : [...before.events, { n, at: time, ...entry.event, text: safeLine(entry.event.text) }];
  const outcome = entry.outcome ?? before.outcome;
  const { pause = before.pause, continued, boots = [], problem } = entry;
  const isOver = outcome !== 'running';
  return foldEvents({
    ...withoutPause(before),
    steps,
    events,
    outcome,
    resumes: before.resumes + (entry.resumed === true ? 1 : 0),
    ...(continued === undefined ? {} : { continued }),
    ...(boots.length === 0 ? {} : { boots: boots.slice(0, 16) }),
    ...(pause === null || pause === undefined || isOver ? {} : { pause }),
    ...(isOver ? { endedAt: before.endedAt ?? time } : {}),
    ...(problem === undefined ? {} : { problem }),
  });
}

/** What is over is not paused any more. */
function withoutPause(status: OperationStatus): OperationStatus {
  const rest = { ...status };
  delete rest.pause;
  return rest;
}

/** Writes one entry, carrying the resourceVersion that was read: a journal has one writer. Problem cluster.conflict when it has another. */
export async function journal(
  cluster: Cluster,
  operation: Operation,
  entry: Entry,
  at: Date,
  signal: AbortSignal,
): Promise<Operation> {
  const { name, resourceVersion } = operation.metadata;
  const answer = await cluster.replaceStatus(
    {
      apiVersion: operation.apiVersion,
      kind: operation.kind,
      metadata: { name, resourceVersion },
      spec: operation.spec,
      status: entered(operation, entry, at),
    },
    signal,
  );
  return readOperation(answer);
}

function readOperation(object: unknown): Operation {
  const parsed = Operation.safeParse(object);
  if (parsed.success) return parsed.data;
  throw new Problem('cluster.bad-answer', `the Operation that came back is not one: ${parsed.error.message}`);
}
