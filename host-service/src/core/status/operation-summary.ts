import type { OperationSummary } from '../../contract/appliance.ts';
import { safeLine } from '../../contract/problem.ts';
import type { Operation } from '../../contract/objects.ts';
import type { Pause, StepKind, StepRecord } from '../../contract/operation.ts';

/** Milliseconds that a step takes when this box has no history of its own yet: usual and worst. */
const BAKED: Readonly<Record<StepKind, readonly [usual: number, worst: number]>> = {
  register: [2_000, 60_000],
  'prepare-storage': [10_000, 180_000],
  'pull-images': [60_000, 1_800_000],
  'install-flux': [20_000, 180_000],
  'write-settings': [1_000, 15_000],
  'point-source': [1_000, 15_000],
  migrate: [60_000, 1_800_000],
  'wait-components': [180_000, 2_400_000],
  confirm: [500, 10_000],
  revert: [1_000, 15_000],
  prune: [1_000, 30_000],
  'roll-control-plane': [50_000, 300_000],
};

/** What a wait is about when the step itself has said nothing yet (R-01: no wait without a sentence). */
const WORDS: Readonly<Record<StepKind, string>> = {
  register: 'Redeeming the install code',
  'prepare-storage': 'Looking at the storage of this box',
  'pull-images': 'Fetching images ahead',
  'install-flux': 'Installing the delivery engine',
  'write-settings': 'Writing the settings of this box',
  'point-source': 'Switching to the release',
  migrate: 'Preparing the data for this release',
  'wait-components': 'Waiting for all parts of the application',
  confirm: 'Recording that this release is good',
  revert: 'Going back to the last good release',
  prune: 'Tidying up',
  'roll-control-plane': 'Updating the control plane',
};

/** Usual and worst time of a step in milliseconds: median and maximum of what finished on this box, at least the baked worst time. */
export function stepTimes(
  kind: StepKind,
  history: readonly Operation[],
): { readonly usualMs: number; readonly worstMs: number } {
  const [usual, worst] = BAKED[kind];
  const times = history
    .flatMap((operation) => operation.status?.steps ?? [])
    .filter((step) => step.kind === kind && step.state === 'done')
    .flatMap((step) => durationMs(step) ?? [])
    .sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)];
  const longest = times.at(-1);
  return {
    usualMs: median ?? usual,
    worstMs: Math.max(worst, longest ?? 0),
  };
}

function durationMs(step: StepRecord): number | undefined {
  if (step.startedAt === undefined || step.endedAt === undefined) return undefined;
  const ms = Date.parse(step.endedAt) - Date.parse(step.startedAt) - (step.pausedMs ?? 0);
  return Number.isFinite(ms) && ms >= 0 ? Math.round(ms) : undefined;
}

/**
 * An operation in one sentence: what it does now, since when, and how long that usually and at worst takes. `history` are the other
 * operations of this box. undefined when it has no journal yet.
 */
export function operationSummary(
  operation: Operation,
  history: readonly Operation[],
): OperationSummary | undefined {
  const { spec, status } = operation;
  if (status === undefined) return undefined;
  const current = currentStep(status.steps);
  const times = current === undefined ? undefined : stepTimes(current.kind, history);
  const running = status.outcome === 'running';
  return {
    name: operation.metadata.name,
    verb: spec.verb,
    ...(spec.from === undefined ? {} : { from: spec.from.version }),
    to: spec.to.version,
    intentRevision: spec.intentRevision,
    ...(current === undefined ? {} : { step: current.kind }),
    now: safeLine(running ? wait(status.pause, current) : outcomeSentence(operation)),
    ...(current?.startedAt === undefined ? {} : { stepSince: current.startedAt }),
    ...(running && times !== undefined ? times : {}),
    startedAt: status.startedAt,
    ...(status.endedAt === undefined ? {} : { endedAt: status.endedAt }),
    outcome: status.outcome,
    ...(status.pause === undefined ? {} : { paused: pausedOf(status.pause) }),
    ...(status.continued === undefined ? {} : { continued: status.continued }),
  };
}

function currentStep(steps: readonly StepRecord[]): StepRecord | undefined {
  return (
    steps.find((step) => step.state === 'running' || step.state === 'failed') ??
    steps.find((step) => step.state === 'pending')
  );
}

/** A pause as people are told of it. */
export const pausedOf = ({ by, via, at, reason }: Pause): NonNullable<OperationSummary['paused']> => ({
  ...{ by, via, at },
  ...(reason === undefined ? {} : { reason }),
});

const wait = (pause: Pause | undefined, step: StepRecord | undefined): string =>
  pause === undefined ? sentence(step) : `Paused by ${pause.by} since ${pause.at}, before: ${sentence(step)}`;

function sentence(step: StepRecord | undefined): string {
  if (step === undefined) return 'Finishing';
  return step.now === undefined || step.now === '' ? WORDS[step.kind] : step.now;
}

function outcomeSentence({ spec, status }: Operation): string {
  const to = `${spec.verb === 'roll' ? 'control plane' : 'release'} ${spec.to.version}`;
  switch (status?.outcome) {
    case 'succeeded':
      return spec.verb === 'revert' ? `Back on ${to}` : `Done: ${to} runs`;
    case 'failed':
      return status.problem === undefined ? `Failed: ${to}` : `Failed: ${status.problem.detail}`;
    default:
      return `Cancelled: ${to}`;
  }
}
