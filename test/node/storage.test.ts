import { chmod, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Digest, Repository } from 'host-service/contract/names.ts';
import type { StorageDefinition } from 'host-service/contract/product.ts';
import { PROOF_ANNOTATION, PROOF_LABEL } from 'host-service/core/storage/facts.ts';
import { createCluster, type ConnectedCluster } from 'host-service/edges/kubernetes/cluster.ts';
import { emptyMemory, PATIENCE, type Engine } from 'host-service/engine/engine.ts';
import type { StepResult } from 'host-service/engine/steps/executor.ts';
import { prepareStorage } from 'host-service/engine/storage/prepare.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { eventually, type KubeObject } from '../cluster/kube.ts';
import { known, makeObserved, operation } from '../flow/plan-world.ts';
import { Box as Bare } from '../flow/world/box.ts';
import { textAt } from '../world/platform/fields.ts';
import { NAME, NAMESPACE } from './support/box.ts';
import { pushImage, realImage, REPOSITORY, type PushedImage } from './support/images.ts';
import { inRoom } from './support/in-room.ts';
import { startNodeWorld, type NodeWorld } from './support/node.ts';
import { PROVISIONER, Volumes } from './support/volumes.ts';

const BUNDLE = join(import.meta.dirname, '../../flux-base/control-plane');
const OWN = `/api/v1/namespaces/${NAMESPACE}`;
const CLASS = '/apis/storage.k8s.io/v1/storageclasses/kept-data';
const WAIT = 120_000;

/** The step against a real API server, scheduler and kubelet, with the rights of the bundle and no others; told in order. */
describe.skipIf(!inRoom)('the trial write on a real node', { timeout: WAIT }, () => {
  let node: NodeWorld;
  let volumes: Volumes;
  let cluster: ConnectedCluster;
  let image: PushedImage;
  let storage: StorageDefinition;
  let count = 0;

  beforeAll(async () => {
    node = await startNodeWorld();
    const { kube, folder, registry, apiServer, caFile } = node.world;
    // The folder of the world may be root's alone; a volume is a folder that others reach.
    await chmod(folder, 0o755);
    image = await pushImage(registry, await realImage('1.0.0'), '1.0.0', 'real-1.0.0');
    for (const path of ['namespace', 'rbac'])
      for (const document of parseAllDocuments(await readFile(join(BUNDLE, `${path}.yaml`), 'utf8')))
        await applyOne(document.toJS() as KubeObject);
    await kube.apply('/apis/apps/v1/namespaces/kube-system/deployments/driver', driver());
    volumes = new Volumes(node.world);
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
    const asked = await kube.text('POST', `${OWN}/serviceaccounts/${NAME}/token`, request);
    const token = textAt(JSON.parse(asked), 'status', 'token');
    const ca = await readFile(caFile, 'utf8');
    cluster = createCluster({ auth: { server: apiServer, ca, token }, userAgent: 'storage-test' });
    storage = {
      ...{ class: 'kept-data', provisioner: PROVISIONER, reclaimPolicy: 'Retain' },
      driver: REPOSITORY.slice(REPOSITORY.lastIndexOf('/') + 1),
      proof: { uid: 999, gid: 999, subPath: 'db-data', size: '1Mi' },
    };
  }, WAIT * 2);
  afterAll(async () => {
    await volumes?.close();
    await cluster?.close();
    await node?.stop();
  });

  async function applyOne(object: KubeObject): Promise<void> {
    const { kind = '', apiVersion = '', metadata } = object;
    const base = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
    const place = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
    await node.world.kube.apply(`${base}${place}/${kind.toLowerCase()}s/${metadata.name}`, object);
  }

  const driver = (): KubeObject => ({
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'driver', namespace: 'kube-system' } },
    spec: {
      selector: { matchLabels: { app: 'driver' } },
      template: {
        metadata: { labels: { app: 'driver' } },
        spec: {
          containers: [
            {
              ...{ name: 'driver', image: `${image.repository}@${image.digest}` },
              command: ['/usr/local/bin/node', '-e', 'setInterval(() => {}, 1e6)'],
            },
          ],
        },
      },
    },
  });

  /** The step of one operation until it is over. */
  async function prepared(storageMs = 60_000): Promise<StepResult> {
    count += 1;
    const bare = new Bare().engine();
    const clock = { ...bare.ports.clock, now: () => new Date(), monotonic: () => performance.now() };
    const engine: Engine = {
      ...bare,
      product: { ...bare.product, storage },
      patience: { ...PATIENCE, storageMs },
      memory: emptyMemory(),
      ports: { ...bare.ports, cluster, clock },
    };
    const one = known('1.0.0');
    const begun = operation('install', one);
    const context = {
      ...{ engine, parts: undefined, profile: 'single-node', signal: new AbortController().signal },
      observed: makeObserved({ known: [one] }),
      operation: { ...begun, metadata: { ...begun.metadata, name: `storage-${count}` } },
      release: {
        ...one,
        release: {
          ...one.release,
          controlPlane: {
            ...one.release.controlPlane,
            ...{ repository: Repository.parse(image.repository), digest: Digest.parse(image.digest) },
          },
        },
      },
      registryOf: () => ({ host: node.world.registry, insecure: true }),
    };
    const said: string[] = [];
    return eventually(
      'the step is over',
      async () => {
        const step = { kind: 'prepare-storage', release: one.digest, done: false } as const;
        const result = await prepareStorage(context, step);
        if (result.kind !== 'failed' && said.at(-1) !== result.now) said.push(result.now);
        return result.kind === 'failed' || (result.kind === 'acted' && result.once === true)
          ? result
          : undefined;
      },
      WAIT - 10_000,
    ).catch(async (cause: unknown) => {
      const pods = await node.world.kube.list(`${OWN}/pods`);
      const events = await node.world.kube.list(`${OWN}/events`);
      const told = [said, pods.map((pod) => pod['status']), events.map((event) => event['message'])];
      throw new Error(JSON.stringify([...told, volumes.failures.map(String)], undefined, 1), { cause });
    });
  }

  /** What is there of a trial write, also on the disk, once the driver has had its turn. */
  async function expectNothingLeft(): Promise<void> {
    const { kube } = node.world;
    const left = async (): Promise<readonly string[]> => [
      ...(await kube.list(`${OWN}/persistentvolumeclaims`)).map(({ metadata }) => metadata.name),
      ...(await kube.list(`${OWN}/pods?labelSelector=${PROOF_LABEL}`)).map(({ metadata }) => metadata.name),
      ...(await kube.list('/api/v1/persistentvolumes')).map(({ metadata }) => metadata.name),
      ...(await readdir(volumes.folder).catch(() => [])),
    ];
    expect(await left()).toEqual([]);
  }

  it('B-23 says that the user of the database may not write, in the words of the node, and leaves nothing', async () => {
    await eventually('the driver runs', async () => {
      const found = await node.world.kube.get('/apis/apps/v1/namespaces/kube-system/deployments/driver');
      return JSON.stringify(found['status'] ?? '').includes('"readyReplicas":1') || undefined;
    });
    volumes.folders = 'closed';
    const result = await prepared();
    expect(result).toMatchObject({ kind: 'failed', problem: { code: 'storage.write-denied' } });
    expect(JSON.stringify(result)).toContain('user 999, making a folder: EACCES');
    await expectNothingLeft();
  });

  it('B-23 says that a volume cannot be attached, and leaves nothing', async () => {
    volumes.folders = 'missing';
    const result = await prepared(6_000);
    expect(result).toMatchObject({ kind: 'failed', problem: { code: 'storage.mount-failed' } });
    expect(JSON.stringify(result)).toContain('FailedMount');
    await expectNothingLeft();
  });

  it('B-23 B-41 B-42 writes, reads back and takes all of it away: claim, pod, volume and the bytes', async () => {
    volumes.folders = 'open';
    const result = await prepared();
    expect(result).toMatchObject({ kind: 'acted', once: true });
    expect(JSON.stringify(result)).toMatch(/user 999 wrote to db-data and read it back in \d+ ms/);
    await expectNothingLeft();
    const found = await node.world.kube.get(CLASS);
    expect(found).toMatchObject({ reclaimPolicy: 'Retain', volumeBindingMode: 'WaitForFirstConsumer' });
    expect(JSON.parse(found.metadata.annotations?.[PROOF_ANNOTATION] ?? 'null')).not.toHaveProperty(
      'problem',
    );
    // Once shown it is one look: nothing is asked for again.
    const asked = (await node.world.readAudit()).filter(({ verb }) => verb === 'create').length;
    expect(await prepared()).toMatchObject({ kind: 'acted', once: true });
    expect((await node.world.readAudit()).filter(({ verb }) => verb === 'create')).toHaveLength(asked);
  });
});
