import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Problem } from 'host-service/contract/problem.ts';
import { createCluster } from 'host-service/edges/kubernetes/cluster.ts';
import type { ConnectedCluster, FieldConflict } from 'host-service/edges/kubernetes/cluster.ts';
import { loadKubeconfig } from 'host-service/edges/kubernetes/connect/kubeconfig.ts';
import { describeClusterContract } from '../edges/kubernetes-contract.ts';
import { startWorld } from './world.ts';
import type { World } from './world.ts';

const conflicts: FieldConflict[] = [];
const never = new AbortController().signal;
let world: World;
let cluster: ConnectedCluster;
beforeAll(async () => {
  world = await startWorld({ flux: false, kwok: false, registry: false });
  cluster = createCluster({
    auth: loadKubeconfig(world.kubeconfig),
    userAgent: 'contract-test',
    limits: { pageSize: 5 },
    onConflict: (conflict) => conflicts.push(conflict),
  });
});
afterAll(async () => {
  await cluster?.close();
  await world?.stop();
});

/** Node sends the body of a DELETE without its length unless told, so the client of the tests is not used here. */
async function askAs(
  { apiServer, caFile, token }: World,
  method: string,
  path: string,
  body: unknown,
  contentType: string,
): Promise<{ readonly code: number; readonly text: string }> {
  const payload = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const outgoing = request(`${apiServer}${path}`, {
    method,
    ca: await readFile(caFile),
    headers: {
      authorization: `Bearer ${token}`,
      ...(payload === ''
        ? {}
        : { 'content-type': contentType, 'content-length': Buffer.byteLength(payload) }),
    },
  });
  outgoing.end(payload);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
  return { code: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') };
}

describeClusterContract(() => ({
  cluster,
  conflicts,
  ask: async (method, path, body, contentType = 'application/json') =>
    askAs(world, method, path, body, contentType),
}));

describe('the real API server', () => {
  it('finds kinds that are not in our table by asking, also cluster-wide ones', async () => {
    const listed = await cluster.list(
      { apiVersion: 'flowcontrol.apiserver.k8s.io/v1', kind: 'FlowSchema' },
      { signal: never },
    );
    expect(listed.length).toBeGreaterThan(5);
    expect(listed[0]?.kind).toBe('FlowSchema');
  });

  it('says cluster.unauthorized to a wrong token and cluster.forbidden to one without rights', async () => {
    const auth = { ...loadKubeconfig(world.kubeconfig), token: 'wrong', reload: undefined };
    const stranger = createCluster({ auth, userAgent: 'contract-test' });
    const codes: unknown[] = [];
    const ask = async (client: ConnectedCluster): Promise<unknown> =>
      client.list({ apiVersion: 'v1', kind: 'Secret' }, { signal: never }).catch((error: unknown) => error);
    codes.push(await ask(stranger));
    await stranger.close();
    const token = await world.kube.text('POST', '/api/v1/namespaces/default/serviceaccounts/default/token', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {},
    });
    const found = /"token":"([^"]+)"/.exec(token)?.[1] ?? '';
    const pod = createCluster({ auth: { ...auth, token: found }, userAgent: 'contract-test' });
    codes.push(await ask(pod));
    await pod.close();
    expect(codes.map((error) => (error instanceof Problem ? error.code : error))).toEqual([
      'cluster.unauthorized',
      'cluster.forbidden',
    ]);
  });

  it('says apply.namespace-terminating while a namespace is going', async () => {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', name: 'going' };
    await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'going' } }, never);
    const held = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'held', namespace: 'going', finalizers: ['test.example/hold'] },
    };
    await cluster.create(held, never);
    await cluster.remove(namespace, { signal: never });
    const late = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'late', namespace: 'going' } };
    const error: unknown = await cluster.apply(late, { signal: never }).catch((thrown: unknown) => thrown);
    expect(error instanceof Problem ? error.code : error).toBe('apply.namespace-terminating');
    await cluster.apply({ ...held, metadata: { name: 'held', namespace: 'going' } }, { signal: never });
    await world.kube.merge('/api/v1/namespaces/going/configmaps/held', { metadata: { finalizers: null } });
  });

  it('is unavailable while it restarts; a watch goes on afterwards and misses nothing', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const kind = { apiVersion: 'v1', kind: 'ServiceAccount' };
    const watching = cluster.watch(kind, {
      namespace: 'default',
      signal: stop.signal,
      onChange: (object, type) => seen.push(`${type} ${object.metadata.name}`),
    });
    try {
      await world.kube.apply('/api/v1/namespaces/default/serviceaccounts/before', {
        ...kind,
        metadata: { name: 'before' },
      });
      await expect.poll(() => seen.includes('added before'), { timeout: 20_000 }).toBe(true);
      await world.stopComponent('kube-apiserver', 'SIGKILL');
      const error: unknown = await cluster.version(never).catch((thrown: unknown) => thrown);
      expect(error instanceof Problem ? error.code : error).toBe('cluster.unavailable');
      await world.startComponent('kube-apiserver');
      await cluster.create({ ...kind, metadata: { name: 'after', namespace: 'default' } }, never);
      await expect.poll(() => seen.includes('added after'), { timeout: 60_000 }).toBe(true);
      expect(seen.filter((one) => one === 'added before')).toHaveLength(1);
    } finally {
      stop.abort();
      await watching;
    }
  });
});
