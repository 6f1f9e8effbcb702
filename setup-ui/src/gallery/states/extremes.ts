import { ProblemCode } from 'host-service/contract/problem.ts';
import type { StateInput } from '../gallery-state.ts';
import { ago, component, release, session, status, view } from './base.ts';
import { detail, operation, plan, summaryOf } from './operations.ts';
import { RELEASES } from './releases.ts';

const COMPOUND =
  'Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetzesauskunftsdienststellenverzeichnis';
const LONG = 'donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunters';
const STATES = ['ready', 'progressing', 'failed', 'missing', 'unknown'] as const;
const TIERS = ['platform', 'core', 'login', 'background'] as const;
const running = operation('update', {
  at: 'wait-components',
  more: {
    steps: operation('update', { at: 'wait-components' }).steps.map((step) => ({
      ...step,
      title: `${COMPOUND}: ${step.title}`,
      now: `Wartet auf ${COMPOUND}, seit 38 s`,
    })),
  },
});

export const EXTREMES: readonly StateInput[] = [
  {
    name: 'long-words',
    title: 'Very long words',
    session: session({
      user: 'a'.repeat(32),
      branding: { name: `${COMPOUND} GmbH & Co. KG`, vendor: COMPOUND, accent: '#ffe600' },
    }),
    view: view({
      questions: { [LONG]: { type: 'text', title: COMPOUND, help: `${COMPOUND} `.repeat(4).trim() } },
      settings: { [LONG]: COMPOUND.repeat(2) },
      channels: [{ name: LONG, title: COMPOUND, description: COMPOUND }],
      defaultChannel: LONG,
      intent: { channel: LONG },
      status: status({
        phase: 'updating',
        running: release('2.1.0-rindfleischetikettierung.20260302.abcdef'),
        available: release('2.2.0', { notes: `${COMPOUND} `.repeat(8).trim() }),
        operation: summaryOf(running),
        components: [
          component(LONG, 'core', COMPOUND, {
            state: 'failed',
            detail: `${COMPOUND} antwortet nicht`,
            namespace: LONG,
            pods: [LONG],
          }),
          component('db', 'platform', 'Datenbank'),
        ],
        tiers: { platform: 'ready', core: 'failed' },
        problems: [
          { code: 'observe.probe-failed', detail: `${COMPOUND}: ${'x'.repeat(300)}`, subject: LONG },
        ],
        plan: plan('2.2.0', { hosts: [`${LONG}.${LONG}.example.com`], irreversible: [COMPOUND.repeat(3)] }),
      }),
      operation: running,
    }),
    operations: [running],
    details: [detail(running)],
    releases: RELEASES,
  },
  {
    name: 'many-components',
    title: 'Forty parts',
    view: view({
      status: status({
        phase: 'degraded',
        components: Array.from({ length: 40 }, (_, index) =>
          component(`part-${index + 1}`, TIERS[index % 4] ?? 'core', `Part number ${index + 1}`, {
            state: STATES[(index * 7) % 5] ?? 'ready',
            detail: 'What it says about itself.',
          }),
        ),
        tiers: { platform: 'progressing', core: 'failed', login: 'ready', background: 'unknown' },
      }),
    }),
    releases: RELEASES,
  },
  {
    name: 'many-problems',
    title: 'Fifty problems',
    view: view({
      status: status({
        phase: 'blocked',
        problems: ProblemCode.options.slice(0, 50).map((code, index) => ({
          code,
          detail: `what exactly, number ${index + 1}`,
          since: ago(60 * index),
        })),
      }),
    }),
    releases: RELEASES,
  },
];
