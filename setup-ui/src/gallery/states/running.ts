import type { StateInput } from '../gallery-state.ts';
import { ago, channel, components, release, session, side, status, view } from './base.ts';
import { detail, operation, plan } from './operations.ts';
import { known, RELEASES } from './releases.ts';

const done = operation('update', { from: '2.0.3', to: '2.1.0', sinceS: 86_400 * 3 });
const past = { operations: [done], details: [detail(done)], releases: RELEASES };
const irreversible = ['The database takes a form that 2.1.0 cannot read. There is no way back after it.'];

export const RUNNING: readonly StateInput[] = [
  { name: 'running', title: 'All is well', view: view({ operation: done }), ...past },
  {
    name: 'update-reversible',
    title: 'An update waits, with a way back',
    view: view({
      status: status({
        available: release('2.2.0', { notes: 'Faster start, and 14 faults fewer.' }),
        plan: plan('2.2.0'),
      }),
      operation: done,
    }),
    ...past,
  },
  {
    name: 'update-irreversible',
    title: 'An update waits, without a way back',
    view: view({
      status: status({
        available: release('3.0.0', { notes: 'New reports. Needs a new form of the data.' }),
        plan: plan('3.0.0', { irreversible, problem: { code: 'plan.irreversible', detail: '3.0.0' } }),
      }),
      operation: done,
    }),
    ...past,
    releases: [known('3.0.0', { isAvailable: true, isReversible: false }), ...RELEASES.slice(1)],
  },
  {
    name: 'held',
    title: 'On hold',
    view: view({
      intent: { channel: 'stable', hold: true, actor: { by: 'admin', via: 'ui', reason: 'End of quarter' } },
      status: status({
        phase: 'held',
        available: release('2.2.0'),
        plan: plan('2.2.0'),
        problems: [{ code: 'plan.held', detail: 'by admin: End of quarter' }],
      }),
    }),
    ...past,
  },
  {
    name: 'pinned',
    title: 'Pinned to a version',
    view: view({
      intent: { channel: 'stable', pin: '2.1.0' },
      status: status({
        trace: [
          { rule: 'pin', candidate: side('2.1.0'), verdict: 'pass', detail: 'The pin names 2.1.0.' },
          { rule: 'already-running', candidate: side('2.1.0'), verdict: 'skip', detail: 'It runs already.' },
        ],
      }),
    }),
    ...past,
  },
  {
    name: 'waiting-to-overtake',
    title: 'Channel switched, waits until it overtakes',
    view: view({
      intent: { channel: 'stable', whenOlder: 'wait' },
      status: status({
        running: release('2.3.0-nightly.12', { since: ago(86_400) }),
        target: release('2.3.0-nightly.12'),
        trace: [
          {
            rule: 'direction',
            candidate: side('2.1.0'),
            verdict: 'wait',
            detail: 'The channel is at 2.1.0, older than 2.3.0-nightly.12, which runs.',
            changes: { when: 'when the channel reaches 2.3.0' },
          },
        ],
      }),
    }),
    ...past,
  },
  {
    name: 'viewer',
    title: 'Somebody who may only look',
    session: session({ user: 'reader', role: 'viewer' }),
    view: view({ status: status({ available: release('2.2.0'), plan: plan('2.2.0') }), operation: done }),
    ...past,
  },
  {
    name: 'stale',
    title: 'No sign of the box for 40 s',
    freshness: { kind: 'stale', sinceMs: 40_000 },
    view: view(),
    ...past,
  },
  {
    name: 'offline',
    title: 'No connection',
    freshness: { kind: 'offline', sinceMs: 185_000 },
    view: view(),
    ...past,
  },
  {
    name: 'cluster-away',
    title: 'The control plane does not see its platform',
    view: view({ cluster: { isConnected: false, since: ago(48) } }),
    ...past,
  },
  {
    name: 'degraded-background',
    title: 'Background work is broken, people can sign in',
    view: view({
      status: status({
        phase: 'degraded',
        components: [
          ...components({
            'email-service': {
              state: 'failed',
              detail: 'It stopped 6 times within 5 minutes.',
              code: 'observe.crash-loop',
            },
          }),
        ],
        tiers: { platform: 'ready', core: 'ready', login: 'ready', background: 'failed' },
        problems: [
          {
            code: 'observe.crash-loop',
            detail: 'E-mail stopped 6 times within 5 minutes',
            subject: 'email-service',
            since: ago(640),
          },
        ],
      }),
    }),
    ...past,
  },
  {
    name: 'degraded-core',
    title: 'The application itself is broken',
    view: view({
      status: status({
        phase: 'degraded',
        components: [
          ...components({
            sebastian: { state: 'failed', detail: 'It runs but answers 500.', code: 'observe.probe-failed' },
            'sebastian-login': {
              state: 'failed',
              detail: 'Signing in does not work.',
              code: 'observe.probe-failed',
            },
          }),
        ],
        tiers: { platform: 'ready', core: 'failed', login: 'failed', background: 'ready' },
        problems: [
          {
            code: 'observe.probe-failed',
            detail: 'GET /api/health answered 500',
            subject: 'sebastian',
            since: ago(120),
          },
        ],
      }),
    }),
    ...past,
  },
  {
    name: 'expired-channel',
    title: 'The channel was not confirmed for too long',
    view: view({
      status: status({
        channel: channel({
          expires: ago(86_400 * 2),
          issued: ago(86_400 * 32),
          problem: { code: 'release.expired', detail: 'stable expired 2 days ago' },
        }),
        problems: [{ code: 'release.expired', detail: 'stable expired 2 days ago', since: ago(86_400 * 2) }],
      }),
    }),
    ...past,
  },
  {
    name: 'unsigned',
    title: 'Runs an unsigned release',
    view: view({
      status: status({
        running: release('1.9.9', { signed: false, keyIds: [], since: ago(86_400 * 3) }),
        target: release('1.9.9', { signed: false, keyIds: [] }),
        problems: [{ code: 'release.unsigned', detail: '1.9.9 has no signature; allowed until 2026-06-30' }],
      }),
    }),
    ...past,
    releases: [known('1.9.9', { signed: false, keyIds: [], isRunning: true, isLastGood: true })],
  },
  {
    name: 'empty-history',
    title: 'Nothing was done yet',
    at: '/history',
    view: view(),
    operations: [],
    releases: [],
  },
  {
    name: 'releases',
    title: 'The list of releases',
    at: '/releases',
    view: view({ status: status({ available: release('2.2.0') }) }),
    ...past,
  },
  { name: 'history', title: 'What was done', at: '/history', view: view(), ...past },
  { name: 'operation', title: 'One operation', at: `/history/${done.name}`, view: view(), ...past },
];
