import type { StepKind } from 'host-service/contract/operation.ts';
import type { ProblemBody } from 'host-service/contract/problem.ts';
import type { StateInput } from '../../gallery-state.ts';
import {
  ago,
  components,
  digestOf,
  release,
  side,
  status,
  view,
  without,
  type OperationInput,
  type StatusInput,
} from '../base.ts';
import { detail, operation, summaryOf } from '../operations.ts';
import { freshView, setupPlan, setupView } from '../setup.ts';

const fresh = (more: Partial<StatusInput>): StatusInput =>
  without(
    status({ target: release('2.2.0'), available: release('2.2.0'), components: [], tiers: {}, ...more }),
    'running',
    'lastGood',
  );

const STARTING = [
  ...components({
    sebastian: { state: 'progressing', detail: 'It starts: 1 of 2 copies answer.' },
    'sebastian-login': { state: 'missing', detail: 'It comes after the application.' },
    'email-service': { state: 'missing', detail: 'It comes after the application.' },
  }),
];

function state(name: string, title: string, run: OperationInput, more: Partial<StatusInput>): StateInput {
  return {
    name: `setup-${name}`,
    title: `Setup: ${title}`,
    at: '/setup/install',
    setup: setupView({ state: 'begun' }),
    view: view({
      settings: { appUrl: 'https://psa.example.com', adminEmail: 'ada@example.com' },
      status: fresh({ phase: 'installing', operation: summaryOf(run), plan: setupPlan, ...more }),
      operation: run,
    }),
    details: [detail(run)],
    operations: [run],
  };
}

const running = (kind: StepKind, sinceS: number, more: Partial<OperationInput> = {}): OperationInput =>
  operation('install', { at: kind, sinceS, more });

const waiting = running('wait-components', 38, {
  resumes: 1,
  continued: { stoppedAt: ago(110), at: ago(45), kind: 'power' },
});
const restarted = running('install-flux', 12, { resumes: 1, continued: { at: ago(9), kind: 'restart' } });
const pulling = running('pull-images', 95);
const paused = running('pull-images', 95, {
  paused: { by: 'ada', via: 'ui', at: ago(40), reason: 'opening hours' },
});

const MB = 1_000_000;
const PULLS: NonNullable<StatusInput['pulls']> = [
  {
    ...{ what: 'Application', digest: digestOf('image 2.2.0'), state: 'pulling' },
    ...{ bytes: 214 * MB, total: 398 * MB, since: ago(41) },
  },
  {
    ...{ what: 'Workflows', digest: digestOf('workflow 2.2.0'), state: 'failed', retries: 3 },
    ...{ bytes: 9 * MB, total: 14 * MB, code: 'registry.connect', since: ago(12) },
  },
  { what: 'E-mail', digest: digestOf('mail 2.2.0'), state: 'waiting', total: 88 * MB, since: ago(95) },
  {
    ...{ what: 'Database', digest: digestOf('db 2.2.0'), state: 'present' },
    ...{ bytes: 151 * MB, total: 151 * MB, since: ago(60) },
  },
];
const late = running('wait-components', 912);
const early = running('install-flux', 12);

const ended = operation('install');
const failed: OperationInput = {
  ...ended,
  outcome: 'failed',
  problem: { code: 'observe.image-pull', detail: 'Application: ghcr.io answered 503.', subject: 'sebastian' },
  steps: ended.steps.map((step) =>
    step.kind === 'wait-components'
      ? {
          ...step,
          state: 'failed',
          evidence: 'sebastian-7c9d8f6b5-x2x7k: pull of sha256:0f3a… failed 6 times',
        }
      : ['confirm', 'prune'].includes(step.kind)
        ? { kind: step.kind, title: step.title, state: 'skipped' }
        : step,
  ),
};

const FULL: ProblemBody = {
  code: 'storage.claim-pending',
  detail: 'ProvisioningFailed: create process timeout after 120 seconds',
  subject: 'storage',
};
const storing = running('prepare-storage', 21);
const withoutRoom: OperationInput = {
  ...ended,
  outcome: 'failed',
  problem: FULL,
  steps: ended.steps.map(({ kind, title, ...step }) => {
    if (kind === 'register') return { kind, title, ...step };
    return kind === 'prepare-storage'
      ? { kind, title, ...step, state: 'failed', problem: FULL }
      : { kind, title, state: 'skipped' };
  }),
};

/** The wizard from its one button on. */
export const SETUP_RUN: readonly StateInput[] = [
  {
    name: 'setup-approved',
    title: 'Setup: approved, not yet taken up',
    at: '/setup/install',
    setup: setupView({ state: 'begun' }),
    view: freshView({ status: fresh({ phase: 'starting' }) }),
  },
  {
    name: 'setup-unseen',
    title: 'Setup: approved a moment ago',
    at: '/setup/install',
    setup: setupView({ state: 'begun' }),
    view: freshView({ intentRevision: 8 }),
  },
  state('run-early', 'the first step', early, {}),
  state('run-storage', 'the trial write waits for room', storing, {}),
  state('run-downloads', 'downloads, one of them is tried again', pulling, { pulls: PULLS }),
  state('run-paused', 'somebody has paused it', paused, {
    phase: 'paused',
    pulls: PULLS.map((each) => (each.state === 'present' ? each : { ...each, state: 'waiting' })),
  }),
  state('run-restarted', 'continued after a restart', restarted, {}),
  state('run', 'waiting for the parts', waiting, {
    components: STARTING,
    tiers: { platform: 'ready', core: 'progressing', login: 'unknown', background: 'progressing' },
  }),
  state('run-late', 'later than ever', late, {
    components: STARTING,
    tiers: { platform: 'ready', core: 'ready', login: 'progressing', background: 'progressing' },
  }),
  state('failed', 'it has stopped', failed, {
    phase: 'blocked',
    components: STARTING,
    problems: [{ code: 'observe.image-pull', detail: 'ghcr.io answered 503.', since: ago(200) }],
    quarantined: [
      {
        ...side('2.2.0'),
        reason: { code: 'observe.image-pull', detail: 'Application: ghcr.io answered 503.' },
        attempts: 1,
        at: ago(38),
      },
    ],
  }),
  state('failed-storage', 'the storage gives no room', withoutRoom, {
    phase: 'blocked',
    problems: [{ ...FULL, since: ago(38) }],
  }),
  {
    name: 'setup-done',
    title: 'Setup: people can log in',
    at: '/setup/install',
    setup: setupView({ state: 'done' }),
    view: view({
      settings: { appUrl: 'https://psa.example.com', adminEmail: 'ada@example.com' },
      operation: ended,
    }),
    details: [detail(ended)],
    operations: [ended],
  },
  {
    name: 'setup-done-broken',
    title: 'Setup: installed, and broken since',
    at: '/setup/install',
    setup: setupView({ state: 'done' }),
    view: view({
      settings: { appUrl: 'https://psa.example.com', adminEmail: 'ada@example.com' },
      operation: ended,
      status: status({
        phase: 'degraded',
        problems: [{ code: 'observe.crash-loop', detail: 'It stops again and again.', since: ago(40) }],
      }),
    }),
    details: [detail(ended)],
    operations: [ended],
  },
];
