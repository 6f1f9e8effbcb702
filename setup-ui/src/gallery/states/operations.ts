import type { StepKind } from 'host-service/contract/operation.ts';
import type { OperationDetail } from 'host-service/contract/api/operations.ts';
import type { z } from 'zod';
import { ago, digestOf, side, type OperationInput, type PlanInput, type StatusInput } from './base.ts';

type StepInput = OperationInput['steps'][number];
export type DetailInput = z.input<typeof OperationDetail>;

/** Steps of a verb in their order, with what each says while it runs and how long that is usual. */
const STEPS: Readonly<Record<StepKind, { title: string; now: string; usualMs: number; worstMs: number }>> = {
  register: {
    title: 'Redeem the install code',
    now: 'The licence service does not answer; asked again at 14:03.',
    usualMs: 2_000,
    worstMs: 60_000,
  },
  'prepare-storage': {
    title: 'Check the storage',
    now: 'Waiting until the disk has the room for the trial write.',
    usualMs: 10_000,
    worstMs: 180_000,
  },
  'pull-images': {
    title: 'Fetch images',
    now: 'Pulling 3 of 7 images, 41 of 120 MB on box-1',
    usualMs: 60_000,
    worstMs: 1_800_000,
  },
  'install-flux': {
    title: 'Prepare the delivery engine',
    now: 'Waiting for the delivery engine to become ready, 2 of 3 parts are.',
    usualMs: 25_000,
    worstMs: 120_000,
  },
  'write-settings': {
    title: 'Write the settings',
    now: 'Writing 6 settings for 2.2.0.',
    usualMs: 1_000,
    worstMs: 10_000,
  },
  'point-source': {
    title: 'Switch to the release',
    now: 'Waiting for the delivery engine to fetch 2.2.0.',
    usualMs: 4_000,
    worstMs: 60_000,
  },
  migrate: {
    title: 'Prepare the data',
    now: 'Bringing the database to the form that 2.2.0 needs.',
    usualMs: 60_000,
    worstMs: 900_000,
  },
  'wait-components': {
    title: 'Wait until all parts are ready',
    now: 'Waiting for Database to accept connections, 38 s, usually 20 to 60 s.',
    usualMs: 90_000,
    worstMs: 600_000,
  },
  confirm: {
    title: 'Confirm the release',
    now: 'Writing down that 2.2.0 is good.',
    usualMs: 500,
    worstMs: 5_000,
  },
  revert: {
    title: 'Go back to the earlier release',
    now: 'Putting back 2.1.0.',
    usualMs: 4_000,
    worstMs: 60_000,
  },
  prune: {
    title: 'Clear up',
    now: 'Removing settings of releases that nobody needs.',
    usualMs: 800,
    worstMs: 10_000,
  },
  'roll-control-plane': {
    title: 'Change the control plane',
    now: 'Waiting for control plane 2.2.0 to get ready beside the one that runs.',
    usualMs: 50_000,
    worstMs: 300_000,
  },
};

const KINDS: Readonly<Record<OperationInput['verb'], readonly StepKind[]>> = {
  install: [
    'register',
    'prepare-storage',
    'pull-images',
    'install-flux',
    'write-settings',
    'point-source',
    'migrate',
    'wait-components',
    'confirm',
    'prune',
  ],
  update: ['write-settings', 'point-source', 'migrate', 'wait-components', 'confirm', 'prune'],
  revert: ['write-settings', 'revert', 'wait-components', 'confirm'],
  repair: ['write-settings', 'point-source', 'wait-components'],
  roll: ['roll-control-plane'],
};

/** An operation that stands at a step; without one it is over. */
export function operation(
  verb: OperationInput['verb'],
  options: {
    at?: StepKind;
    from?: string;
    to?: string;
    sinceS?: number;
    more?: Partial<OperationInput>;
  } = {},
): OperationInput {
  const { at, from = '2.1.0', to = '2.2.0', sinceS = 38, more = {} } = options;
  const kinds = KINDS[verb];
  const here = at === undefined ? kinds.length : kinds.indexOf(at);
  const steps = kinds.map((kind, index): StepInput => {
    const { title, now, usualMs, worstMs } = STEPS[kind];
    const usual = { usualMs, worstMs };
    if (index > here) return { kind, title, state: 'pending', ...usual };
    const startedAt = ago(sinceS + 20 * Math.max(0, here - index));
    if (index === here) return { kind, title, state: 'running', attempts: 1, startedAt, now, ...usual };
    return {
      kind,
      title,
      state: 'done',
      attempts: 1,
      startedAt,
      endedAt: ago(sinceS + 20 * (here - index) - 15),
      ...usual,
    };
  });
  return {
    name: `20260302t095${verb.length % 10}00-${verb}-${digestOf(to).slice(7, 15)}`,
    verb,
    ...(verb === 'install' ? {} : { from: side(from) }),
    to: side(to),
    intentRevision: 7,
    actor: { by: 'admin', via: 'ui' },
    outcome: at === undefined ? 'succeeded' : 'running',
    startedAt: ago(sinceS + 20 * here + 5),
    ...(at === undefined ? { endedAt: ago(sinceS) } : {}),
    resumes: 0,
    steps,
    lastEvent: 4,
    ...more,
  };
}

/** The same operation as the status tells it. */
export function summaryOf(view: OperationInput): NonNullable<StatusInput['operation']> {
  const step = view.steps.find((each) => each.state === 'running');
  return {
    name: view.name,
    verb: view.verb,
    ...(view.from === undefined ? {} : { from: view.from.version }),
    to: view.to.version,
    intentRevision: view.intentRevision,
    ...(step === undefined ? {} : { step: step.kind, stepSince: step.startedAt }),
    now: step?.now ?? (view.outcome === 'succeeded' ? 'Done.' : 'Over.'),
    ...(step?.usualMs === undefined ? {} : { usualMs: step.usualMs }),
    ...(step?.worstMs === undefined ? {} : { worstMs: step.worstMs }),
    startedAt: view.startedAt,
    ...(view.endedAt === undefined ? {} : { endedAt: view.endedAt }),
    outcome: view.outcome,
  };
}

/** Events of an operation: one at the start of each step that has begun. */
export function detail(view: OperationInput): DetailInput {
  const begun = view.steps.filter((step) => step.state !== 'pending');
  const events = begun.map((step, index) => ({
    n: index + 1,
    at: step.startedAt ?? view.startedAt,
    level: step.state === 'failed' ? ('error' as const) : ('info' as const),
    step: step.kind,
    text: step.state === 'failed' ? (step.now ?? step.title) : `Begun: ${step.title}.`,
  }));
  return { ...view, lastEvent: events.length, events };
}

/** What approving a release would do. */
export const plan = (to: string, more: Partial<PlanInput> = {}): PlanInput => ({
  kind: 'steps',
  verb: 'update',
  from: side('2.1.0'),
  to: side(to),
  steps: KINDS.update.map((kind) => ({ kind, done: false, text: STEPS[kind].title })),
  creates: [`ConfigMap flux-system/appliance-values-sebastian-${to}`],
  changes: ['OCIRepository flux-system/alga-appliance', 'ConfigMap alga-system/appliance-release-selection'],
  removes: [],
  pullBytes: 412_334_592,
  pulls: [
    { what: 'Application', digest: digestOf(`image ${to}`), bytes: 398_458_880 },
    { what: 'Configuration', digest: digestOf(`config ${to}`), bytes: 84_192 },
    { what: 'Workflows', digest: digestOf(`workflow ${to}`), bytes: 13_791_520 },
  ],
  irreversible: [],
  hosts: ['ghcr.io', 'pkg-containers.githubusercontent.com'],
  timeMs: { usual: 160_000, worst: 1_500_000 },
  disk: { total: 128_000_000_000, freeNow: 61_500_000_000, freeAfter: 61_087_665_408 },
  ...more,
});
