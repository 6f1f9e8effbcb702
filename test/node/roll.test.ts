import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NAMESPACE, type Pod } from './support/box.ts';
import { pushImage, realImage, type PushedImage } from './support/images.ts';
import { inRoom } from './support/in-room.ts';
import { Listener } from './support/listeners.ts';
import { memoryOf, pidsOf } from './support/memory.ts';
import { phasesOf } from './support/phases.ts';
import { VISITORS } from './support/place.ts';
import { Stage } from './support/stage.ts';
import { Load, type Visitor } from './support/visitors.ts';

/** The box rolls its control plane to the one of the next release, while people look at it. */
describe.skipIf(!inRoom)('rolling to the next control plane on a real node', () => {
  let stage: Stage;
  let next: PushedImage;
  let visitors: readonly Visitor[] = [];
  const listeners: Listener[] = [];
  beforeAll(async () => {
    stage = await Stage.open();
    next = await pushImage(stage.world.registry, await realImage('1.1.0'), '1.1.0', 'real-1.1.0');
    visitors = await stage.visitors(VISITORS);
  });
  afterAll(async () => {
    await Promise.all(listeners.map((listener) => listener.stop()));
    for (const visitor of visitors) visitor.close();
    await stage?.close();
  });

  /** Start and memory of a pod as one line for a table. */
  async function weightOf(pod: Pod): Promise<string> {
    const path = `/api/v1/namespaces/${NAMESPACE}/pods/${pod.metadata.name}/log`;
    const lines = (await stage.world.kube.text('GET', path)).split('\n');
    const passed = lines.find((line) => line.includes('canary passed')) ?? '{}';
    const { upMs } = JSON.parse(passed) as { upMs?: number };
    const { resident, anonymous, workingSet } = await memoryOf(pod);
    const megabytes = [resident, anonymous, workingSet].map((bytes) => (bytes / 1e6).toFixed(1));
    return `ready ${upMs} ms after its start; MB resident, anonymous, working set: ${megabytes.join(', ')}`;
  }

  it('R-16 B-53 it came up from the manifests of its bundle and says its version through the Service', async () => {
    const [pod] = await stage.box.pods();
    const answer = await visitors[0]?.ask('GET', '/api/version');
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({ version: '1.0.0', sourceRevision: 'test-1.0.0' });
    if (pod === undefined) throw new Error('no pod');
    console.log(await weightOf(pod));
  });

  it('B-57 it runs as nobody in particular, on a root that it cannot write', async () => {
    const [pod] = await stage.box.pods();
    const [pid] = pod === undefined ? [] : await pidsOf(pod);
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    expect(/^Uid:\s+(\d+)/m.exec(status)?.[1]).toBe('10001');
    expect(/^CapBnd:\s+(\w+)/m.exec(status)?.[1]).toBe('0000000000000000');
    const mounts = await readFile(`/proc/${pid}/mountinfo`, 'utf8');
    const root = mounts.split('\n').find((line) => line.split(' ')[4] === '/');
    expect(root?.split(' ')[5]).toMatch(/^ro\b/);
  });

  it('R-16 its log is there for whoever has to say why it failed', async () => {
    const [pod] = await stage.box.pods();
    const path = `/api/v1/namespaces/${NAMESPACE}/pods/${pod?.metadata.name}/log`;
    expect(await stage.world.kube.text('GET', path)).toContain('control plane started');
  });

  it('R-16 B-54 loses no request of fifty a second, and the new one says itself that it works', async () => {
    listeners.push(...visitors.map((visitor) => new Listener(visitor)));
    const load = new Load(visitors);
    const promotedAt = Date.now();
    try {
      await stage.vendor.offer(next);
      const status = await stage.current(next);
      expect(status.controlPlane).toMatchObject({ version: '1.1.0', digest: next.digest });
      const version = await visitors[0]?.ask('GET', '/api/version');
      expect(JSON.parse(version?.body ?? '')).toMatchObject({ version: '1.1.0' });
    } finally {
      const report = await load.stop();
      const { asked, retried, slowestMs, lost } = report;
      console.log(`${asked} requests, ${lost.length} lost, ${retried} retried, slowest ${slowestMs} ms`);
      expect(lost).toEqual([]);
    }
    const roll = await stage.rollTo(next);
    expect(roll.status).toMatchObject({ outcome: 'succeeded' });
    console.log(await phasesOf(stage, roll, promotedAt));
  });

  it('R-34 every watcher hears every event of the roll once and in order, over the change of servers', async () => {
    const roll = await stage.rollTo(next);
    const numbers = (roll.status?.events ?? []).map(({ n }) => n);
    expect(numbers.length).toBeGreaterThan(2);
    await expect
      .poll(() => listeners.map((listener) => listener.numbersOf(roll.metadata.name)), { timeout: 30_000 })
      .toEqual(listeners.map(() => numbers));
    expect(listeners.every(({ connections }) => connections >= 2)).toBe(true);
  });

  it('B-53 the Deployment was written for the new image once, and carries no mark of a roll any more', async () => {
    expect(await stage.imagesWritten()).toEqual([stage.first.digest, next.digest]);
    const { annotations = {} } = (await stage.deployment()).metadata;
    expect(Object.keys(annotations).filter((key) => /previous-digest|probation-until/.test(key))).toEqual([]);
    const [pod] = await stage.box.pods();
    if (pod !== undefined) console.log(`after the roll: ${await weightOf(pod)}`);
  });
});
