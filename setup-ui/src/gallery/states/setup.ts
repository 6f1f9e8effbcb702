import type { IntentPreview } from 'host-service/contract/api/intent.ts';
import type { SetupQuestion, SetupView } from 'host-service/contract/api/setup.ts';
import type { z } from 'zod';
import type { StateInput } from '../gallery-state.ts';
import { ago, digestOf, release, session, side, status, view, without, type ViewInput } from './base.ts';
import { plan } from './operations.ts';
import { CHECKS, FAILED } from './setup/checks.ts';

export type SetupInput = z.input<typeof SetupView>;
type QuestionInput = z.input<typeof SetupQuestion>;

const question = (name: string, title: string, more: Partial<QuestionInput> = {}): QuestionInput => ({
  name,
  title,
  type: 'text',
  required: true,
  maxLength: 120,
  editable: false,
  group: 'Your company',
  isAnswered: false,
  source: 'none',
  ...more,
});

const answered = (answer: string): Partial<QuestionInput> => ({
  answer,
  isAnswered: true,
  source: 'person',
});
const ADMIN = { group: 'First administrator' };
const ADDRESS = 'https://psa.example.com';

/** All questions without an answer, as they are on a new box. */
const QUESTIONS: readonly QuestionInput[] = [
  question('tenantName', 'Company name'),
  question('adminFirstName', 'First name', ADMIN),
  question('adminLastName', 'Last name', ADMIN),
  question('adminEmail', 'E-mail address', {
    ...ADMIN,
    type: 'email',
    help: 'This is also the name to sign in with.',
  }),
  question('adminPassword', 'Password', {
    ...ADMIN,
    type: 'password',
    help: 'Used once, to make the first account.',
  }),
  question('appUrl', 'Address of the application', {
    type: 'url',
    group: 'Address',
    editable: true,
    maxLength: 512,
    help: 'What people type into their browser.',
    proposals: ['https://192.168.1.20', 'https://appliance.local'],
  }),
  question('installCode', 'Install code', {
    type: 'secret',
    group: 'Licence',
    required: false,
    help: 'From the vendor’s e-mail. Leave empty for a trial.',
  }),
];

const ANSWERS: Readonly<Record<string, Partial<QuestionInput>>> = {
  tenantName: answered('Example GmbH'),
  adminFirstName: answered('Ada'),
  adminLastName: answered('Byron'),
  adminEmail: answered('ada@example.com'),
  adminPassword: { isAnswered: true, source: 'person' },
  appUrl: answered(ADDRESS),
  installCode: { isAnswered: true, source: 'person' },
};

/** The questions with what is known of some of them. */
const questions = (known: Readonly<Record<string, Partial<QuestionInput>>>): QuestionInput[] =>
  QUESTIONS.map((each) => ({ ...each, ...known[each.name] }));

const CHANNELS: SetupInput['channels'] = [
  {
    name: 'stable',
    title: 'Stable',
    description: 'For production. A release comes here after it has proved itself in nightly.',
    isChosen: true,
    release: {
      version: '2.2.0',
      digest: digestOf('2.2.0'),
      released: ago(86_400 * 5),
      bytes: 1_412_334_592,
      notes: 'Faster search.\nKnown issue: the calendar of shared mailboxes comes in with a delay.',
    },
  },
  {
    name: 'nightly',
    title: 'Nightly',
    description: 'For trying out. Moves with every good build, up to once a day.',
    isChosen: false,
    release: {
      version: '2.3.0-nightly.14',
      digest: digestOf('2.3.0-nightly.14'),
      released: ago(7_200),
      bytes: 1_430_120_004,
    },
  },
];

/** A draft with all answers. */
export const setupView = (more: Partial<SetupInput> = {}): SetupInput => ({
  revision: '17',
  state: 'draft',
  questions: questions(ANSWERS),
  channels: CHANNELS,
  profile: 'single-node',
  registration: { state: 'none' },
  isComplete: true,
  lastChange: { by: 'admin', via: 'ui', at: ago(140) },
  ...more,
});

/** A box on which nothing is installed. */
export const freshView = (more: Partial<ViewInput> = {}): ViewInput => {
  const settled = without(status({ phase: 'needs-you', components: [], tiers: {} }), 'running', 'lastGood');
  return view({
    settings: {},
    status: { ...settled, target: release('2.2.0'), available: release('2.2.0') },
    ...more,
  });
};

export const setupPlan = plan('2.2.0', {
  verb: 'install',
  from: undefined,
  creates: [
    'Namespace msp',
    'Secret msp/appliance-initial-tenant',
    'OCIRepository flux-system/alga-appliance',
  ],
  changes: [],
  steps: (['install-flux', 'write-settings', 'point-source', 'wait-components', 'confirm'] as const).map(
    (kind) => ({ kind, done: false, text: kind }),
  ),
  pullBytes: 1_188_200_000,
  presentBytes: 164_000_000,
  pulls: [
    { what: 'image sebastian', digest: digestOf('image 2.2.0'), bytes: 1_100_000_000 },
    { what: 'image workflow', digest: digestOf('workflow 2.2.0'), bytes: 88_200_000 },
    { what: 'image postgres', digest: digestOf('db 2.2.0'), bytes: 151_000_000, present: true },
    { what: 'image redis', digest: digestOf('redis 2.2.0'), bytes: 13_000_000, present: true },
  ],
  disk: { total: 128_000_000_000, freeNow: 91_500_000_000, freeAfter: 90_311_800_000 },
});

const PREVIEW: z.input<typeof IntentPreview> = {
  intentRevision: 7,
  changes: [],
  target: side('2.2.0'),
  direction: 'install',
  plan: setupPlan,
  trace: [],
};

const BLOCKED: z.input<typeof IntentPreview> = {
  ...PREVIEW,
  plan: plan('2.2.0', {
    kind: 'blocked',
    steps: [],
    pulls: [],
    problem: { code: 'plan.settings-missing', detail: 'First name', subject: 'adminFirstName' },
  }),
};

/** As the server says it of a code that it has asked about. */
const REFUSED = {
  code: 'register.code-invalid',
  detail: 'the licence service does not know this code',
} as const;

const at = (name: string, title: string, step: string, more: Partial<StateInput> = {}): StateInput => ({
  name: `setup-${name}`,
  title: `Setup: ${title}`,
  at: `/setup/${step}`,
  view: freshView(),
  setup: setupView(),
  checks: CHECKS,
  preview: PREVIEW,
  ...more,
});

const half = {
  tenantName: ANSWERS['tenantName'] ?? {},
  adminEmail: { ...answered('ada'), mistake: 'not-an-email' },
} as const;

/** The wizard up to its one button. */
export const SETUP: readonly StateInput[] = [
  at('new', 'nothing is answered', 'answers', {
    setup: setupView({ questions: questions({}), isComplete: false, revision: '1', lastChange: undefined }),
  }),
  at('mistake', 'an answer cannot be used', 'answers', {
    setup: setupView({ questions: questions(half), isComplete: false }),
  }),
  at('answered', 'everything is answered', 'answers'),
  at('code-refused', 'the install code was refused', 'answers', {
    setup: setupView({ registration: { state: 'refused', problem: REFUSED, at: ago(30) } }),
  }),
  at('registered', 'the install code was accepted', 'answers', {
    setup: setupView({
      registration: { state: 'done', company: 'Example GmbH', edition: 'Enterprise', expires: 'perpetual' },
    }),
  }),
  at('viewer', 'somebody who may only look', 'answers', {
    session: session({ role: 'viewer', user: 'eve' }),
  }),
  at('release', 'channels', 'release'),
  at('release-unreachable', 'a channel does not answer', 'release', {
    setup: setupView({
      pin: '2.2.0',
      channels: CHANNELS.map((each, index) =>
        index === 0
          ? { ...without(each, 'release'), problem: { code: 'registry.connect', detail: 'ghcr.io' } }
          : each,
      ),
    }),
  }),
  at('registry', 'something stands in the way of the box itself', 'answers', {
    view: freshView({
      status: {
        ...without(status({ phase: 'blocked', components: [], tiers: {} }), 'running', 'lastGood'),
        problems: [{ code: 'registry.connect', detail: 'ghcr.io: connect ECONNREFUSED', since: ago(12) }],
      },
    }),
  }),
  at('checks', 'checks passed', 'checks'),
  at('checks-failed', 'checks that stand in the way', 'checks', { checks: FAILED }),
  at('plan', 'the plan', 'plan'),
  at('plan-blocked', 'no plan without answers', 'plan', {
    setup: setupView({ questions: questions(half), isComplete: false }),
    preview: BLOCKED,
  }),
  at('not-begun', 'the last step before its time', 'install'),
];
