import { Appliance } from 'host-service/contract/objects.ts';
import { ApplianceSpec, ApplianceStatus, type ComponentHealth } from 'host-service/contract/appliance.ts';
import { GROUP_VERSION } from 'host-service/contract/names.ts';
import type { ProblemBody, ProblemCode } from 'host-service/contract/problem.ts';
import type { Tier } from 'host-service/contract/release.ts';
import type { Observed } from 'host-service/core/plan/observed.ts';
import type { Plan } from 'host-service/core/plan/step.ts';
import { statusBytes } from 'host-service/core/status/fit.ts';
import type { StatusInput } from 'host-service/core/status/status-input.ts';
import { sameStatus, statusOf } from 'host-service/core/status/status.ts';
import { canLogIn, tiersOf } from 'host-service/core/status/tiers.ts';
import { describe, expect, it } from 'vitest';
import { makeProduct } from '../fixtures/documents.ts';
import { CONFIRMED, decided, FAILED, known, makeObserved, NOW, operation, runningOn } from './plan-world.ts';

const product = makeProduct();
const good = known('1.0.0', { notes: 'All new.' }, CONFIRMED);
const next = known('1.1.0');
const bad = known('1.2.0', {}, FAILED);

type State = ComponentHealth['state'];
const part = (tier: Tier, state: State, code?: ProblemCode, name = `${tier}-part`): ComponentHealth => ({
  name,
  kind: 'Deployment',
  namespace: 'msp',
  tier,
  title: name,
  state,
  detail: `it is ${state}`,
  ...(code === undefined ? {} : { code }),
  digests: {},
  pods: [],
});
const parts = (login: State, background: State): readonly ComponentHealth[] => [
  part('platform', 'ready'),
  part('core', 'ready'),
  part('login', login),
  part('background', background),
];
const problem = (code: ProblemCode): ProblemBody => ({ code, detail: code });
const blocked = (code: ProblemCode): Plan => ({ kind: 'blocked', problem: problem(code) });
const NOTHING: Plan = { kind: 'nothing' };
const held = ApplianceSpec.parse({ intent: { hold: true } });

function input(over: Partial<StatusInput> = {}): StatusInput {
  return {
    previous: undefined,
    observed: runningOn(good, [good, next, bad], product, { components: parts('ready', 'ready') }),
    decision: decided(good, 'stay'),
    plan: NOTHING,
    channel: undefined,
    open: undefined,
    problems: [],
    handledRequests: [],
    controlPlane: { version: '0.1.0', build: 'x', leader: 'one' },
    now: NOW,
    ...over,
  };
}
const world = (
  components: readonly ComponentHealth[],
  over: Partial<Observed> = {},
): Partial<StatusInput> => ({
  observed: { ...input().observed, components, ...over },
});
const empty = (over: Partial<Observed> = {}): Partial<StatusInput> => ({
  observed: makeObserved({ known: [good], ...over }),
  decision: decided(undefined, 'none'),
});
const working = (verb: string): Partial<StatusInput> => ({ open: operation(verb, next, { from: good }) });
const deciding = (code: ProblemCode): Partial<StatusInput> => ({
  decision: { ...decided(undefined, 'none'), problems: [problem(code)] },
});

describe('the phase', () => {
  it.each<[string, string, Partial<StatusInput>]>([
    ['before the channel was asked', 'starting', empty()],
    [
      'before anything runs, with the registry away',
      'blocked',
      { ...empty(), ...deciding('registry.outage') },
    ],
    [
      'before anything runs, with a release that waits for approval',
      'needs-you',
      { ...empty(), ...deciding('plan.approval-needed') },
    ],
    [
      'before anything runs, with a name that cannot be resolved',
      'needs-you',
      { ...empty(), problems: [problem('registry.dns')] },
    ],
    [
      'before anything runs, with answers missing',
      'needs-you',
      { ...empty(), plan: blocked('plan.settings-missing') },
    ],
    [
      'before anything runs, with a platform being removed',
      'blocked',
      { ...empty(), plan: blocked('apply.namespace-terminating') },
    ],
    ['before anything runs, on hold', 'held', empty({ spec: held })],
    ['while it is installed', 'installing', { ...empty(), open: operation('install', next) }],
    ['while it is updated', 'updating', working('update')],
    ['while it goes back', 'reverting', working('revert')],
    ['B-81 while it goes back, with the login already there', 'reverting', working('revert')],
    ['while it is repaired and people can log in', 'running', working('repair')],
    [
      'while it is repaired and nobody can log in',
      'degraded',
      { ...working('repair'), ...world(parts('failed', 'ready')) },
    ],
    ['when all is well', 'running', {}],
    ['B-81 with trouble in the background', 'running', world(parts('ready', 'failed'))],
    ['B-75 with a part of the background missing', 'running', world(parts('ready', 'missing'))],
    ['B-75 with the login missing', 'degraded', world(parts('missing', 'ready'))],
    ['with the login failed', 'degraded', world(parts('failed', 'ready'))],
    ['with the login restarting', 'degraded', world(parts('progressing', 'ready'))],
    ['with the login unseen', 'degraded', world(parts('unknown', 'ready'))],
    ['with nothing expected to be seen', 'degraded', world([])],
    ['B-48 with the registry away', 'running', deciding('registry.timeout')],
    ['B-47 with an update that waits for approval', 'running', deciding('plan.approval-needed')],
    ['with an update whose answers are missing', 'needs-you', { plan: blocked('plan.settings-missing') }],
    ['with an update that cannot be carried out', 'blocked', { plan: blocked('plan.values-path-missing') }],
    [
      'with an update that cannot be carried out and a failed login',
      'degraded',
      { ...world(parts('failed', 'ready')), plan: blocked('plan.settings-missing') },
    ],
    ['on hold', 'held', world(parts('ready', 'ready'), { spec: held })],
    ['on hold with a failed login', 'degraded', world(parts('failed', 'ready'), { spec: held })],
    [
      'B-50 with an operation that failed earlier',
      'running',
      world(parts('ready', 'ready'), {
        operations: [
          operation('update', bad, { status: { outcome: 'failed', problem: problem('observe.crash-loop') } }),
        ],
      }),
    ],
  ])('%s is %s', (_, phase, over) => {
    const status = statusOf(input(over));
    expect(status.phase).toBe(phase);
    expect(ApplianceStatus.safeParse(status).error).toBeUndefined();
  });
});

describe('tiers', () => {
  it.each<[readonly State[], string]>([
    [['ready'], 'ready'],
    [['ready', 'ready'], 'ready'],
    [['ready', 'progressing'], 'progressing'],
    [['ready', 'missing'], 'progressing'],
    [['missing'], 'progressing'],
    [['ready', 'failed'], 'failed'],
    [['failed', 'progressing', 'missing', 'unknown'], 'failed'],
    [['ready', 'unknown'], 'unknown'],
    [['unknown', 'progressing'], 'progressing'],
  ])('B-75 with %j are %s', (states, wanted) => {
    expect(tiersOf(states.map((state, n) => part('core', state, undefined, `p${n}`)))).toEqual({
      core: wanted,
    });
  });

  it.each<[string, boolean, ReturnType<typeof tiersOf>]>([
    ['all tiers are ready', true, { platform: 'ready', core: 'ready', login: 'ready', background: 'ready' }],
    [
      'B-81 only the background failed',
      true,
      { platform: 'ready', core: 'ready', login: 'ready', background: 'failed' },
    ],
    ['there is only a login', true, { login: 'ready' }],
    ['core is not ready', false, { core: 'progressing', login: 'ready' }],
    ['the platform failed', false, { platform: 'failed', core: 'ready', login: 'ready' }],
    ['there is only background', false, { background: 'ready' }],
    ['nothing is expected', false, {}],
  ])('say whether people can log in when %s: %s', (_, wanted, tiers) => {
    expect(canLogIn(tiers)).toBe(wanted);
  });
});

describe('problems', () => {
  const codes = (over: Partial<StatusInput>): readonly string[] =>
    statusOf(input(over)).problems.map(({ code }) => code);

  it('B-50 B-74 are those of now: an operation that failed earlier is history', () => {
    const failed = operation('update', bad, {
      status: { outcome: 'failed', problem: problem('observe.crash-loop') },
    });
    const over = world(parts('ready', 'ready'), { operations: [failed] });
    expect(codes(over)).toEqual([]);
    expect(statusOf(input(over))).toMatchObject({
      operation: { outcome: 'failed' },
      quarantined: [{ version: '1.2.0', reason: { code: 'observe.crash-loop' } }],
    });
  });

  it('B-80 do not tell of progress while an operation is under way', () => {
    const components = [
      part('core', 'progressing', 'observe.image-pull'),
      part('login', 'missing', 'observe.component-missing'),
    ];
    expect(codes({ ...world(components), ...working('update') })).toEqual([]);
    expect(codes(world(components))).toEqual(['observe.image-pull', 'observe.component-missing']);
  });

  it('come root cause first: the step, the plan, then the parts by tier, then release and channel', () => {
    const components = [
      part('background', 'failed', 'observe.crash-loop'),
      part('core', 'failed', 'observe.image-pull'),
    ];
    const channel = { name: 'stable', tag: 'stable-v2', problem: problem('registry.dns') };
    expect(
      codes({
        ...world(components, { problems: [problem('cluster.bad-answer')] }),
        plan: blocked('plan.settings-missing'),
        problems: [problem('apply.step-timeout')],
        decision: { ...decided(good, 'stay'), problems: [problem('release.expired')] },
        channel,
      }),
    ).toEqual([
      'apply.step-timeout',
      'plan.settings-missing',
      'observe.image-pull',
      'observe.crash-loop',
      'release.expired',
      'registry.dns',
      'cluster.bad-answer',
    ]);
  });

  it('tell when the delivery engine cannot fetch or apply', () => {
    const { source } = input().observed;
    const over = world(parts('ready', 'ready'), {
      source: {
        ...source!,
        fetchProblem: 'AuthenticationFailed: no',
        applyProblem: 'ReconciliationFailed: no',
      },
    });
    expect(codes(over)).toEqual(['apply.source-failed', 'apply.rejected']);
  });

  it('keep the time since when they are there, and get a new one when they return', () => {
    const over = {
      ...world([part('login', 'failed', 'observe.crash-loop')]),
      now: new Date('2026-11-21T12:05:00Z'),
    };
    const first = statusOf(input({ ...over, now: NOW }));
    const second = statusOf(input({ ...over, previous: first }));
    expect(second.problems[0]?.since).toBe(NOW.toISOString());
    const healed = statusOf(input({ previous: second }));
    expect(healed.problems).toEqual([]);
    expect(statusOf(input({ ...over, previous: healed })).problems[0]?.since).toBe(
      '2026-11-21T12:05:00.000Z',
    );
  });

  it('are told once each', () => {
    const twice = { ...deciding('registry.dns'), problems: [problem('registry.dns')] };
    expect(codes(twice)).toEqual(['registry.dns']);
    const fork = problem('release.fork');
    const decision = { ...decided(good, 'stay'), problems: [{ ...fork, subject: 'channel' }] };
    expect(codes({ decision, channel: { name: 's', tag: 's', problem: fork } })).toEqual(['release.fork']);
  });
});

describe('conditions', () => {
  const of = (type: string, over: Partial<StatusInput> = {}): unknown =>
    statusOf(input(over)).conditions.find((condition) => condition.type === type);

  it.each<[string, string, object, Partial<StatusInput>]>([
    ['Ready', 'all is well', { status: 'True', reason: 'AllReady' }, {}],
    [
      'Ready',
      'B-81 the background is not',
      { status: 'True', reason: 'BackgroundNotReady' },
      world(parts('ready', 'failed')),
    ],
    [
      'Ready',
      'the login is not',
      { status: 'False', reason: 'ComponentsNotReady', message: 'Not ready: login-part' },
      world(parts('failed', 'failed')),
    ],
    ['Ready', 'nothing is installed', { status: 'False', reason: 'NotInstalled' }, empty()],
    ['Reconciling', 'nothing is done', { status: 'False' }, {}],
    ['Reconciling', 'an operation runs', { status: 'True', message: 'update to 1.1.0' }, working('update')],
    ['Stalled', 'nothing is in the way', { status: 'False' }, {}],
    [
      'Stalled',
      'a person is needed',
      { status: 'True', reason: 'NeedsYou' },
      { plan: blocked('plan.settings-missing') },
    ],
    [
      'Stalled',
      'the plan is blocked',
      { status: 'True', reason: 'Blocked' },
      { plan: blocked('plan.values-path-missing') },
    ],
    ['ChannelFresh', 'nobody asked', { status: 'Unknown' }, {}],
    [
      'ChannelFresh',
      'it answered',
      { status: 'True' },
      { channel: { name: 's', tag: 's', checkedAt: NOW.toISOString() } },
    ],
    [
      'ChannelFresh',
      'it did not answer',
      { status: 'False', message: 'registry.dns' },
      { channel: { name: 's', tag: 's', checkedAt: NOW.toISOString(), problem: problem('registry.dns') } },
    ],
  ])('%s when %s', (type, _, wanted, over) => {
    expect(of(type, over)).toMatchObject(wanted);
  });

  it('keep their time until their status changes', () => {
    const first = statusOf(input());
    const later = new Date('2026-11-21T13:00:00Z');
    const second = statusOf(input({ previous: first, now: later }));
    expect(second.conditions).toEqual(first.conditions);
    expect(sameStatus(first, second)).toBe(true);
    const third = statusOf(input({ previous: second, now: later, ...world(parts('failed', 'ready')) }));
    expect(third.conditions.find(({ type }) => type === 'Ready')?.lastTransitionTime).toBe(
      later.toISOString(),
    );
    expect(sameStatus(second, third)).toBe(false);
    expect(sameStatus(undefined, first)).toBe(false);
  });
});

describe('the status', () => {
  it('R-26 names what runs, what was good, what there is and what is wanted by verified digest', () => {
    const status = statusOf(input({ decision: { ...decided(next, 'update'), available: next.digest } }));
    expect(status).toMatchObject({
      running: {
        digest: good.digest,
        version: '1.0.0',
        signed: true,
        since: CONFIRMED.confirmedAt,
        notes: 'All new.',
      },
      lastGood: { digest: good.digest },
      available: { digest: next.digest },
      target: { digest: next.digest },
      intentRevision: 3,
    });
    expect(statusOf(input())).not.toHaveProperty('available');
  });

  it('is the same for an object whose members came in another order', () => {
    const status = statusOf(input());
    const shuffled = Object.fromEntries(Object.entries(status).reverse());
    expect(sameStatus(ApplianceStatus.parse(shuffled), status)).toBe(true);
  });

  it('can be stored: it fits the object it is written to', () => {
    const status = statusOf(input({ ...working('update'), ...world(parts('failed', 'missing')) }));
    const object = {
      apiVersion: GROUP_VERSION,
      kind: 'Appliance',
      metadata: { name: 'appliance' },
      spec: {},
      status,
    };
    expect(Appliance.safeParse(object).error).toBeUndefined();
  });

  it('stays within 64 KiB: explanations go first, problems and phase stay', () => {
    const long = 'x'.repeat(500);
    const components = Array.from({ length: 200 }, (_, n) => ({
      ...part(
        'core',
        n % 2 === 0 ? 'failed' : 'ready',
        'observe.crash-loop',
        `component-${n}-${'y'.repeat(200)}`,
      ),
      detail: long,
      pods: Array.from({ length: 16 }, () => 'z'.repeat(200)),
    }));
    const trace = Array.from({ length: 80 }, () => ({ rule: 'pin', verdict: 'pass', detail: long }) as const);
    const status = statusOf(input({ ...world(components), decision: { ...decided(good, 'stay'), trace } }));
    expect(statusBytes(status)).toBeLessThanOrEqual(64 * 1024);
    expect(status.phase).toBe('degraded');
    expect(status.problems.length).toBeGreaterThan(0);
    expect(status.components.length).toBeGreaterThan(0);
    expect(ApplianceStatus.safeParse(status).error).toBeUndefined();
  });

  it('keeps all of its trace when it is small', () => {
    const trace = Array.from(
      { length: 50 },
      () => ({ rule: 'pin', verdict: 'skip', detail: 'short' }) as const,
    );
    expect(statusOf(input({ decision: { ...decided(good, 'stay'), trace } })).trace).toHaveLength(50);
  });
});
