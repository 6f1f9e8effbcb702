import { describe, expect, it } from 'vitest';
import type { ControlPlaneRecord, FailedBuild } from '../../contract/control-plane.ts';
import { Digest, Repository, Version } from '../../contract/names.ts';
import { judgeGuard, type GuardVerdict } from './guard.ts';
import { NOTHING_SEEN, remember, type GuardMemory } from './guard/memory.ts';
import type { GuardSight, HostMoment, LeaderSight, OpenRoll } from './guard/sight.ts';
import type { ObservedControlPlane, ObservedPod } from './observed.ts';

const digest = (letter: string): Digest => Digest.parse(`sha256:${letter.repeat(64)}`);
const [OLD, NEW, BAKED] = [digest('a'), digest('b'), digest('c')];
const REPOSITORY = Repository.parse('registry.test/control-plane');
const build = (of: Digest) => ({ repository: REPOSITORY, digest: of, version: Version.parse('1.2.0') });
const NOW = new Date('2026-03-01T10:00:00Z').getTime();
const at = (ms: number): Date => new Date(NOW + ms);
const HOUR = 3_600_000;

const template = (of: Digest, hash: string, revision: number) => ({
  ...{ hash, revision, digest: of, version: Version.parse('1.2.0') },
  template: { spec: { containers: [{ name: 'control-plane', image: `${REPOSITORY}@${of}` }] } },
});

function pod(change: Partial<ObservedPod> = {}): ObservedPod {
  return {
    name: 'new-1',
    node: 'box',
    ip: '10.0.0.9',
    template: 'new',
    digest: NEW,
    createdAt: at(-HOUR),
    isDeleting: false,
    isReady: false,
    readySince: undefined,
    runningSince: undefined,
    restarts: 0,
    waiting: undefined,
    ended: undefined,
    unschedulable: undefined,
    ...change,
  };
}
const ready = (change: Partial<ObservedPod> = {}): ObservedPod =>
  pod({ isReady: true, runningSince: at(-HOUR), readySince: at(-HOUR), ...change });
const OLD_POD = ready({ name: 'old-1', template: 'old', digest: OLD });
const waitingFor = (reason: string): Partial<ObservedPod> => ({ waiting: { reason, message: 'said so' } });
const endedAt = (ms: number, reason = 'Error', exitCode = 1): Partial<ObservedPod> => ({
  ended: { reason, exitCode, message: '', at: at(ms) },
});

function plane(
  pods: readonly ObservedPod[],
  change: Partial<ObservedControlPlane> = {},
): ObservedControlPlane {
  return {
    ...{ uid: 'u', resourceVersion: '1', generation: 2, observedGeneration: 2 },
    image: `${REPOSITORY}@${NEW}`,
    digest: NEW,
    version: Version.parse('1.3.0'),
    ...{ replicas: 1, updatedReplicas: 1, availableReplicas: 0, isLate: false },
    previousDigest: OLD,
    probationUntil: undefined,
    changedBy: undefined,
    release: undefined,
    pods,
    templates: [template(NEW, 'new', 2), template(OLD, 'old', 1)],
    readyEndpoints: pods.filter(({ isReady }) => isReady).length,
    ...change,
  };
}
const PROBATION = { probationUntil: at(HOUR) };

const NOBODY: LeaderSight = { holder: '', isRenewing: false };
const RECORD: ControlPlaneRecord = {
  schema: 'appliance.control-plane-record/v1',
  lastGood: { ...build(OLD), at: at(-HOUR).toISOString() },
  baked: build(BAKED),
  failed: [],
};
const failedBuild = (of: Digest): FailedBuild => ({
  ...build(of),
  reason: { code: 'roll.crashed', detail: 'it ended' },
  ...{ at: at(-HOUR).toISOString(), attempts: 1, quarantined: true, by: 'guard:box' },
});

interface Turn {
  readonly record?: ControlPlaneRecord;
  readonly leader?: LeaderSight;
  readonly roll?: OpenRoll;
  readonly uptimeMs?: number;
  readonly baked?: Digest;
}

/** A guard that looks at what it is shown, at the times it is told; it begins at 0. */
class Watching {
  private memory: GuardMemory = NOTHING_SEEN;
  private readonly turn: Turn;

  constructor(turn: Turn = {}) {
    this.turn = turn;
  }

  see(ms: number, sight: GuardSight): GuardVerdict {
    const { uptimeMs = 100 * HOUR, baked } = this.turn;
    const moment: HostMoment = {
      ...{ node: 'box', monotonicMs: ms, now: at(ms), uptimeMs: uptimeMs + ms, baked },
    };
    this.memory = remember(this.memory, sight, moment);
    return judgeGuard(sight, this.memory, moment);
  }

  look(ms: number, seen: ObservedControlPlane): GuardVerdict {
    const { record = RECORD, leader = NOBODY, roll } = this.turn;
    return this.see(ms, { kind: 'seen', plane: seen, record, leader, roll });
  }

  /** Kinds of the verdicts at the given times, the world staying as it is. */
  kinds(times: readonly number[], seen: ObservedControlPlane): readonly string[] {
    return times.map((ms) => this.look(ms, seen).kind);
  }
}

function codeOf(verdict: GuardVerdict): string {
  if (verdict.kind === 'restore') return verdict.failure.code;
  return verdict.kind === 'waiting' ? (verdict.problem?.code ?? '') : '';
}

describe('the guard, while a new control plane is on probation', () => {
  it('leaves one alone that answers', () => {
    expect(new Watching().kinds([0, 60_000, 600_000], plane([ready()], PROBATION))).toEqual([
      'fine',
      'fine',
      'fine',
    ]);
  });

  it('puts the former one back after 30 s without an address that gets requests, not before', () => {
    const silent = plane([pod({ runningSince: at(-1_000) })], PROBATION);
    expect(new Watching().kinds([0, 29_000, 30_000], silent)).toEqual(['waiting', 'waiting', 'restore']);
  });

  it('R-42 puts it back at the second restart, although it answers in between', () => {
    const guard = new Watching();
    const again = (restarts: number, ms: number): ObservedControlPlane =>
      plane([ready({ createdAt: at(0), restarts, ...endedAt(ms) })], PROBATION);
    expect(guard.look(1_000, plane([ready({ createdAt: at(0) })], PROBATION)).kind).toBe('fine');
    expect(guard.look(5_000, again(1, 4_000)).kind).toBe('fine');
    const verdict = guard.look(9_000, again(2, 8_000));
    expect(verdict).toMatchObject({ kind: 'restore', failed: NEW, failure: { code: 'roll.crashed' } });
  });

  it('names what the platform says: out of memory, no image, another processor', () => {
    const cases: readonly (readonly [string, Partial<ObservedPod>])[] = [
      ['roll.out-of-memory', endedAt(0, 'OOMKilled', 137)],
      ['roll.image-missing', waitingFor('ImagePullBackOff')],
      ['roll.wrong-architecture', { waiting: { reason: 'CrashLoopBackOff', message: 'exec format error' } }],
      ['roll.crashed', waitingFor('CreateContainerConfigError')],
    ];
    for (const [code, state] of cases) {
      const guard = new Watching();
      const seen = plane([pod(state)], PROBATION);
      guard.look(0, seen);
      expect(codeOf(guard.look(30_000, seen))).toBe(code);
    }
  });

  it('tells one that hangs from one that never came up', () => {
    const hung = plane([pod({ runningSince: at(-HOUR), readySince: at(-1_000) })], PROBATION);
    const never = plane([pod({ runningSince: at(-40_000), createdAt: at(-50_000) })], PROBATION);
    const codes = [hung, never].map((seen) => {
      const guard = new Watching();
      guard.look(0, seen);
      return codeOf(guard.look(30_000, seen));
    });
    expect(codes).toEqual(['roll.silent', 'roll.never-ready']);
  });

  it('takes a probation whose time is over for none', () => {
    const old = plane([pod({ runningSince: at(-1_000) })], { probationUntil: at(-1) });
    expect(new Watching().kinds([0, 60_000, 90_000], old)).toEqual(['waiting', 'waiting', 'restore']);
  });
});

describe('the guard, outside of probation', () => {
  it('acts after 30 s when the program has ended or cannot be started', () => {
    const crashed = plane([pod({ ...waitingFor('CrashLoopBackOff'), restarts: 3, ...endedAt(0) })]);
    expect(new Watching().kinds([0, 29_000, 30_000], crashed)).toEqual(['waiting', 'waiting', 'restore']);
  });

  it('counts a program that ends again and again, also in the moments when it runs', () => {
    const guard = new Watching();
    const loop = (ms: number): ObservedControlPlane =>
      plane([
        (ms / 5_000) % 2 === 0
          ? pod({ ...waitingFor('CrashLoopBackOff'), restarts: 3, ...endedAt(ms) })
          : pod({ runningSince: at(ms), restarts: 3, ...endedAt(ms - 5_000) }),
      ]);
    const kinds = [0, 5_000, 10_000, 15_000, 20_000, 25_000, 30_000].map(
      (ms) => guard.look(ms, loop(ms)).kind,
    );
    expect(kinds.at(-1)).toBe('restore');
    expect(kinds.slice(0, -1)).not.toContain('restore');
  });

  it('acts after 90 s when the program runs and does not answer', () => {
    const hung = plane([pod({ runningSince: at(-HOUR) })]);
    expect(new Watching().kinds([0, 30_000, 89_000, 90_000], hung)).toEqual([
      ...['waiting', 'waiting', 'waiting', 'restore'],
    ]);
  });

  it('begins anew whenever one has answered in between', () => {
    const guard = new Watching();
    const hung = plane([pod({ runningSince: at(-HOUR) })]);
    guard.look(0, hung);
    expect(guard.look(60_000, plane([ready()])).kind).toBe('fine');
    expect(guard.kinds([70_000, 150_000, 160_000], hung)).toEqual(['waiting', 'waiting', 'restore']);
  });

  it('gives a template that was just put in its own time', () => {
    const guard = new Watching();
    guard.look(0, plane([pod({ runningSince: at(-HOUR) })]));
    const next = plane([pod({ runningSince: at(80_000) })], { generation: 3 });
    expect(guard.kinds([85_000, 120_000, 174_000, 175_000], next)).toEqual([
      ...['waiting', 'waiting', 'waiting', 'restore'],
    ]);
  });

  it('waits longer while a journalled roll goes on and a former pod is ready', () => {
    const seen = plane([OLD_POD, pod({ runningSince: at(0) })], { readyEndpoints: 0 });
    const roll = { name: 'roll-1', startedAt: at(-1_000) };
    expect(new Watching({ roll }).kinds([0, 120_000, 300_000], seen)).toEqual([
      'waiting',
      'waiting',
      'restore',
    ]);
    const stuck = { name: 'roll-1', startedAt: at(-HOUR) };
    expect(new Watching({ roll: stuck }).kinds([0, 90_000], seen)).toEqual(['waiting', 'restore']);
  });

  it('says that it is being rolled while the former one still answers', () => {
    const roll = { name: 'roll-1', startedAt: at(-1_000) };
    const verdict = new Watching({ roll }).look(0, plane([OLD_POD, pod()]));
    expect(verdict).toMatchObject({ kind: 'fine', detail: 'The control plane serves while 1.3.0 is put in' });
  });

  it('does nothing about one that somebody switched off, has no room or is not named by its digest', () => {
    const away = [
      plane([], { replicas: 0 }),
      plane([pod({ unschedulable: 'Unschedulable: Insufficient memory' })]),
      plane([pod({ runningSince: at(-HOUR) })], { digest: undefined, image: 'registry.test/x:1' }),
    ];
    for (const seen of away) {
      const guard = new Watching();
      expect(guard.kinds([0, HOUR], seen)).toEqual(['waiting', 'waiting']);
    }
  });
});

describe('the guard, after power-on', () => {
  const JUST_ON = { uptimeMs: 20_000 };

  it('B-53 does not take a cut of power for a bad build: nothing counts before the platform has started anything', () => {
    // What the cluster still believes of the time before: ended, restarted twice, on probation.
    const stale = plane([pod({ restarts: 2, ...endedAt(-HOUR) })], PROBATION);
    const guard = new Watching(JUST_ON);
    expect(guard.kinds([0, 40_000, 100_000, 159_000], stale)).toEqual([
      'waiting',
      'waiting',
      'waiting',
      'waiting',
    ]);
  });

  it('counts from when the program was started', () => {
    const guard = new Watching(JUST_ON);
    guard.look(0, plane([pod()], PROBATION));
    const running = plane(
      [pod({ runningSince: at(60_000), restarts: 1, ...endedAt(60_000, 'Unknown', 255) })],
      PROBATION,
    );
    expect(guard.kinds([60_000, 89_000, 90_000], running)).toEqual(['waiting', 'waiting', 'restore']);
  });

  it('counts no restart that was the cut itself, however often power went', () => {
    const guard = new Watching(JUST_ON);
    const cut = (restarts: number): ObservedControlPlane =>
      plane([ready({ restarts, runningSince: at(0), ...endedAt(0, 'Unknown', 255) })], PROBATION);
    expect([
      guard.look(1_000, cut(2)).kind,
      guard.look(2_000, cut(3)).kind,
      guard.look(3_000, cut(4)).kind,
    ]).toEqual([...['fine', 'fine', 'fine']]);
  });

  it('B-53 never downgrades while what runs can start, although the registry is away', () => {
    const guard = new Watching(JUST_ON);
    guard.look(0, plane([pod()]));
    expect(guard.look(50_000, plane([pod({ runningSince: at(45_000) })])).kind).toBe('waiting');
    expect(
      guard.look(60_000, plane([ready({ runningSince: at(45_000), readySince: at(55_000) })])).kind,
    ).toBe('fine');
  });

  it('B-53 goes back only when the image is gone and cannot be had', () => {
    const gone = plane([pod({ createdAt: at(0), ...waitingFor('ImagePullBackOff') })]);
    const guard = new Watching(JUST_ON);
    expect(guard.kinds([1_000, 30_000, 31_000], gone)).toEqual(['waiting', 'waiting', 'restore']);
    expect(codeOf(guard.look(31_000, gone))).toBe('roll.image-missing');
  });

  it('leaves what was not even started to the platform for five minutes more', () => {
    const creating = plane([pod(waitingFor('ContainerCreating'))]);
    expect(new Watching(JUST_ON).kinds([0, 170_000, 459_000, 460_000], creating)).toEqual([
      ...['waiting', 'waiting', 'waiting', 'restore'],
    ]);
  });
});

describe('the guard, when it cannot see', () => {
  const BLIND: GuardSight = { kind: 'blind', code: 'cluster.unavailable', detail: 'refused' };
  it('never acts, and forgets how long it was bad before', () => {
    const guard = new Watching();
    const hung = plane([pod({ runningSince: at(-1_000) })], PROBATION);
    guard.look(0, hung);
    const blind = guard.see(25_000, BLIND);
    expect(blind).toMatchObject({ kind: 'waiting', detail: 'The platform cannot be asked: refused' });
    expect(guard.see(600_000, BLIND).kind).toBe('waiting');
    expect(guard.kinds([601_000, 630_000, 631_000], hung)).toEqual(['waiting', 'waiting', 'restore']);
  });
});

describe('the guard, when nothing is left', () => {
  const hung = plane([pod({ runningSince: at(-HOUR) })], { previousDigest: undefined });

  it('R-17 says so and only watches; what came with the host is a way back of its own', () => {
    const record: ControlPlaneRecord = {
      schema: RECORD.schema,
      lastGood: { ...build(NEW), at: at(0).toISOString() },
      failed: [failedBuild(OLD), failedBuild(BAKED)],
      baked: build(BAKED),
    };
    const lost = new Watching({ record });
    lost.look(0, hung);
    expect(codeOf(lost.look(90_000, hung))).toBe('roll.no-way-back');
    expect(codeOf(lost.look(HOUR, hung))).toBe('roll.no-way-back');
    const baked = new Watching({
      record: { ...record, failed: [failedBuild(OLD)], baked: undefined },
      baked: BAKED,
    });
    expect(baked.kinds([0, 90_000], hung)).toEqual(['waiting', 'restore']);
    const same = new Watching({ record, baked: BAKED });
    expect(same.kinds([0, 90_000], hung)).toEqual(['waiting', 'waiting']);
  });

  it('R-17 makes one from what came with the host when there is none at all', () => {
    const absent: GuardSight = { kind: 'absent', leader: NOBODY };
    const guard = new Watching({ baked: BAKED });
    expect([0, 29_000, 30_000].map((ms) => guard.see(ms, absent).kind)).toEqual([
      'waiting',
      'waiting',
      'install',
    ]);
    const bare = new Watching();
    bare.see(0, absent);
    expect(codeOf(bare.see(30_000, absent))).toBe('roll.no-way-back');
    const boot = { kind: 'absent', leader: { holder: 'boot/box', isRenewing: true } } as const;
    const other = new Watching({ baked: BAKED });
    other.see(0, boot);
    expect(other.see(HOUR, boot).kind).toBe('waiting');
  });
});

describe('the guard, beside somebody who leads', () => {
  const hung = plane([OLD_POD, pod({ runningSince: at(-HOUR) })], { readyEndpoints: 0, ...PROBATION });
  const old: LeaderSight = { holder: 'old-1', isRenewing: true };

  it('leaves it to them, as long as they renew their Lease', () => {
    expect(new Watching({ leader: old }).kinds([0, 30_000, HOUR], hung)).toEqual([
      'waiting',
      'waiting',
      'waiting',
    ]);
    const boot = { holder: 'boot/box', isRenewing: true };
    expect(new Watching({ leader: boot }).kinds([0, 30_000], hung)).toEqual(['waiting', 'waiting']);
  });

  it('acts when the Lease is not renewed, or the failing one itself holds it', () => {
    const dead = { ...old, isRenewing: false };
    expect(new Watching({ leader: dead }).kinds([0, 30_000], hung)).toEqual(['waiting', 'restore']);
    const failing = { holder: 'new-1', isRenewing: true };
    expect(new Watching({ leader: failing }).kinds([0, 30_000], hung)).toEqual(['waiting', 'restore']);
  });

  it('overrules them after two minutes of evidence', () => {
    const crashed = plane([pod({ ...waitingFor('CrashLoopBackOff'), ...endedAt(0) })], PROBATION);
    const guard = new Watching({ leader: old });
    expect(guard.kinds([0, 30_000, 119_000, 120_000], crashed)).toEqual([
      ...['waiting', 'waiting', 'waiting', 'restore'],
    ]);
  });
});
