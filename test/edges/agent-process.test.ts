import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROLL_ANNOTATIONS } from 'host-service/contract/control-plane.ts';
import { HostStatus } from 'host-service/contract/objects.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BAKED, deploymentOf, NEW, OLD, templateOf } from '../flow/guard-world.ts';
import { AGENT_CALLS } from '../../scripts/build/agent-calls.ts';
import { AgentBox, eventually, NAMESPACE, signal } from './agent-box.ts';

let box: AgentBox;
beforeEach(async () => {
  box = await AgentBox.open();
});
afterEach(() => box.close());

const statusOf = async (): Promise<HostStatus | undefined> =>
  HostStatus.safeParse((await box.host())?.['status']).data;

/** Objects of a control plane whose newest program has ended, as controllers and a node would have made them. */
async function crashed(): Promise<void> {
  const until = new Date(Date.now() + 600_000).toISOString();
  await box.deploy(NEW, { [ROLL_ANNOTATIONS.previousDigest]: OLD, [ROLL_ANNOTATIONS.probationUntil]: until });
  const name = 'appliance-control-plane';
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name };
  const { uid } = (await box.admin.get({ ...owner, namespace: NAMESPACE }, signal))?.metadata ?? {};
  const labels = { 'app.kubernetes.io/name': name };
  for (const [of, hash, revision] of [
    [OLD, 'old', '1'],
    [NEW, 'new', '2'],
  ] as const) {
    const template = templateOf(of);
    const marked = { ...labels, 'pod-template-hash': hash };
    await box.admin.create(
      {
        ...{ apiVersion: 'apps/v1', kind: 'ReplicaSet' },
        metadata: {
          ...{ name: `${name}-${hash}`, namespace: NAMESPACE, labels: marked },
          annotations: { 'deployment.kubernetes.io/revision': revision },
          ownerReferences: [{ ...owner, uid, controller: true }],
        },
        spec: {
          selector: { matchLabels: marked },
          template: { ...template, metadata: { labels: { ...template.metadata.labels, ...marked } } },
        },
      } as Parameters<typeof box.admin.create>[0],
      signal,
    );
  }
  const pod = await box.admin.create(
    {
      ...{ apiVersion: 'v1', kind: 'Pod' },
      metadata: {
        name: `${name}-new-1`,
        namespace: NAMESPACE,
        labels: { ...labels, 'pod-template-hash': 'new' },
      },
      spec: templateOf(NEW).spec,
    },
    signal,
  );
  const ended = { reason: 'Error', exitCode: 1, finishedAt: new Date().toISOString() };
  const container = {
    ...{ name: 'control-plane', restartCount: 2, ready: false, image: 'x', imageID: '' },
    ...{ state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: ended } },
  };
  await box.admin.replaceStatus({ ...pod, status: { containerStatuses: [container] } }, signal);
  box.kubernetes.setLog(
    { namespace: NAMESPACE, name: pod.metadata.name },
    'control-plane',
    true,
    'it said why\n',
  );
}

const floor = (sequence: number): string =>
  JSON.stringify({
    ...{
      product: 'alga',
      repository: 'registry.test/release',
      channel: 'stable',
      sequence,
      signedSeen: true,
    },
    ...{ statement: OLD, release: { digest: OLD, version: '1.0.0' }, at: '2026-03-01T10:00:00Z' },
  });
const floorMap = (sequence: number) => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'appliance-floor', namespace: NAMESPACE } },
  data: { stable: floor(sequence), 'statement.stable': `statement ${sequence}` },
});

describe('the program on a host, as a process against an API server', () => {
  it('B-38 reports its host, guards and keeps the floor with the rights of its file, and uses every one of them', async () => {
    await mkdir(join(box.folder, 'baked'));
    const objects = [
      ...['ServiceAccount', 'Service'].map((kind) => ({
        apiVersion: 'v1',
        kind,
        spec: kind === 'Service' ? { ports: [{ port: 80 }] } : undefined,
      })),
      { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', spec: {} },
      { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', spec: { podSelector: {} } },
    ];
    const metadata = { name: 'appliance-control-plane', namespace: NAMESPACE };
    for (const object of objects)
      await writeFile(
        join(box.folder, `baked/0-${object.kind}.json`),
        JSON.stringify({ ...object, metadata }),
      );
    await writeFile(join(box.folder, 'baked/9-deployment.json'), JSON.stringify(deploymentOf(BAKED)));
    // Of a box that has no owner yet: whether the code was used is asked for.
    await mkdir(join(box.folder, 'kept'));
    await writeFile(join(box.folder, 'build-time'), `${Math.floor(Date.now() / 1000) - 86_400}\n`);
    await writeFile(join(box.folder, 'kept/claim-code'), 'AAAA-AAAA-AAAA\n', { mode: 0o600 });
    const agent = box.start(['--config', await box.config()]);
    // There is none: after half a minute it makes the one that came with the host.
    await eventually(
      'a control plane',
      async () => box.admin.get({ ...deploymentOf(BAKED), ...metadata }, signal),
      60_000,
    );
    await box.admin.remove({ apiVersion: 'apps/v1', kind: 'Deployment', ...metadata }, { signal });
    await crashed();
    await box.admin.create(floorMap(7), signal);
    const status = await eventually(
      'the former one put back',
      async () => {
        const found = await statusOf();
        return found?.guard?.last?.from === NEW ? found : undefined;
      },
      60_000,
    );
    expect(status.guard?.last).toMatchObject({ from: NEW, to: OLD, reason: { code: 'roll.crashed' } });
    expect(status).toMatchObject({
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      version: '0.1.0',
    });
    expect(status.facts['bootId']).toMatch(/^[0-9a-f-]{36}$/);
    expect(status.facts['memoryMiB']).toBeGreaterThan(0);
    await eventually('the copy of the floor', async () =>
      (await readFile(join(box.folder, 'agent/floor.json'), 'utf8').catch(() => '')).includes('statement 7'),
    );
    expect((await stat(join(box.folder, 'agent/floor.json'))).mode & 0o777).toBe(0o600);
    // An older state of the cluster comes back: the copy is higher.
    const old = await box.admin.get({ ...floorMap(3), ...floorMap(3).metadata }, signal);
    await box.admin.replace(
      { ...old, ...floorMap(3), metadata: old?.metadata ?? floorMap(3).metadata },
      signal,
    );
    await eventually('the higher floor', async () => {
      const found = await box.admin.get({ ...floorMap(7), ...floorMap(7).metadata }, signal);
      return JSON.stringify(found?.['data']).includes('statement 7');
    });
    // The owner has used the code: it leaves the host.
    const used = { verifier: 'x', madeAt: '2026-03-01T10:00:00Z', usedAt: '2026-03-01T10:00:00Z' };
    const data = { 'claim.json': Buffer.from(JSON.stringify(used)).toString('base64') };
    const secret = { apiVersion: 'v1', kind: 'Secret', data };
    await box.admin.create(
      { ...secret, metadata: { name: 'appliance-claim', namespace: NAMESPACE } },
      signal,
    );
    await eventually('no claim code on the host', async () =>
      (await readdir(join(box.folder, 'kept'))).every((name) => name !== 'claim-code'),
    );
    const clock = join(box.folder, 'kept/clock');
    const saved = Number(await readFile(clock, 'utf8'));
    expect(Math.abs(saved - Date.now() / 1000)).toBeLessThan(3_600);
    expect((await agent.stop()).code).toBe(0);
    // At its end it keeps the time once more: the next boot goes on from there.
    expect(Number(await readFile(clock, 'utf8'))).toBeGreaterThan(saved);
    expect(box.door.refused).toEqual([]);
    expect(unused(box)).toEqual([]);
  }, 150_000);

  it('B-55 says what it cannot do instead of leaving it unsaid', async () => {
    const spec = {
      images: [`registry.test/app@${OLD}`],
      network: { resolvers: ['192.0.2.53'], timeServers: ['ntp.example.com'] },
      later: { address: '10.0.0.1' },
    };
    await box.admin.create(
      { apiVersion: 'appliance.nineminds.com/v1alpha1', kind: 'Host', metadata: { name: 'box' }, spec },
      signal,
    );
    const agent = box.start(['--config', await box.config()]);
    const status = await eventually('a report', async () => {
      const found = await statusOf();
      return (found?.rejected.length ?? 0) > 0 && (found?.pulled.length ?? 0) > 0 ? found : undefined;
    });
    expect(status.rejected.map(({ what, code }) => `${what} ${code}`)).toEqual([
      'later not-known',
      'network.resolvers: the program on this host does not set name servers yet not-supported',
      'network.timeServers: the program on this host does not set time servers yet not-supported',
    ]);
    // No image store runs on this machine: what is asked of it is not done, and nobody is told that it was.
    expect(status.pulled.map(({ image }) => image)).toEqual([`registry.test/app@${OLD}`]);
    expect(['waiting', 'failed']).toContain(status.pulled[0]?.state);
    expect((await box.host())?.['spec']).toEqual(spec);
    await agent.stop();
  });

  it('waits for its identity, takes it up when it is there, and again when it has changed (B-87)', async () => {
    await box.writeKubeconfig(box.door.url, 'wrong');
    const agent = box.start(['--config', await box.config()]);
    await eventually('that it is refused', async () =>
      Promise.resolve(agent.output.includes('agent.identity')),
    );
    expect(await box.host()).toBeUndefined();
    await box.writeKubeconfig(box.door.url);
    const found = await eventually(
      'a report',
      async () => ((await statusOf())?.guard === undefined ? undefined : statusOf()),
      60_000,
    );
    expect(found?.problems.map(({ code }) => code)).toContain('agent.identity');
    await agent.stop();
    expect(agent.output).not.toContain(box.kubernetes.token);
  }, 90_000);

  it('goes on with the API server gone, and is back when that is', async () => {
    const agent = box.start(['--config', await box.config()]);
    const before = await eventually('a report', statusOf);
    await box.kubernetes.setFault({ kind: 'down' });
    await eventually(
      'that it is blind',
      async () => Promise.resolve(agent.output.includes('"state":"blind"')),
      60_000,
    );
    await box.kubernetes.setFault({ kind: 'none' });
    await eventually(
      'a newer report',
      async () => {
        const now = await statusOf().catch(() => undefined);
        return (
          now?.guard !== undefined && now.guard.at > (before.guard?.at ?? '') && now.guard.state !== 'blind'
        );
      },
      90_000,
    );
    expect((await agent.stop()).code).toBe(0);
  }, 150_000);

  it('ends within 5 s of being asked, also when the API server accepts and never answers', async () => {
    const mute = createServer(() => undefined);
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    try {
      await box.writeKubeconfig(`http://127.0.0.1:${(mute.address() as AddressInfo).port}`);
      const agent = box.start(['--config', await box.config()]);
      await eventually('its start', async () =>
        Promise.resolve(agent.output.includes('host program started')),
      );
      const { code, tookMs } = await agent.stop();
      expect(tookMs).toBeLessThan(5_000);
      expect(code).toBe(0);
    } finally {
      mute.close();
    }
  });

  it('B-72 reads one strict file and says each mistake; without a file it is the program of a plain box', async () => {
    const path = join(box.folder, 'bad.yaml');
    await writeFile(path, 'schema: appliance.agent/v1\nnodes: x\nstate: relative\n');
    const bad = box.start(['--config', path]);
    expect(await bad.ended).toBe(2);
    expect(bad.output).toContain('config.invalid');
    expect(bad.output).toMatch(/bad\.yaml:2.*nodes.*is not a known key/);
    expect(bad.output).toMatch(/state.*is not an absolute path/);
    const plain = box.start(['--config', join(box.folder, 'none.yaml'), '--print-config']);
    expect(await plain.ended).toBe(0);
    expect(JSON.parse(plain.output)).toMatchObject({ kubeconfig: '/var/lib/appliance/agent/kubeconfig' });
  });
});

/** Rights that nothing has asked for. */
function unused({ door }: AgentBox): readonly string[] {
  const asked = new Set(door.asked.map(({ verb, group, resource }) => `${verb} ${group}/${resource}`));
  const rights = [...AGENT_CALLS.cluster, ...AGENT_CALLS.own].flatMap(({ group, resource, verbs }) =>
    verbs.map((verb) => `${verb} ${group}/${resource}`),
  );
  return rights.filter((right) => !asked.has(right));
}
