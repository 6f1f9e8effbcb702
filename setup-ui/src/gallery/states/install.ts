import type { StepKind } from 'host-service/contract/operation.ts';
import type { StateInput } from '../gallery-state.ts';
import { ago, channel, components, release, status, view, without, type StatusInput } from './base.ts';
import { detail, operation, plan, summaryOf } from './operations.ts';

const fresh: Partial<StatusInput> = { target: release('2.2.0'), available: release('2.2.0') };
const empty = (more: Partial<StatusInput> = {}): StatusInput =>
  without(status({ phase: 'starting', components: [], tiers: {}, ...fresh, ...more }), 'running', 'lastGood');

const STEP_KINDS: readonly StepKind[] = [
  'install-flux',
  'write-settings',
  'point-source',
  'migrate',
  'wait-components',
  'confirm',
  'prune',
];

function installing(kind: StepKind): StateInput {
  const running = operation('install', { at: kind });
  return {
    name: `installing-${kind}`,
    title: `Installing: ${kind}`,
    at: '/overview',
    view: view({
      status: empty({
        phase: 'installing',
        operation: summaryOf(running),
        plan: plan('2.2.0', {
          verb: 'install',
          steps: running.steps.map((step) => ({
            kind: step.kind,
            done: step.state === 'done',
            text: step.title,
          })),
        }),
        components: [
          ...components({
            sebastian: { state: 'progressing', detail: 'It starts: 1 of 2 copies answer.' },
            'sebastian-login': { state: 'missing', detail: 'It comes after the application.' },
            'email-service': { state: 'missing', detail: 'It comes after the application.' },
          }),
        ],
        tiers: { platform: 'ready', core: 'progressing', login: 'unknown', background: 'progressing' },
      }),
      operation: running,
    }),
    details: [detail(running)],
    operations: [running],
  };
}

const late = operation('install', { at: 'wait-components', sinceS: 412 });

export const INSTALL: readonly StateInput[] = [
  { name: 'loading', title: 'Nothing has answered yet', isSilent: true },
  {
    name: 'no-status',
    title: 'The engine has not looked yet',
    at: '/overview',
    view: without(view(), 'status'),
  },
  { name: 'starting', title: 'Starting', at: '/overview', view: view({ status: empty() }) },
  {
    name: 'needs-you',
    title: 'Settings are missing',
    at: '/overview',
    view: view({
      settings: {},
      status: empty({
        phase: 'needs-you',
        problems: [
          {
            code: 'plan.settings-missing',
            detail: 'Address of the application, Company name, E-mail address of the first administrator',
            since: ago(95),
          },
        ],
        plan: plan('2.2.0', {
          kind: 'blocked',
          verb: 'install',
          problem: { code: 'plan.settings-missing', detail: 'appUrl, tenantName, adminEmail, adminPassword' },
        }),
      }),
    }),
  },
  ...STEP_KINDS.map(installing),
  {
    name: 'waiting-late',
    title: 'Waiting longer than usual',
    at: '/overview',
    view: view({
      status: empty({
        phase: 'installing',
        operation: summaryOf(late),
        components: [
          ...components({ db: { state: 'progressing', detail: 'It does not accept connections yet.' } }),
        ],
        tiers: { platform: 'progressing', core: 'unknown', login: 'unknown', background: 'unknown' },
        channel: channel(),
      }),
      operation: late,
    }),
    details: [detail(late)],
    operations: [late],
  },
];
