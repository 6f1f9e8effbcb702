import { randomUUID } from 'node:crypto';
import { at } from '../cluster/support/facts.ts';
import { GROUP, Scene, SOURCE } from '../cluster/support/scene.ts';
import { eventually } from '../cluster/kube.ts';
import type { Row } from './measure.ts';

const digestOf = async (scene: Scene): Promise<unknown> =>
  at(await scene.get(SOURCE), 'spec', 'ref', 'digest');

interface Moved {
  readonly pointedMs: number;
  readonly runningMs: number;
}

/** Publishes the next release, moves the channel, does what wakes the box, and waits until the source names another digest. */
async function move(scene: Scene, version: string, wake: (scene: Scene) => Promise<void>): Promise<Moved> {
  await scene.vendor.release(version, { reversible: ['>=1.0.0'] });
  const before = await digestOf(scene);
  await scene.vendor.promote('stable', version);
  const since = performance.now();
  await wake(scene);
  await eventually('the source moved', async () => (await digestOf(scene)) !== before, 60_000);
  const pointedMs = performance.now() - since;
  await scene.running(version);
  return { pointedMs, runningMs: performance.now() - since };
}

/** What a webhook is for: the box looks now. The body says nothing that is believed. */
async function checkNow(scene: Scene): Promise<void> {
  const actor = { by: 'bench', via: 'webhook' };
  const request = { id: randomUUID(), verb: 'check-now', at: new Date().toISOString(), actor };
  await scene.world.kube.merge(`${GROUP}/appliances/appliance`, { spec: { requests: [request] } });
}

/** Channel moved -> the cluster's source names the new digest, and -> the application runs it, with policy auto on real Flux. */
export async function benchConverge(): Promise<readonly Row[]> {
  const scene = await Scene.open({ audit: false });
  try {
    await scene.vendor.release('1.0.0');
    await scene.vendor.promote('stable', '1.0.0');
    const polling = scene.controlPlane('polling', { pollMs: 1000, resyncMs: 15_000 });
    await polling.start();
    await scene.until('it says what is missing', ({ problems }) =>
      problems.some(({ code }) => code === 'plan.settings-missing'),
    );
    await scene.answer();
    await scene.must('intent', '--policy-update', 'auto', '--reason', 'measure', '--by', 'bench');
    await scene.running('1.0.0');
    const rows: Row[] = [];
    const add = (who: string, { pointedMs, runningMs }: Moved): void => {
      const times = { 'to source patched, ms': pointedMs, 'to running and confirmed, ms': runningMs };
      rows.push({ 'who looks': who, ...times });
    };
    add('polls every second ± 20 %', await move(scene, '1.1.0', () => Promise.resolve()));
    add('polls every second ± 20 %', await move(scene, '1.1.1', () => Promise.resolve()));
    await polling.stop();
    const woken = scene.controlPlane('woken', { pollMs: 300_000, resyncMs: 15_000 });
    await woken.start();
    await scene.until('the other acts', ({ controlPlane }) => controlPlane?.leader === 'woken');
    add('woken by a request', await move(scene, '1.1.2', checkNow));
    add('woken by a request', await move(scene, '1.1.3', checkNow));
    return rows;
  } finally {
    await scene.close();
  }
}
