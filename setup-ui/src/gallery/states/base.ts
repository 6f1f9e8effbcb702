import type { OperationView } from 'host-service/contract/api/operations.ts';
import type { PlanDescription } from 'host-service/contract/api/plan.ts';
import type { ReleaseView } from 'host-service/contract/api/releases.ts';
import type { SessionView } from 'host-service/contract/api/session.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';
import type { ApplianceStatus, ReleaseRef } from 'host-service/contract/appliance.ts';
import type { z } from 'zod';

/** The moment at which every state of the gallery stands. */
export const GALLERY_NOW = Date.parse('2026-03-02T10:00:00Z');
/** A time so many seconds before that moment; negative = after it. */
export const ago = (seconds: number): string =>
  new Date(GALLERY_NOW - seconds * 1000).toISOString().replace('.000Z', 'Z');

/** A digest that is always the same for the same text. */
export function digestOf(text: string): string {
  let hash = 0x811c9dc5;
  let hex = '';
  for (let round = 0; hex.length < 64; round++) {
    for (const letter of `${text}${round}`) {
      hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
    }
    hex += hash.toString(16).padStart(8, '0');
  }
  return `sha256:${hex.slice(0, 64)}`;
}

export const side = (version: string): { digest: string; version: string } => ({
  digest: digestOf(version),
  version,
});

export const release = (
  version: string,
  more: Partial<z.input<typeof ReleaseRef>> = {},
): z.input<typeof ReleaseRef> => ({
  ...side(version),
  ociDigest: digestOf(`oci ${version}`),
  signed: true,
  keyIds: ['release-2026'],
  ...more,
});

export type ComponentInput = z.input<typeof ApplianceStatus>['components'] extends infer L
  ? L extends readonly (infer C)[]
    ? C
    : never
  : never;

export const component = (
  name: string,
  tier: 'platform' | 'core' | 'login' | 'background',
  title: string,
  more: Partial<ComponentInput> = {},
): ComponentInput => ({
  name,
  kind: 'Deployment',
  namespace: 'msp',
  tier,
  title,
  state: 'ready',
  detail: 'It answers and runs the pinned version.',
  digests: { [name]: digestOf(`image ${name}`) },
  pods: [`${name}-7c9d8f6b5-x2x7k`],
  ...more,
});

/** The parts of the product, all ready unless said otherwise by name. */
export function components(
  changes: Readonly<Record<string, Partial<ComponentInput>>> = {},
): readonly ComponentInput[] {
  const all = [
    component('db', 'platform', 'Database', { kind: 'StatefulSet' }),
    component('pgbouncer', 'platform', 'Database connections'),
    component('sebastian', 'core', 'Application'),
    component('sebastian-login', 'login', 'Sign-in'),
    component('email-service', 'background', 'E-mail'),
    component('temporal', 'background', 'Scheduler'),
    component('temporal-worker', 'background', 'Scheduled work'),
    component('workflow-worker', 'background', 'Workflows'),
  ];
  return all.map((each) => ({ ...each, ...changes[each.name] }));
}

export const session = (more: Partial<z.input<typeof SessionView>> = {}): z.input<typeof SessionView> => ({
  claimed: true,
  user: 'admin',
  role: 'admin',
  expiresAt: ago(-36_000),
  branding: {
    name: 'AlgaPSA',
    vendor: 'Nine Minds',
    support: 'https://github.com/Nine-Minds/alga-psa/issues',
    logo: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#7c3aed"/><path d="M16 6 26 26h-4.4l-1.9-4h-7.4l-1.9 4H6Zm0 8.6L13.9 18.6h4.2Z" fill="#fff"/></svg>',
    accent: '#7c3aed',
  },
  build: 'a1b2c3d4e5f6',
  ...more,
});

export type StatusInput = z.input<typeof ApplianceStatus>;
export type ViewInput = z.input<typeof StatusView>;
export type OperationInput = z.input<typeof OperationView>;
export type PlanInput = z.input<typeof PlanDescription>;
export type ReleaseInput = z.input<typeof ReleaseView>;

export const channel = (
  more: Partial<NonNullable<StatusInput['channel']>> = {},
): NonNullable<StatusInput['channel']> => ({
  name: 'stable',
  tag: 'stable-v2',
  sequence: 1_772_000_000_123,
  issued: ago(86_400),
  expires: ago(-86_400 * 29),
  checkedAt: ago(73),
  lastSuccessAt: ago(73),
  nextCheckAt: ago(-211),
  servedBy: 'ghcr.io',
  requests: 1,
  ...more,
});

/** The control plane that is at work. */
export const controlPlane = (
  more: Partial<StatusInput['controlPlane']> = {},
): StatusInput['controlPlane'] => ({
  version: '0.9.0',
  build: 'a1b2c3d4e5f6',
  leader: 'appliance-control-plane-6f7d5c-abcde',
  digest: digestOf('control plane 0.9.0'),
  roll: { state: 'current', detail: 'Control plane 0.9.0 is the one that the release names.' },
  ...more,
});

/** A box on which 2.1.0 runs and all is well. */
export const status = (more: Partial<StatusInput> = {}): StatusInput => ({
  phase: 'running',
  intentRevision: 7,
  conditions: [],
  running: release('2.1.0', { since: ago(86_400 * 3) }),
  lastGood: release('2.1.0', { since: ago(86_400 * 3) }),
  target: release('2.1.0'),
  channel: channel(),
  trace: [
    { rule: 'channel-answer', candidate: cast('2.1.0'), verdict: 'pass', detail: 'The channel answered.' },
    { rule: 'signature', candidate: cast('2.1.0'), verdict: 'pass', detail: 'Signed by release-2026.' },
    { rule: 'already-running', candidate: cast('2.1.0'), verdict: 'skip', detail: 'It runs already.' },
  ],
  components: [...components()],
  tiers: { platform: 'ready', core: 'ready', login: 'ready', background: 'ready' },
  controlPlane: controlPlane(),
  updatedAt: ago(4),
  ...more,
});

/** A candidate of a rule. */
export const cast = side;

const QUESTIONS: ViewInput['questions'] = {
  appUrl: {
    type: 'url',
    title: 'Address of the application',
    help: 'What people type into their browser, for example https://psa.example.com',
    maxLength: 512,
  },
  tenantName: { type: 'text', title: 'Company name', maxLength: 120, editable: false },
  adminEmail: {
    type: 'email',
    title: 'E-mail address of the first administrator',
    help: 'This is also the name to sign in with.',
    editable: false,
  },
  adminPassword: {
    type: 'password',
    title: 'Password of the first administrator',
    help: 'Used once, to make the first account.',
    editable: false,
  },
  editionChoice: {
    type: 'choice',
    title: 'Edition',
    required: false,
    choices: ['ee', 'ce'],
    default: 'ee',
  },
};

const CHANNELS: ViewInput['channels'] = [
  {
    name: 'stable',
    title: 'Stable',
    description: 'For production. A release comes here after it has proved itself in nightly.',
  },
  {
    name: 'nightly',
    title: 'Nightly',
    description: 'For trying out. Moves with every good build, up to once a day.',
  },
];

export const view = (more: Partial<ViewInput> = {}): ViewInput => ({
  cursor: 'gallery-1',
  intentRevision: 7,
  intent: { channel: 'stable' },
  updatePolicy: {},
  settings: { appUrl: 'https://psa.example.com', tenantName: 'Example GmbH' },
  questions: QUESTIONS,
  channels: [...CHANNELS],
  defaultChannel: 'stable',
  status: status(),
  cluster: { isConnected: true, since: ago(86_400 * 3) },
  build: 'a1b2c3d4e5f6',
  ...more,
});

/** A copy without some members, all of which may be absent. */
export function without<T extends object>(value: T, ...keys: readonly (keyof T)[]): T {
  const copy = { ...value };
  for (const key of keys) Reflect.deleteProperty(copy, key);
  return copy;
}
