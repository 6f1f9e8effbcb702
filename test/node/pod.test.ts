import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../cluster/kube.ts';
import { Box, NAMESPACE } from './support/box.ts';
import { pushImage, realImage, type PushedImage } from './support/images.ts';
import { inRoom } from './support/in-room.ts';
import { memoryOf, pidsOf } from './support/memory.ts';
import { startNodeWorld, type NodeWorld } from './support/node.ts';
import { NodeVendor } from './support/vendor.ts';

/** One control plane as a box has it at first: the real image in a real pod, told in order. */
describe.skipIf(!inRoom)('the real image in a pod of a real node', () => {
  let node: NodeWorld;
  let box: Box;
  let image: PushedImage;
  beforeAll(async () => {
    node = await startNodeWorld();
    image = await pushImage(node.world.registry, await realImage('1.0.0'), '1.0.0', 'real-1.0.0');
    box = new Box(node.world, await NodeVendor.open(node.world));
  });
  afterAll(async () => {
    await node?.stop();
  });

  it('R-16 B-53 becomes Ready from the manifests of its bundle and says its version through the Service', async () => {
    await box.install(image);
    const pod = await box.ready(image.digest);
    const started = pod.status.containerStatuses?.[0]?.state.running?.startedAt ?? '';
    const ready = pod.status.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? '';
    const address = await box.service();
    // The kubelet calls it Ready a moment before the rules of the Service know.
    const answer = await eventually('the Service answers', () => fetch(`http://${address}/api/version`));
    expect(await answer.json()).toMatchObject({ version: '1.0.0', sourceRevision: 'test-1.0.0' });
    const megabytes = Math.round((await memoryOf(pod)) / 1e6);
    console.log(`container started ${started}, Ready ${ready}; ${megabytes} MB resident`);
  });

  it('B-57 runs as nobody in particular, on a root that it cannot write', async () => {
    const [pod] = await box.pods();
    const [pid] = pod === undefined ? [] : await pidsOf(pod);
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    expect(/^Uid:\s+(\d+)/m.exec(status)?.[1]).toBe('10001');
    expect(/^CapBnd:\s+(\w+)/m.exec(status)?.[1]).toBe('0000000000000000');
    const mounts = await readFile(`/proc/${pid}/mountinfo`, 'utf8');
    const root = mounts.split('\n').find((line) => line.split(' ')[4] === '/');
    expect(root?.split(' ')[5]).toMatch(/^ro\b/);
  });

  it('R-16 its log is there for whoever has to say why it failed', async () => {
    const [pod] = await box.pods();
    const path = `/api/v1/namespaces/${NAMESPACE}/pods/${pod?.metadata.name}/log`;
    expect(await node.world.kube.text('GET', path)).toContain('control plane started');
  });
});
