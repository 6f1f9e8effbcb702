import { describe, expect, it } from 'vitest';
import { Digest, Version } from '../../contract/names.ts';
import { judgeRoll, withLog, type RollFailure, type RollVerdict } from './judge.ts';
import type { ObservedControlPlane, ObservedPod, ObservedTemplate } from './observed.ts';

const digest = (letter: string): Digest => Digest.parse(`sha256:${letter.repeat(64)}`);
const [OLD, NEW] = [digest('a'), digest('b')];
const NOW = new Date('2026-03-01T10:00:00Z');
const ago = (seconds: number): Date => new Date(NOW.getTime() - seconds * 1000);

function pod(change: Partial<ObservedPod> = {}): ObservedPod {
  return {
    ...{ name: 'new-1', node: 'box', ip: '10.0.0.9', template: 'new', digest: NEW },
    ...{ createdAt: ago(10), isDeleting: false, isReady: false, readySince: ago(10) },
    ...{ runningSince: undefined, restarts: 0, waiting: undefined, ended: undefined },
    unschedulable: undefined,
    ...change,
  };
}
const running = (seconds: number, change: Partial<ObservedPod> = {}): ObservedPod =>
  pod({ createdAt: ago(seconds + 2), readySince: ago(seconds + 2), runningSince: ago(seconds), ...change });
const waiting = (reason: string, message = 'said so', age = 10): ObservedPod =>
  pod({ createdAt: ago(age), waiting: { reason, message } });
const ended = (exitCode: number, reason = 'Error', message = ''): Partial<ObservedPod> => ({
  ended: { reason, exitCode, message, at: ago(1) },
});
const OLD_POD = pod({
  ...{ name: 'old-1', template: 'old', digest: OLD, createdAt: ago(9_999), isReady: true },
  ...{ readySince: ago(9_990), runningSince: ago(9_995) },
});
const template = (hash: string, of: Digest, revision: number): ObservedTemplate => ({
  ...{ hash, revision, digest: of, version: Version.parse('1.0.0'), template: {} },
});

function plane(
  pods: readonly ObservedPod[],
  change: Partial<ObservedControlPlane> = {},
): ObservedControlPlane {
  return {
    ...{ uid: 'u', resourceVersion: '1', generation: 2, observedGeneration: 2 },
    ...{ image: `r.test/cp@${NEW}`, digest: NEW, version: Version.parse('1.1.0') },
    ...{ replicas: 1, updatedReplicas: 1, availableReplicas: 1, isLate: false },
    ...{ previousDigest: OLD, probationUntil: ago(-500), changedBy: 'engine:old-1', release: undefined },
    pods: [OLD_POD, ...pods],
    templates: [template('new', NEW, 2), template('old', OLD, 1)],
    readyEndpoints: 1,
    ...change,
  };
}

const said = (verdict: RollVerdict): string => (verdict.kind === 'failed' ? verdict.code : verdict.kind);
const judged = (one: ObservedPod, change: Partial<ObservedControlPlane> = {}): RollVerdict =>
  judgeRoll(plane([one], change), NEW, { now: NOW });

describe('the judge of a roll', () => {
  it.each<[string, ObservedPod, string]>([
    // Faults of issue "Real node", in its order.
    ['an image that is missing', waiting('ErrImagePull'), 'roll.image-missing'],
    ['an image that is still missing', waiting('ImagePullBackOff'), 'roll.image-missing'],
    ['an image whose name is none', waiting('InvalidImageName'), 'roll.image-missing'],
    [
      'an image that has nothing for this processor',
      waiting('ErrImagePull', 'no match for platform in manifest: not found'),
      'roll.wrong-architecture',
    ],
    [
      'a program for another processor',
      running(1, ended(128, 'StartError', 'exec /usr/bin/node: exec format error')),
      'roll.wrong-architecture',
    ],
    ['a program that exits at once', pod({ ...ended(1) }), 'roll.crashed'],
    ['a program that ends without a fault', pod({ ...ended(0, 'Completed') }), 'roll.crashed'],
    ['a program that was started again', running(1, { restarts: 1, ...ended(1) }), 'roll.crashed'],
    [
      'a crash loop of which nothing else is known',
      pod({ restarts: 3, waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } }),
      'roll.crashed',
    ],
    ['a crash after it was ready', running(20, { restarts: 1, ...ended(7) }), 'roll.crashed'],
    ['a program that never gets ready', running(60), 'roll.never-ready'],
    ['a program that hangs after it was ready', running(90, { readySince: ago(30) }), 'roll.silent'],
    [
      'a program that eats memory',
      running(1, { restarts: 1, ...ended(137, 'OOMKilled') }),
      'roll.out-of-memory',
    ],
    ['a setting that is missing', waiting('CreateContainerConfigError', 'no such map', 20), 'roll.crashed'],
    ['a container that cannot be made', waiting('CreateContainerError', 'no', 20), 'roll.crashed'],
    ['a container that cannot be run', waiting('RunContainerError', 'no', 20), 'roll.crashed'],
    [
      'no room for a minute',
      pod({ createdAt: ago(60), unschedulable: 'Unschedulable: 0/1 nodes' }),
      'roll.no-room',
    ],
    // What is no fault, or none yet.
    ['a pod that was just made', pod(), 'progressing'],
    ['no room at first', pod({ createdAt: ago(59), unschedulable: 'Unschedulable' }), 'progressing'],
    [
      'a runtime that is busy at first',
      waiting('CreateContainerError', 'name is reserved', 19),
      'progressing',
    ],
    ['a start that takes its time', running(59), 'progressing'],
    ['a moment without an answer', running(90, { readySince: ago(29) }), 'progressing'],
    [
      'a ready program that is still watched',
      running(20, { isReady: true, readySince: ago(18) }),
      'progressing',
    ],
    [
      'a machine that was switched off, so that its pod was made anew',
      running(5, { restarts: 1 }),
      'progressing',
    ],
    ['a machine that was switched off', running(5, { restarts: 1, ...ended(255, 'Unknown') }), 'progressing'],
    [
      'a node that went down',
      running(5, { restarts: 1, ...ended(137, 'ContainerStatusUnknown') }),
      'progressing',
    ],
    ['a program that says 255 itself', running(5, { restarts: 1, ...ended(255) }), 'roll.crashed'],
    [
      'a loop whose last end was a cut',
      pod({ ...ended(255, 'Unknown'), waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } }),
      'roll.crashed',
    ],
    ['a fault of a pod that is going', pod({ isDeleting: true, ...ended(1) }), 'progressing'],
  ])('R-42 B-44 calls %s what it is', (_what, one, verdict) => {
    expect(said(judged(one))).toBe(verdict);
  });

  it('looks at pods of the newest template only: faults of the old one say nothing', () => {
    const broken = { ...OLD_POD, ...ended(1), restarts: 9, isReady: false };
    expect(said(judgeRoll({ ...plane([]), pods: [broken] }, NEW, { now: NOW }))).toBe('progressing');
  });

  it('calls a build available when Kubernetes counts it and no other is left', () => {
    const fine = running(60, { isReady: true, readySince: ago(55) });
    expect(said(judged(fine))).toBe('progressing');
    expect(said(judgeRoll({ ...plane([]), pods: [fine] }, NEW, { now: NOW }))).toBe('available');
    expect(said(judgeRoll({ ...plane([]), pods: [fine], availableReplicas: 0 }, NEW, { now: NOW }))).toBe(
      'progressing',
    );
    const going = { ...OLD_POD, isDeleting: true };
    expect(said(judgeRoll({ ...plane([]), pods: [fine, going] }, NEW, { now: NOW }))).toBe('available');
  });

  it('judges nothing before the platform has taken the change up, nor another build', () => {
    expect(said(judged(waiting('ErrImagePull'), { observedGeneration: 1 }))).toBe('progressing');
    expect(said(judgeRoll(plane([waiting('ErrImagePull')]), OLD, { now: NOW }))).toBe('progressing');
  });

  it.each<[string, readonly ObservedPod[], string, boolean]>([
    ['a download that takes too long', [waiting('ContainerCreating')], 'roll.image-missing', true],
    ['no pod at all', [], 'roll.never-ready', false],
    ['no room', [pod({ unschedulable: 'Unschedulable' })], 'roll.no-room', true],
    ['a program that is up and not ready', [running(30)], 'roll.never-ready', false],
  ])('R-42 ends %s when the platform itself has lost patience', (_what, pods, code, retryable) => {
    expect(judgeRoll(plane(pods, { isLate: true }), NEW, { now: NOW })).toMatchObject({
      kind: 'failed',
      code,
      retryable,
    });
  });

  it.each<[string, ObservedPod, boolean]>([
    ['never ready', running(600), false],
    ['silent', running(600, { readySince: ago(300) }), false],
    ['without room', pod({ createdAt: ago(600), unschedulable: 'Unschedulable' }), false],
    ['too late for the platform', running(600), true],
  ])(
    'R-16 B-55 calls nothing %s that it has not watched for so long: power may have been off',
    (_what, one, isLate) => {
      const seen = plane([one], { isLate, availableReplicas: 0 });
      expect(said(judgeRoll(seen, NEW, { now: NOW, since: ago(5) }))).toBe('progressing');
      expect(judgeRoll(seen, NEW, { now: NOW, since: ago(70) }).kind).toBe('failed');
    },
  );

  it('names the pod whose log says why, and which run of it', () => {
    expect(judged(running(1, { restarts: 1, ...ended(1) }))).toMatchObject({
      pod: { name: 'new-1', previous: true },
    });
    expect(judged(pod({ ...ended(1) }))).toMatchObject({ pod: { name: 'new-1', previous: false } });
    expect(judged(running(60))).toMatchObject({ pod: { name: 'new-1', previous: false } });
    expect(judged(waiting('ErrImagePull'))).not.toHaveProperty('pod');
  });

  it('R-10 takes only what is not the fault of the build for worth another try', () => {
    expect(judged(waiting('ErrImagePull'))).toMatchObject({ retryable: true });
    expect(judged(pod({ ...ended(1) }))).toMatchObject({ retryable: false });
  });

  it.each([
    ['{"code":"roll.storage-too-new","msg":"canary failed"}', 'roll.storage-too-new'],
    ['{"code":"roll.objects-unreadable"}', 'roll.objects-unreadable'],
    ['exec /usr/bin/node: exec format error', 'roll.wrong-architecture'],
    ['{"code":"cluster.forbidden","msg":"canary failed"}', 'roll.never-ready'],
    ['', 'roll.never-ready'],
  ])('believes what the program says about itself: %s', (log, code) => {
    const failure: RollFailure = { kind: 'failed', code: 'roll.never-ready', detail: 'x', retryable: false };
    expect(withLog(failure, log).code).toBe(code);
  });
});
