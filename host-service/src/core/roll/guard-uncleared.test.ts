import { describe, expect, it } from 'vitest';
import type { ControlPlaneRecord } from '../../contract/control-plane.ts';
import { Digest, Version } from '../../contract/names.ts';
import { judgeGuard, type GuardVerdict } from './guard.ts';
import { NOTHING_SEEN, remember, type GuardMemory } from './guard/memory.ts';
import type { GuardSight } from './guard/sight.ts';
import { GUARD_TIMES } from './guard/times.ts';
import type { ObservedControlPlane, ObservedPod } from './observed.ts';

const [OLD, NEW] = ['a', 'b'].map((letter) => Digest.parse(`sha256:${letter.repeat(64)}`)) as [
  Digest,
  Digest,
];
const NOW = new Date('2026-03-01T10:00:00Z').getTime();
const at = (ms: number): Date => new Date(NOW + ms);
const VERSION = Version.parse('1.3.0');
const RECORD: ControlPlaneRecord = { schema: 'appliance.control-plane-record/v1', failed: [] };
const POD: ObservedPod = {
  ...{ name: 'new-1', node: 'box', ip: '10.0.0.9', template: 'new', digest: NEW, createdAt: at(-60_000) },
  ...{ isDeleting: false, isReady: true, readySince: at(-50_000), runningSince: at(-55_000), restarts: 0 },
  ...{ waiting: undefined, ended: undefined, unschedulable: undefined },
};
const templateOf = (digest: Digest, hash: string, revision: number) => ({
  ...{ digest, hash, revision, version: VERSION },
  template: { spec: { containers: [] } },
});
/** It serves; its probation ends at the moment 0 unless told otherwise. */
const serving = (change: Partial<ObservedControlPlane> = {}): ObservedControlPlane => ({
  ...{ uid: 'u', resourceVersion: '1', generation: 2, observedGeneration: 2, isLate: false },
  ...{ image: `registry.test/control-plane@${NEW}`, digest: NEW, version: VERSION, replicas: 1 },
  ...{ updatedReplicas: 1, availableReplicas: 1, previousDigest: OLD, probationUntil: at(0) },
  ...{ changedBy: undefined, release: undefined, pods: [POD], readyEndpoints: 1 },
  templates: [templateOf(NEW, 'new', 2), templateOf(OLD, 'old', 1)],
  ...change,
});

/** A guard that looks every few seconds from 0 to `ms`; the last verdict. */
function watch(ms: number, seen: ObservedControlPlane, leader = ''): GuardVerdict {
  let memory: GuardMemory = NOTHING_SEEN;
  let verdict: GuardVerdict | undefined;
  for (let now = 5_000; now <= ms; now += 5_000) {
    const moment = { node: 'box', monotonicMs: now, now: at(now), uptimeMs: 1e9 + now, baked: undefined };
    const sight: GuardSight = {
      kind: 'seen',
      plane: seen,
      record: RECORD,
      roll: undefined,
      leader: { holder: leader, isRenewing: leader !== '' },
    };
    memory = remember(memory, sight, moment);
    verdict = judgeGuard(sight, memory, moment);
  }
  if (verdict === undefined) throw new Error('it never looked');
  return verdict;
}
const LIMIT = GUARD_TIMES.unclearedMs;

describe('a control plane that serves and never says that it works', () => {
  it('R-13 is put back long after its probation, whether it leads or nobody does', () => {
    for (const leader of ['', 'new-1']) {
      const verdict = watch(LIMIT + 10_000, serving(), leader);
      expect(verdict).toMatchObject({ kind: 'restore', failed: NEW, failure: { code: 'roll.never-ready' } });
    }
  });

  it('is given time for it, which begins when this host sees that it is late', () => {
    const verdict = watch(LIMIT - 10_000, serving({ probationUntil: at(-1e9) }));
    expect(verdict).toMatchObject({ kind: 'waiting' });
  });

  it('is left alone on probation, and for ever once it has said so', () => {
    expect(watch(LIMIT + 10_000, serving({ probationUntil: at(1e9) })).kind).toBe('fine');
    expect(watch(LIMIT * 3, serving({ probationUntil: undefined })).kind).toBe('fine');
  });

  it('is left to the one before while that one leads', () => {
    const old = { ...POD, name: 'old-1', template: 'old', digest: OLD };
    const verdict = watch(LIMIT + 10_000, serving({ pods: [POD, old] }), 'old-1');
    expect(verdict).toMatchObject({ kind: 'waiting' });
  });
});
