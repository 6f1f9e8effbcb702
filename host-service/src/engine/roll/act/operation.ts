import type { Actor } from '../../../contract/appliance.ts';
import type { ControlPlaneBuild } from '../../../contract/control-plane.ts';
import { GROUP_VERSION } from '../../../contract/names.ts';
import type { Operation } from '../../../contract/objects.ts';
import type { OperationSpec, StepKind } from '../../../contract/operation.ts';
import { KEEP } from '../../../core/plan/prune.ts';
import type { Observed } from '../../../core/plan/observed.ts';
import type { Engine } from '../../engine.ts';
import { endEntry, type Ending } from '../../journal/ending.ts';
import { createOperation, journal, operationName, startedStatus } from '../../journal/journal.ts';

const STEP = 'roll-control-plane';
const ENGINE: Actor = { by: 'appliance', via: 'engine' };

/**
 * Creates the journal of a roll before anything is touched. `to` and `from` name builds, not releases. undefined when its name is taken by one that
 * is over: try again in the next second. Old rolls beyond those that are kept go.
 */
export async function startRoll(
  { ports: { cluster, clock, log }, memory }: Engine,
  observed: Observed,
  own: ControlPlaneBuild,
  to: ControlPlaneBuild,
  signal: AbortSignal,
): Promise<Operation | undefined> {
  for (const { metadata } of (observed.rolls ?? []).slice(KEEP.operations - 1)) {
    await cluster.remove({ apiVersion: GROUP_VERSION, kind: 'Operation', name: metadata.name }, { signal });
  }
  const at = clock.now();
  const name = operationName(at, 'roll', to.digest);
  const spec: OperationSpec = {
    verb: 'roll',
    from: { digest: own.digest, version: own.version },
    to: { digest: to.digest, version: to.version },
    profile: observed.spec.profile ?? 'control-plane',
    intentRevision: observed.intentRevision,
    actor: observed.spec.intent.actor ?? ENGINE,
    steps: (observed.hosts ?? []).length > 0 ? ['pull-images', STEP] : [STEP],
    ...(to.release === undefined ? {} : { release: to.release }),
  };
  const operation = await createOperation(cluster, name, spec, signal);
  if (operation.status !== undefined && operation.status.outcome !== 'running') return undefined;
  memory.roll.operation = name;
  log.info('control plane rolls', {
    ...{ operation: name, from: own.version, fromDigest: own.digest, to: to.version, digest: to.digest },
  });
  if (operation.status !== undefined) return operation;
  const begun = { ...operation, status: startedStatus(operation.spec, at) };
  const step = currentStep(begun);
  const entry = {
    steps: [{ kind: step, state: 'running', attempts: 1, startedAt: at.toISOString() }],
    event: { level: 'info', step, text: `Control plane ${own.version} to ${to.version}` },
  } as const;
  return journal(cluster, begun, entry, at, signal);
}

/** The first time this process meets an open roll it says so in its journal (B-52). */
export async function takeUpRoll(
  { ports: { cluster, clock, log }, memory, identity }: Engine,
  operation: Operation,
  signal: AbortSignal,
): Promise<Operation> {
  const { name } = operation.metadata;
  if (memory.roll.operation === name) return operation;
  log.info('roll taken up again', { operation: name, version: identity.version });
  const at = clock.now();
  const step = currentStep(operation);
  const entry = {
    resumed: true,
    steps: [{ kind: step, state: 'running', startedAt: startOf(operation, at) }],
    event: {
      level: 'info',
      step,
      text: `Taken up by ${identity.name}, control plane ${identity.version}`,
    },
  } as const;
  const taken = await journal(cluster, operation, entry, at, signal);
  memory.roll.operation = name;
  return taken;
}

/** The present wait, written when its sentence changes. */
export async function noteRoll(
  { ports: { cluster, clock } }: Engine,
  operation: Operation,
  now: string,
  signal: AbortSignal,
): Promise<Operation> {
  if (operation.status?.steps.some((step) => step.kind === STEP && step.now === now) === true)
    return operation;
  const entry = { steps: [{ kind: STEP, now }], event: { level: 'info', step: STEP, text: now } } as const;
  return journal(cluster, operation, entry, clock.now(), signal);
}

/** Writes the end of a roll. */
export async function endRoll(
  { ports: { cluster, clock, log }, memory }: Engine,
  operation: Operation,
  ending: Ending,
  signal: AbortSignal,
): Promise<void> {
  const at = clock.now();
  await journal(cluster, operation, endEntry(operation, ending, at), at, signal);
  memory.roll.operation = undefined;
  log.info('roll ended', {
    ...{ operation: operation.metadata.name, outcome: ending.outcome, code: ending.problem?.code },
    ms: at.getTime() - Date.parse(startOf(operation, at)),
  });
}

/** Images come before everything else, where there is somebody to fetch them. */
const currentStep = ({ status }: Operation): StepKind =>
  status?.steps.find(({ state }) => state !== 'done')?.kind ?? STEP;

const startOf = ({ status }: Operation, at: Date): string => status?.startedAt ?? at.toISOString();
