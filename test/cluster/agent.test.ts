import { execFile } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createCluster, type ConnectedCluster } from 'host-service/edges/kubernetes/cluster.ts';
import { loadKubeconfig } from 'host-service/edges/kubernetes/connect/kubeconfig.ts';
import { Problem } from 'host-service/contract/problem.ts';
import type { KubeInput } from 'host-service/engine/ports.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { AGENT_RIGHTS_FILE } from '../../scripts/build/agent-calls.ts';
import { deploymentOf, NAMESPACE, OLD } from '../flow/guard-world.ts';
import { eventually } from './kube.ts';
import { at } from './support/facts.ts';
import { startWorld, type World } from './world.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const PROGRAM = join(ROOT, 'host-service/bin/appliance-agent.ts');
const USER = 'appliance-agent:box';
const HOST = { apiVersion: 'appliance.nineminds.com/v1alpha1', kind: 'Host' };
const WAIT = 90_000;
const signal = new AbortController().signal;

/** One host's program with the identity and the rights that it really has, told in order. */
describe('the program on a host, against a real API server', () => {
  let world: World;
  let admin: ConnectedCluster;
  let self: ConnectedCluster;
  let config = '';

  const objectsIn = async (path: string): Promise<readonly KubeInput[]> =>
    parseAllDocuments(await readFile(path, 'utf8')).map((one) => one.toJS() as KubeInput);
  const codeOf = (act: Promise<unknown>): Promise<string> =>
    act.then(
      () => 'fine',
      (error: unknown) => (error instanceof Problem ? error.code : String(error)),
    );

  beforeAll(async () => {
    world = await startWorld({ flux: false, kwok: false, registry: false });
    admin = createCluster({ auth: loadKubeconfig(world.kubeconfig), userAgent: 'test/1' });
    const crds = join(ROOT, 'flux-base/control-plane/crds');
    const files = (await readdir(crds)).filter((name) => name !== 'kustomization.yaml');
    const kinds = (await Promise.all(files.map((name) => objectsIn(join(crds, name))))).flat();
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
    const rights = await objectsIn(join(ROOT, AGENT_RIGHTS_FILE));
    for (const object of [namespace, ...kinds, ...rights]) await admin.apply(object, { signal });
    config = join(world.folder, 'agent.yaml');
    const text = {
      ...{
        schema: 'appliance.agent/v1',
        node: 'box',
        state: join(world.folder, 'agent'),
        reportMs: 1_000,
        floorMs: 1_000,
      },
      ...{ kubeconfig: join(world.folder, 'agent/kubeconfig'), adminKubeconfig: world.kubeconfig },
      kept: join(world.folder, 'kept'),
      ...{ baked: join(world.folder, 'none'), bootReport: join(world.folder, 'boot.json'), disks: ['/'] },
    };
    await writeFile(config, JSON.stringify(text));
  }, 300_000);
  afterAll(async () => {
    await self?.close();
    await admin?.close();
    await world?.stop();
  });

  it('gets its identity signed by the platform for 30 days, and keeps it the second time', async () => {
    const identity = ['--config', config, 'identity'];
    expect((await run(process.execPath, [PROGRAM, ...identity])).stdout).toBe('renewed\n');
    expect((await run(process.execPath, [PROGRAM, ...identity])).stdout).toBe('kept\n');
    const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
    expect(at(await world.kube.get(requests), 'items')).toEqual([]);
    self = createCluster({
      auth: loadKubeconfig(join(world.folder, 'agent/kubeconfig')),
      userAgent: 'self/1',
    });
    const review = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'SelfSubjectReview',
      metadata: { name: '' },
    };
    const answered = await codeOf(self.create(review, signal));
    expect(answered).not.toBe('cluster.unauthorized');
  });

  it('may write the Host of its own name and no other, and make only what is of the control plane', async () => {
    const host = (name: string): KubeInput => ({ ...HOST, metadata: { name }, spec: { images: [] } });
    // The server takes a policy up a moment after it was made.
    await eventually(
      'the policies',
      async () => (await codeOf(self.create(host('another'), signal))) !== 'fine',
      WAIT,
    );
    expect(await codeOf(self.create(host('third'), signal))).toMatch(/^cluster\.(forbidden|invalid)$/);
    const own = await self.create(host('box'), signal);
    expect(await codeOf(self.replaceStatus({ ...own, status: { facts: {} } }, signal))).toBe('fine');
    const other =
      (await admin.get({ ...HOST, name: 'another' }, signal)) ??
      (await admin.create(host('another'), signal));
    const status = { ...other, status: { facts: {} } };
    expect(await codeOf(self.replaceStatus(status, signal))).toMatch(/^cluster\.(forbidden|invalid)$/);
    const inside = (name: string, namespace = NAMESPACE) => ({ name, namespace });
    const tries: readonly (readonly [string, KubeInput])[] = [
      ['fine', { apiVersion: 'v1', kind: 'ConfigMap', metadata: inside('appliance-floor') }],
      ['refused', { apiVersion: 'v1', kind: 'ConfigMap', metadata: inside('coredns') }],
      ['refused', { apiVersion: 'v1', kind: 'ConfigMap', metadata: inside('appliance-floor', 'default') }],
      [
        'refused',
        { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: inside('appliance-control-plane') },
      ],
      ['refused', { ...deploymentOf(OLD), metadata: inside('miner') }],
      [
        'refused',
        {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: inside('p'),
          spec: { containers: [{ name: 'a', image: 'b' }] },
        },
      ],
    ];
    for (const [verdict, object] of tries) {
      const code = await codeOf(self.create(object, signal));
      expect(`${object.metadata.name} ${code === 'fine' ? code : 'refused'}`).toBe(
        `${object.metadata.name} ${verdict}`,
      );
    }
    for (const namespace of [NAMESPACE, 'kube-system'])
      expect(await codeOf(self.list({ apiVersion: 'v1', kind: 'Secret' }, { namespace, signal }))).toBe(
        'cluster.forbidden',
      );
    // Whether the claim code was used is all that it may ask of Secrets.
    const secret = (name: string) => ({ apiVersion: 'v1', kind: 'Secret', namespace: NAMESPACE, name });
    expect(await codeOf(self.get(secret('appliance-claim'), signal))).toBe('fine');
    expect(await codeOf(self.get(secret('appliance-auth'), signal))).toBe('cluster.forbidden');
  });

  it('B-38 reports and watches with these rights: nothing that it asks for is forbidden', async () => {
    await admin.apply(deploymentOf(OLD), { signal });
    const child = spawn(process.execPath, [PROGRAM, '--config', config], { stdio: 'ignore' });
    try {
      await eventually(
        'its report',
        async () => {
          const found = await admin.get({ ...HOST, name: 'box' }, signal);
          return at(found, 'status', 'guard', 'state') === 'waiting' ? found : undefined;
        },
        WAIT,
      );
    } finally {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    const own = (await world.readAudit()).filter(
      ({ user, userAgent }) => user.username === USER && userAgent?.startsWith('appliance-agent/') === true,
    );
    expect(own.length).toBeGreaterThan(0);
    expect(own.filter(({ responseStatus }) => responseStatus?.code === 403)).toEqual([]);
  });
});
