import type { ProblemCode } from 'host-service/contract/problem.ts';
import type { StateInput } from '../gallery-state.ts';
import { ago, channel, components, release, side, status, view, type OperationInput } from './base.ts';
import { detail, operation, plan, summaryOf } from './operations.ts';
import { RELEASES, RELEASES_QUARANTINED } from './releases.ts';

const updating = operation('update', { at: 'wait-components' });
const stopped = operation('update', {
  at: 'write-settings',
  more: { paused: { by: 'ada', via: 'cli', at: ago(1_260) } },
});
const crash = {
  code: 'observe.crash-loop',
  detail: 'Application stopped 5 times within 2 minutes',
  subject: 'sebastian',
} as const;
const failed: OperationInput = {
  ...operation('update', { at: 'wait-components' }),
  name: '20260302t094000-update-0f0f0f0f',
  outcome: 'failed',
  endedAt: ago(60),
  problem: crash,
  steps: operation('update', { at: 'wait-components' }).steps.map((step) =>
    step.state === 'running'
      ? {
          ...step,
          state: 'failed',
          endedAt: ago(60),
          problem: crash,
          now: crash.detail,
          evidence:
            'sebastian-7c9d8f6b5-x2x7k: Error: relation "invoice" has no column "tax_region"\nexit code 1, 5 restarts',
        }
      : step.state === 'pending'
        ? { ...step, state: 'skipped' }
        : step,
  ),
};
const reverting = operation('revert', {
  at: 'revert',
  from: '2.2.0',
  to: '2.1.0',
  sinceS: 6,
  more: { actor: { by: 'appliance', via: 'engine' }, cause: { operation: failed.name, problem: crash } },
});
const reverted = operation('revert', {
  from: '2.2.0',
  to: '2.1.0',
  sinceS: 700,
  more: { actor: { by: 'appliance', via: 'engine' }, cause: { operation: failed.name, problem: crash } },
});
const quarantined = [{ ...side('2.2.0'), reason: crash, attempts: 1, at: ago(900) }];

const REGISTRY: readonly ProblemCode[] = [
  'registry.cancelled',
  'registry.connect',
  'registry.credentials-stale',
  'registry.damaged',
  'registry.denied',
  'registry.dns',
  'registry.not-found',
  'registry.outage',
  'registry.protocol',
  'registry.proxy',
  'registry.rate-limited',
  'registry.redirect-refused',
  'registry.timeout',
  'registry.tls',
  'registry.too-large',
];

const blocked = (code: ProblemCode): StateInput => ({
  name: `blocked-${code.replace('.', '-')}`,
  title: `Stopped: ${code}`,
  view: view({
    status: status({
      phase: 'blocked',
      channel: channel({
        lastSuccessAt: ago(7_200),
        problem: { code, detail: 'ghcr.io: the 14th try failed' },
      }),
      problems: [{ code, detail: 'ghcr.io: the 14th try failed', subject: 'stable', since: ago(7_100) }],
      plan: { ...plan('2.2.0'), kind: 'blocked', problem: { code, detail: 'ghcr.io' } },
    }),
  }),
  releases: RELEASES,
});

export const TROUBLE: readonly StateInput[] = [
  {
    name: 'update-paused',
    title: 'Somebody has paused an update',
    view: view({
      status: status({
        phase: 'paused',
        target: release('2.2.0'),
        operation: summaryOf(stopped),
      }),
      operation: stopped,
    }),
    operations: [stopped],
    details: [detail(stopped)],
  },
  {
    name: 'updating',
    title: 'An update is under way',
    view: view({
      status: status({
        phase: 'updating',
        target: release('2.2.0'),
        operation: summaryOf(updating),
        plan: plan('2.2.0', {
          steps: updating.steps.map((step) => ({
            kind: step.kind,
            done: step.state === 'done',
            text: step.title,
          })),
        }),
        components: [
          ...components({
            sebastian: {
              state: 'progressing',
              detail: 'The new version starts; the earlier one still answers.',
            },
          }),
        ],
        tiers: { platform: 'ready', core: 'progressing', login: 'ready', background: 'ready' },
      }),
      operation: updating,
    }),
    operations: [updating],
    details: [detail(updating)],
    releases: RELEASES,
  },
  {
    name: 'going-back',
    title: 'An update failed, the box goes back',
    view: view({
      status: status({
        phase: 'reverting',
        running: release('2.2.0', { since: ago(400) }),
        target: release('2.1.0'),
        operation: summaryOf(reverting),
        quarantined,
        problems: [{ ...crash, since: ago(66) }],
        components: [
          ...components({ sebastian: { state: 'failed', detail: crash.detail, code: 'observe.crash-loop' } }),
        ],
        tiers: { platform: 'ready', core: 'failed', login: 'failed', background: 'ready' },
      }),
      operation: reverting,
    }),
    operations: [reverting, failed],
    details: [detail(reverting), detail(failed)],
    releases: RELEASES_QUARANTINED,
  },
  {
    name: 'reverted',
    title: 'Back on the earlier release, the failed one in quarantine',
    view: view({ status: status({ quarantined }), operation: reverted }),
    operations: [reverted, failed],
    details: [detail(reverted), detail(failed)],
    releases: RELEASES_QUARANTINED,
  },
  {
    name: 'failed-operation',
    title: 'An operation that failed',
    at: `/history/${failed.name}`,
    view: view({ status: status({ quarantined }), operation: reverted }),
    operations: [reverted, failed],
    details: [detail(reverted), detail(failed)],
    releases: RELEASES_QUARANTINED,
  },
  ...REGISTRY.map(blocked),
];
