import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STORAGE_VERSION_ANNOTATION } from 'host-service/contract/control-plane.ts';
import { GROUP_VERSION } from 'host-service/contract/names.ts';
import { DEFINITIONS } from 'host-service/control-plane.ts';
import { readManifests } from 'host-service/edges/files/manifests.ts';
import { createCluster, type ConnectedCluster } from 'host-service/edges/kubernetes/cluster.ts';
import { loadKubeconfig } from 'host-service/edges/kubernetes/connect/kubeconfig.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../cluster/kube.ts';
import { ControlPlane } from '../cluster/support/control-plane.ts';
import { makeProduct } from '../fixtures/documents.ts';
import { makeKey, makeTrust, trustKey } from '../fixtures/sign.ts';
import { startKubernetes, type InnerKubernetes } from '../world/kubernetes/kubernetes.ts';

const DEADLINE_MS = 30_000;
const signal = new AbortController().signal;
const NAMESPACE = 'alga-appliance-control-plane';
const APPLIANCE = { apiVersion: GROUP_VERSION, kind: 'Appliance', name: 'appliance' };
let folder = '';
let kubernetes: InnerKubernetes;
let cluster: ConnectedCluster;
let plane: ControlPlane;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appliance-canary-'));
  kubernetes = await startKubernetes({ folder });
  cluster = createCluster({ auth: loadKubeconfig(kubernetes.kubeconfig, undefined), userAgent: 'test' });
  await writeFile(join(folder, 'product.yaml'), JSON.stringify(makeProduct()));
  await writeFile(join(folder, 'trust.yaml'), JSON.stringify(makeTrust([trustKey(makeKey())])));
  plane = new ControlPlane({
    ...{ folder, name: 'canary', kubeconfig: kubernetes.kubeconfig },
    ...{ trust: join(folder, 'trust.yaml'), product: join(folder, 'product.yaml') },
    releaseRepository: '127.0.0.1:1/vendor/release',
    config: { ui: join(folder, 'no-page') },
  });
});
afterEach(async () => {
  await plane.kill();
  await cluster.close();
  await kubernetes.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

const ready = async (): Promise<number> => (await fetch(`${plane.url}/api/ready`)).status;
const leaseHolder = async (): Promise<string> =>
  (await cluster.lease.read('appliance-control-plane', NAMESPACE, signal))?.holder ?? '';

/** The box as another program has left it. */
async function storedAs(version: string): Promise<void> {
  for (const definition of readManifests(DEFINITIONS)) await cluster.apply(definition, { signal });
  const annotations = { [STORAGE_VERSION_ANNOTATION]: version };
  const { apiVersion, kind, name } = APPLIANCE;
  await cluster.create({ apiVersion, kind, metadata: { name, annotations }, spec: {} }, signal);
}

describe('a control plane on a box whose objects it does not know', () => {
  it('is alive, is never ready, says why in its log, takes no Lease, and starts by itself once it may', async () => {
    await storedAs('99');
    await plane.start();
    await eventually(
      'the reason in the log',
      async () => (await plane.log()).includes('"roll.storage-too-new"') || undefined,
      DEADLINE_MS,
    );
    expect((await fetch(`${plane.url}/api/healthz`)).status).toBe(200);
    expect(await ready()).toBe(503);
    expect(await leaseHolder()).toBe('');
    const found = await cluster.get(APPLIANCE, signal);
    if (found === undefined) throw new Error('the Appliance is gone');
    expect(found['status']).toBeUndefined();
    const annotations = { [STORAGE_VERSION_ANNOTATION]: '1' };
    await cluster.replace({ ...found, metadata: { ...found.metadata, annotations } }, signal);
    await eventually('it is ready', async () => (await ready()) === 200 || undefined, DEADLINE_MS);
    await eventually('it leads', async () => (await leaseHolder()) === 'canary' || undefined, DEADLINE_MS);
    const said = await readFile(join(folder, 'canary.log'), 'utf8');
    expect(said).toMatch(/canary passed/);
  });
});
