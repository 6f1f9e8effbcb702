import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { conditionIs } from './bootstrap.ts';
import { eventually } from './kube.ts';
import type { KubeObject } from './kube.ts';
import { Component } from './process.ts';
import { digestOf, pushChart, pushFluxArtifact } from './registry.ts';
import { FATE } from './stages.ts';
import type { Fate } from './stages.ts';
import { HTTP_STATUS, startWorkloads } from './workloads.ts';
import type { Workloads } from './workloads.ts';
import { startWorld } from './world.ts';
import type { World } from './world.ts';

const run = promisify(execFile);
const PODS = '/api/v1/namespaces/default/pods';
const OCI = '/apis/source.toolkit.fluxcd.io/v1/namespaces/default/ocirepositories';

function source(world: World, name: string, repository: string, digest: string, chart = false): KubeObject {
  const layerSelector = {
    mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
    operation: 'copy',
  };
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: { name },
    spec: {
      url: `oci://${world.registry}/${repository}`,
      ref: { digest },
      interval: '1h',
      insecure: true,
      ...(chart ? { layerSelector } : {}),
    },
  };
}

function pod(name: string, annotations: Record<string, string>, env: readonly object[] = []): KubeObject {
  const container = { name: 'main', image: 'registry.test/app:1', ports: [{ containerPort: 8080 }], env };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, annotations },
    spec: { containers: [container] },
  };
}

async function fetchStatus(address: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    get(`http://${address}/`, { agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    }).on('error', reject);
  });
}

/** What a pod shows: phase, Ready and why its container waits or ended. */
function look(object: KubeObject): string {
  const status = object['status'] as {
    phase: string;
    containerStatuses?: { state?: { waiting?: { reason: string }; terminated?: { reason: string } } }[];
  };
  const state = status.containerStatuses?.[0]?.state;
  const reason = state?.waiting?.reason ?? state?.terminated?.reason ?? 'running';
  return `${status.phase} ${conditionIs(object, 'Ready', 'True') ? 'ready' : 'not-ready'} ${reason}`;
}

/** True while the process runs; a dead one that nobody has reaped yet is gone. */
async function lives(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) [ZX] /u.test(stat);
}

describe('the test world', () => {
  let world: World;
  let workloads: Workloads;

  beforeAll(async () => {
    world = await startWorld();
    workloads = startWorkloads(world);
  });

  afterAll(async () => {
    const { folder } = world;
    const pids = world.pids();
    await workloads.stop();
    await world.stop();
    expect(pids.length).toBeGreaterThan(8);
    for (const pid of pids) {
      expect(await lives(pid)).toBe(false);
    }
    expect(existsSync(folder)).toBe(false);
    expect(workloads.listening()).toEqual([]);
  });

  it('applies a config bundle that Flux pulls by its digest', async () => {
    const bundle = await pushFluxArtifact(world.registry, 'test/config', 'one', {
      'kustomization.yaml': 'resources: [settings.yaml]\n',
      'settings.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bundle, namespace: default}\ndata: {from: bundle}\n',
    });
    await world.kube.apply(`${OCI}/config`, source(world, 'config', 'test/config', bundle.digest));
    const path = '/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/default/kustomizations/config';
    await world.kube.apply(path, {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'config' },
      spec: {
        sourceRef: { kind: 'OCIRepository', name: 'config' },
        path: './',
        prune: true,
        interval: '1h',
        retryInterval: '2s',
      },
    });

    await eventually('the Kustomization is Ready', async () =>
      conditionIs(await world.kube.get(path), 'Ready', 'True'),
    );
    const settings = await world.kube.get('/api/v1/namespaces/default/configmaps/bundle');
    expect(settings['data']).toEqual({ from: 'bundle' });
    const repository = await world.kube.get<{ status: { artifact: { revision: string } } }>(`${OCI}/config`);
    expect(repository.status.artifact.revision).toBe(bundle.digest);
    const writes = (await world.readAudit()).filter(
      (event) => event.objectRef?.name === 'bundle' && event.verb === 'patch',
    );
    expect(writes.map((event) => event.user.username)).toContain('kustomize-controller');
  });

  it('installs a chart by its digest; its pods become Ready and answer at their addresses', async () => {
    const folder = join(world.folder, 'chart');
    await mkdir(join(folder, 'templates'), { recursive: true });
    await writeFile(join(folder, 'Chart.yaml'), 'apiVersion: v2\nname: app\nversion: 1.0.0\n');
    const container = { name: 'app', image: 'registry.test/app:1', ports: [{ containerPort: 8080 }] };
    const labels = { app: 'app' };
    const spec = {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    };
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'app' }, spec };
    await writeFile(join(folder, 'templates', 'app.yaml'), JSON.stringify(deployment));
    await run(world.bin('helm'), ['package', folder, '-d', world.folder]);
    const pushed = await run(world.bin('helm'), [
      'push',
      '--plain-http',
      join(world.folder, 'app-1.0.0.tgz'),
      `oci://${world.registry}/charts`,
    ]);
    const digest = /sha256:[0-9a-f]{64}/u.exec(pushed.stdout + pushed.stderr)![0];

    await world.kube.apply(`${OCI}/app`, source(world, 'app', 'charts/app', digest, true));
    const path = '/apis/helm.toolkit.fluxcd.io/v2/namespaces/default/helmreleases/app';
    await world.kube.apply(path, {
      apiVersion: 'helm.toolkit.fluxcd.io/v2',
      kind: 'HelmRelease',
      metadata: { name: 'app' },
      spec: { chartRef: { kind: 'OCIRepository', name: 'app' }, interval: '1h', releaseName: 'app' },
    });

    await eventually('the HelmRelease is Ready', async () =>
      conditionIs(await world.kube.get(path), 'Ready', 'True'),
    );
    const release = await world.kube.get<{ status: { lastAttemptedRevisionDigest: string } }>(path);
    expect(release.status.lastAttemptedRevisionDigest).toBe(digest);
    const next = await pushChart(
      world.registry,
      'charts/app',
      { name: 'app', version: '1.1.0' },
      {
        'app/Chart.yaml': 'apiVersion: v2\nname: app\nversion: 1.1.0\n',
        'app/templates/app.yaml': JSON.stringify({
          ...deployment,
          metadata: { name: 'app', labels: { next: 'yes' } },
        }),
      },
    );
    await world.kube.merge(`${OCI}/app`, { spec: { ref: { digest: next.digest } } });
    await eventually('the next digest is deployed', async () => {
      const { status } = await world.kube.get<{
        status: { history: { ociDigest: string; status: string }[] };
      }>(path);
      return status.history[0]?.ociDigest === next.digest && status.history[0].status === 'deployed';
    });
    const address = await eventually('a listener for the pod', async () =>
      Promise.resolve(workloads.listening()[0]),
    );
    expect(address).toMatch(/^127\.\d+\.\d+\.\d+:8080$/u);
    expect((await fetchStatus(address)).body).toMatch(/^registry\.test\/app:1 default\/app-/u);
  });

  it.each<readonly [Fate, string]>([
    ['crash', 'Running not-ready CrashLoopBackOff'],
    ['never-ready', 'Running not-ready running'],
    ['image-missing', 'Pending not-ready ImagePullBackOff'],
    ['complete', 'Succeeded not-ready Completed'],
    ['fail', 'Failed not-ready Error'],
  ])('lets a pod meet the fate %s', async (fate, expected) => {
    await world.kube.apply(`${PODS}/fate-${fate}`, pod(`fate-${fate}`, { [FATE]: fate }));
    await eventually(
      `${fate}: ${expected}`,
      async () => look(await world.kube.get(`${PODS}/fate-${fate}`)) === expected,
    );
  });

  it('lets a crashing pod recover when its fate is taken away', async () => {
    await world.kube.apply(`${PODS}/recovers`, pod('recovers', { [FATE]: 'crash' }));
    await eventually('it crashes', async () =>
      look(await world.kube.get(`${PODS}/recovers`)).endsWith('CrashLoopBackOff'),
    );
    await world.kube.merge(`${PODS}/recovers`, { metadata: { annotations: { [FATE]: null } } });
    await eventually(
      'it runs',
      async () => look(await world.kube.get(`${PODS}/recovers`)) === 'Running ready running',
    );
  });

  it('completes the pods of a Job', async () => {
    const path = '/apis/batch/v1/namespaces/default/jobs/migrate';
    const template = {
      spec: { restartPolicy: 'Never', containers: [{ name: 'migrate', image: 'registry.test/app:1' }] },
    };
    await world.kube.apply(path, {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'migrate' },
      spec: { template },
    });
    await eventually('the Job is Complete', async () =>
      conditionIs(await world.kube.get(path), 'Complete', 'True'),
    );
  });

  it('answers as the environment and annotations of a pod say', async () => {
    await world.kube.apply(`${PODS}/sick`, pod('sick', {}, [{ name: 'STANDIN_HTTP_STATUS', value: '503' }]));
    await world.kube.apply(`${PODS}/silent`, pod('silent', {}, [{ name: 'STANDIN_TCP', value: 'refuse' }]));
    const address = async (name: string): Promise<string> =>
      eventually(`${name} runs`, async () => {
        const { status } = await world.kube.get<{ status: { phase: string; podIP?: string } }>(
          `${PODS}/${name}`,
        );
        return status.phase === 'Running' && status.podIP !== undefined && `${status.podIP}:8080`;
      });
    const sick = await address('sick');
    await eventually('503', async () => (await fetchStatus(sick)).status === 503);
    await world.kube.merge(`${PODS}/sick`, { metadata: { annotations: { [HTTP_STATUS]: '200' } } });
    await eventually('200', async () => (await fetchStatus(sick)).status === 200);
    await expect(fetchStatus(await address('silent'))).rejects.toThrow(/ECONNREFUSED/u);
    await world.kube.delete(`${PODS}/sick?gracePeriodSeconds=0`);
    await eventually('nothing listens', async () => Promise.resolve(!workloads.listening().includes(sick)));
    expect(workloads.failures).toEqual([]);
  });

  it('gives a claim its volume, so that its pod runs, where the storage class exists', async () => {
    const storageClass = {
      kind: 'StorageClass',
      metadata: { name: 'local-path' },
      provisioner: 'rancher.io/local-path',
    };
    await world.kube.apply('/apis/storage.k8s.io/v1/storageclasses/local-path', {
      apiVersion: 'storage.k8s.io/v1',
      volumeBindingMode: 'WaitForFirstConsumer',
      ...storageClass,
    });
    const spec = {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'local-path',
      resources: { requests: { storage: '1Gi' } },
    };
    const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data' }, spec };
    await world.kube.apply('/api/v1/namespaces/default/persistentvolumeclaims/data', claim);
    const image = `registry.test/db:1@sha256:${'a'.repeat(64)}`;
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }];
    const db = { ...pod('db', {}), spec: { containers: [{ name: 'db', image }], volumes } };
    await world.kube.apply(`${PODS}/db`, db);
    const running = await eventually('the pod runs', async () => {
      const found = await world.kube.get(`${PODS}/db`);
      return look(found) === 'Running ready running' && found;
    });
    const { containerStatuses } = running['status'] as { containerStatuses: { imageID: string }[] };
    expect(containerStatuses[0]?.imageID).toBe(`registry.test/db@sha256:${'a'.repeat(64)}`);
  });

  it('keeps its objects over a restart of the API server and of etcd', async () => {
    await world.kube.apply('/api/v1/namespaces/kept', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'kept' },
    });
    await world.stopComponent('kube-apiserver', 'SIGKILL');
    await expect(world.kube.get('/api/v1/namespaces/kept')).rejects.toThrow(
      /ECONNREFUSED|socket|ECONNRESET/u,
    );
    await world.restart('etcd');
    await world.startComponent('kube-apiserver');
    expect((await world.kube.get('/api/v1/namespaces/kept')).metadata.name).toBe('kept');
  });

  it('tells why a component did not start', async () => {
    const broken = new Component({
      name: 'broken',
      path: '/bin/sh',
      args: ['-c', 'echo out of luck; exit 3'],
      cwd: world.folder,
      logFile: join(world.folder, 'broken.log'),
      ready: async () => Promise.resolve(false),
    });
    await expect(broken.start()).rejects.toThrow(/broken exit 3\nout of luck/u);
    expect(() => world.logs('no-such')).toThrow(/no component no-such/u);
    expect(() => world.bin('no-such')).toThrow(/unknown program/u);
  });

  it('has a client for registries: crane sees the digest that was pushed', async () => {
    const pushed = await pushFluxArtifact(world.registry, 'test/crane', 'one', { 'a.txt': 'a' });
    const { stdout } = await run(
      world.bin('crane'),
      ['manifest', '--insecure', `${world.registry}/test/crane:one`],
      { encoding: 'buffer' },
    );
    expect(digestOf(stdout)).toBe(pushed.digest);
    expect(world.logs('docker-registry')).toContain('/v2/test/crane/manifests/one');
  });
});
