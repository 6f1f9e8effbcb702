import {
  CONTROL_PLANE_RECORD,
  CONTROL_PLANE_RECORD_KEY,
  FailedBuildView,
  type ControlPlaneRecord,
} from 'host-service/contract/control-plane.ts';
import { changeRecord, isReadable, readRecord } from 'host-service/engine/roll/record.ts';
import { describe, expect, it } from 'vitest';
import { WorldCluster } from './world/cluster.ts';

const NAMESPACE = 'record-test';
const signal = new AbortController().signal;
const build = (letter: string) => ({
  repository: 'registry.test/control-plane',
  digest: `sha256:${letter.repeat(64)}`,
  version: '1.0.0',
});
const AT = '2026-03-01T10:00:00.000Z';
const FAILED = {
  ...build('b'),
  ...{ reason: { code: 'roll.crashed', detail: 'exit code 1' }, at: AT, attempts: 1, quarantined: true },
  ...{ by: 'guard:box', evidence: 'its log', attempt: 'uid/settled', request: 'retry-0001', dueNow: true },
};
const RECORD = {
  schema: 'appliance.control-plane-record/v1',
  lastGood: { ...build('a'), at: AT },
  formerGood: { ...build('c'), at: AT },
  failed: [FAILED],
};

function stored(record: unknown) {
  const cluster = new WorldCluster(() => new Date(AT));
  const object = cluster.store.seed({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: CONTROL_PLANE_RECORD, namespace: NAMESPACE },
    data: { [CONTROL_PLANE_RECORD_KEY]: JSON.stringify(record) },
  });
  return { object, port: cluster.client({ by: 'test' }).port };
}
const digestsOf = ({ lastGood, formerGood, failed }: ControlPlaneRecord) =>
  [lastGood, formerGood, ...failed].map((one) => one?.digest.slice(7, 8));

describe('the stored record of builds', () => {
  it('is read whole', async () => {
    const { object, port } = stored(RECORD);
    expect(isReadable(object)).toBe(true);
    expect(await readRecord(port, NAMESPACE, signal)).toEqual(RECORD);
  });

  it('R-13 is no worse for a former build, or for marks of tries, that another program wrote in its own way', async () => {
    const marks = { attempt: { uid: 'u' }, request: 7, dueNow: 'yes' };
    const { object, port } = stored({ ...RECORD, formerGood: 'c', failed: [{ ...FAILED, ...marks }] });
    expect(isReadable(object)).toBe(true);
    const record = await readRecord(port, NAMESPACE, signal);
    expect(digestsOf(record)).toEqual(['a', undefined, 'b']);
    expect(record.failed[0]).toMatchObject({ quarantined: true, attempts: 1 });
    expect(record.failed[0]?.dueNow).toBeUndefined();
  });

  it('R-13 gives what can still be read when it is damaged, both good builds as well', async () => {
    const { object, port } = stored({
      ...RECORD,
      baked: 7,
      failed: [{ ...FAILED, attempts: 'one' }, FAILED],
    });
    expect(isReadable(object)).toBe(false);
    expect(digestsOf(await readRecord(port, NAMESPACE, signal))).toEqual(['a', 'c', 'b']);
  });

  it('keeps what a newer program has added to it', async () => {
    const { port } = stored({ ...RECORD, pulled: ['a'], failed: [{ ...FAILED, cause: 'disk' }] });
    const change = (record: ControlPlaneRecord): ControlPlaneRecord => ({ ...record, lastGood: undefined });
    await changeRecord(port, NAMESPACE, change, signal);
    expect(await readRecord(port, NAMESPACE, signal)).toMatchObject({
      ...{ pulled: ['a'], formerGood: RECORD.formerGood, failed: [{ cause: 'disk', request: 'retry-0001' }] },
    });
  });

  it('shows of a failed build neither its log nor the marks of its tries', () => {
    const { evidence, attempt, request, dueNow, ...shown } = FAILED;
    expect([evidence, attempt, request, dueNow]).not.toContain(undefined);
    expect(FailedBuildView.parse({ ...FAILED, cause: 'disk' })).toEqual(shown);
  });
});
