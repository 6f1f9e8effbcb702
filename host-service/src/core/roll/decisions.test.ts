import { describe, expect, it } from 'vitest';
import { CONTRACT_LABEL, type ControlPlaneRecord, type FailedBuild } from '../../contract/control-plane.ts';
import { Digest, Repository, Version } from '../../contract/names.ts';
import { acceptImage, readImageConfig } from './image.ts';
import type { ObservedControlPlane } from './observed.ts';
import {
  EMPTY_RECORD,
  failureOf,
  isBeingPutBack,
  nextTryAt,
  withFailure,
  withLastGood,
  withRetry,
} from './record.ts';
import { withRightsOf } from './rights.ts';
import { wayBack } from './way-back.ts';

const digest = (letter: string): Digest => Digest.parse(`sha256:${letter.repeat(64)}`);
const [A, B, C] = [digest('a'), digest('b'), digest('c')];
const REPOSITORY = Repository.parse('registry.test/control-plane');
const AT = new Date('2026-03-01T10:00:00Z');
const build = (of: Digest, version = '1.0.0') => ({
  ...{ repository: REPOSITORY, digest: of, version: Version.parse(version) },
});
const good = (of: Digest) => ({ ...build(of), at: AT.toISOString() });
const failed = (of: Digest, quarantined = true): FailedBuild => ({
  ...build(of),
  ...{ reason: { code: 'roll.crashed', detail: 'x' }, at: AT.toISOString(), attempts: 1 },
  ...{ quarantined, by: 'engine:x' },
});
const record = (change: Partial<ControlPlaneRecord>): ControlPlaneRecord => ({ ...EMPTY_RECORD, ...change });

const container = (of: Digest, setting: string) => ({
  spec: {
    containers: [
      { name: 'control-plane', image: `${REPOSITORY}@${of}`, env: [{ name: 'SETTING', value: setting }] },
      { name: 'other', image: 'other' },
    ],
  },
});
const seen = (change: Partial<ObservedControlPlane> = {}): ObservedControlPlane => ({
  ...{ uid: 'u', resourceVersion: '1', generation: 1, observedGeneration: 1 },
  ...{ image: `${REPOSITORY}@${B}`, digest: B, version: Version.parse('1.1.0') },
  ...{ replicas: 1, updatedReplicas: 1, availableReplicas: 0, isLate: false },
  ...{ previousDigest: A, probationUntil: undefined, changedBy: undefined, release: undefined },
  pods: [],
  templates: [
    { hash: 'b', revision: 2, digest: B, version: Version.parse('1.1.0'), template: container(B, 'new') },
    { hash: 'a', revision: 1, digest: A, version: Version.parse('1.0.0'), template: container(A, 'old') },
  ],
  readyEndpoints: 0,
  ...change,
});

describe('the way back', () => {
  it('is the whole former template, not only its image', () => {
    expect(wayBack(seen(), EMPTY_RECORD, B)).toEqual({
      ...{ kind: 'template', digest: A, version: '1.0.0', template: container(A, 'old') },
    });
  });

  it.each([
    [
      'R-13 the last good one when nothing is said about before',
      seen({ previousDigest: undefined }),
      record({ lastGood: good(A), baked: build(C) }),
      A,
    ],
    [
      'R-13 the last good one when the one before failed for good',
      seen(),
      record({ lastGood: good(C), failed: [failed(A)] }),
      C,
    ],
    [
      'R-17 what came with the box when the last good one is what fails',
      seen({ previousDigest: undefined }),
      record({ lastGood: good(B), baked: build(C) }),
      C,
    ],
    [
      'R-17 what came with the box when all others failed',
      seen(),
      record({ lastGood: good(A), baked: build(C), failed: [failed(A)] }),
      C,
    ],
    [
      'the one before although its image could not be had once',
      seen(),
      record({ failed: [failed(A, false)] }),
      A,
    ],
  ])('is %s', (_what, plane, known, wanted) => {
    expect(wayBack(plane, known, B)).toMatchObject({ kind: 'template', digest: wanted });
  });

  it.each([
    ['nothing is known', seen({ previousDigest: undefined }), EMPTY_RECORD],
    [
      'all that is known has failed',
      seen(),
      record({ lastGood: good(A), baked: build(A), failed: [failed(A)] }),
    ],
    [
      'it would lead to what fails',
      seen({ previousDigest: B }),
      record({ lastGood: good(B), baked: build(B) }),
    ],
    [
      'no template is left',
      seen({ previousDigest: undefined, templates: [] }),
      record({ lastGood: good(A) }),
    ],
  ])('is none when %s: nothing goes round in circles', (_what, plane, known) => {
    expect(wayBack(plane, known, B)).toEqual({ kind: 'none' });
  });

  it('puts the image of a build whose template is gone into the best template there is', () => {
    const answer = wayBack(seen({ previousDigest: undefined }), record({ baked: build(C, '0.9.0') }), B);
    expect(answer).toMatchObject({ digest: C, version: '0.9.0' });
    expect(JSON.stringify(answer)).toContain(`${REPOSITORY}@${C}`);
    expect(JSON.stringify(answer)).toContain('"old"');
    expect(JSON.stringify(answer)).toContain('"other"');
  });
});

describe('the record of builds', () => {
  const failing = (attempt: string, code: 'roll.crashed' | 'roll.image-missing' = 'roll.crashed') => ({
    ...{ build: build(B), reason: { code, detail: 'x' }, at: AT, by: 'engine:a', evidence: 'log', attempt },
  });

  it('R-09 gives a build up that failed by its own fault, at once and once', () => {
    const once = withFailure(EMPTY_RECORD, failing('1'));
    expect(failureOf(once, B)).toMatchObject({ attempts: 1, quarantined: true, evidence: 'log' });
    expect(withFailure(once, failing('1'))).toBe(once);
  });

  it('R-10 gives a build up that cannot be had after three tries with growing waits', () => {
    let now = EMPTY_RECORD;
    const waits: (number | undefined)[] = [];
    for (const attempt of ['1', '2', '3']) {
      now = withFailure(now, failing(attempt, 'roll.image-missing'));
      const entry = failureOf(now, B);
      if (entry === undefined) throw new Error('not recorded');
      waits.push((nextTryAt(entry)?.getTime() ?? 0) - AT.getTime());
    }
    expect(waits).toEqual([60_000, 300_000, 1_800_000]);
    expect(failureOf(now, B)).toMatchObject({ attempts: 3, quarantined: true });
  });

  it('R-10 a person gives one try more, and each request counts once', () => {
    const once = withFailure(EMPTY_RECORD, failing('1'));
    const asked = withRetry(once, 'request-1', undefined);
    const entry = failureOf(asked, B);
    expect(entry).toMatchObject({ quarantined: false });
    expect(entry === undefined ? 'none' : nextTryAt(entry)).toBeUndefined();
    const again = withFailure(asked, failing('2'));
    expect(failureOf(again, B)).toMatchObject({ attempts: 2, quarantined: true });
    expect(withRetry(again, 'request-1', undefined)).toEqual(again);
  });

  it('R-13 a build that fails long after it was good leads back to the one before it, not to what came with the box', () => {
    const first = withLastGood(record({ baked: build(C) }), build(A), AT);
    const second = withLastGood(first, build(B), AT);
    expect(wayBack(seen({ previousDigest: undefined }), second, B)).toMatchObject({ digest: A });
    const again = withLastGood(second, build(B), AT);
    expect(wayBack(seen({ previousDigest: undefined }), again, B)).toMatchObject({ digest: A });
  });

  it('forgets what was said against a build that has shown that it works', () => {
    const now = withLastGood(withFailure(EMPTY_RECORD, failing('1')), build(B), AT);
    expect(now).toMatchObject({ failed: [], lastGood: { digest: B } });
    expect(withLastGood(now, build(B), new Date())).toBe(now);
  });

  it('R-09 B-54 a build that is being put back does not wipe away why, by saying at the same moment that it works', () => {
    const now = withFailure(EMPTY_RECORD, failing('1'));
    expect(isBeingPutBack(now, B, '1', new Date(AT.getTime() + 5_000))).toBe(true);
    // Another try of it, another build, and long afterwards: nobody is at it.
    expect(isBeingPutBack(now, B, '2', new Date(AT.getTime() + 5_000))).toBe(false);
    expect(isBeingPutBack(now, A, '1', new Date(AT.getTime() + 5_000))).toBe(false);
    expect(isBeingPutBack(now, B, '1', new Date(AT.getTime() + 61_000))).toBe(false);
  });

  it('R-10 keeps the newest sixteen failures', () => {
    const names = Array.from({ length: 17 }, (_, index) => index.toString(16).padStart(2, '0').repeat(32));
    let now = EMPTY_RECORD;
    for (const hex of names) {
      now = withFailure(now, { ...failing(hex), build: build(Digest.parse(`sha256:${hex}`)) });
    }
    expect(now.failed).toHaveLength(16);
  });
});

describe('an image that is to be followed', () => {
  const labels = { [CONTRACT_LABEL]: '1' };
  it.each([
    ['one of our kind', { architectures: ['amd64'], labels }, 'ok'],
    ['one of the next kind', { architectures: ['arm64', 'amd64'], labels: { [CONTRACT_LABEL]: '2' } }, 'ok'],
    ['one without the label', { architectures: ['amd64'], labels: {} }, 'roll.not-accepted'],
    [
      'one of a far kind',
      { architectures: ['amd64'], labels: { [CONTRACT_LABEL]: '9' } },
      'roll.not-accepted',
    ],
    [
      'one of kind nought',
      { architectures: ['amd64'], labels: { [CONTRACT_LABEL]: '0' } },
      'roll.not-accepted',
    ],
    [
      'one with nonsense',
      { architectures: ['amd64'], labels: { [CONTRACT_LABEL]: '1e0' } },
      'roll.not-accepted',
    ],
    ['one for others', { architectures: ['arm64'], labels }, 'roll.wrong-architecture'],
    ['one for nobody', { architectures: [], labels }, 'roll.wrong-architecture'],
  ])('B-53 %s: %s', (_what, facts, verdict) => {
    const answer = acceptImage(facts, 'amd64');
    expect(answer.ok ? 'ok' : answer.problem.code).toBe(verdict);
  });

  it.each(['', '[]', '{"architecture":7}', '{"config":{"Labels":{"a":1}}}'])(
    'refuses a configuration like %s',
    (text) => {
      expect(readImageConfig(Buffer.from(text))).toMatchObject({ problem: { code: 'registry.damaged' } });
    },
  );
});

describe('rights while two builds run side by side', () => {
  const role = (rules: readonly unknown[]) => ({
    ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'x' }, rules },
  });
  const rule = (resource: string) => ({ apiGroups: [''], resources: [resource], verbs: ['get'] });

  it('B-38 are those of both, each once, whatever the order of their members', () => {
    const there = role([{ verbs: ['get'], resources: ['pods'], apiGroups: [''] }, rule('nodes')]);
    expect(withRightsOf(role([rule('pods'), rule('events')]), there)).toEqual(
      role([rule('pods'), rule('events'), rule('nodes')]),
    );
    expect(withRightsOf(role([rule('pods')]), undefined)).toEqual(role([rule('pods')]));
  });
});
