import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Problem } from 'host-service/contract/problem.ts';
import { createCluster } from 'host-service/edges/kubernetes/cluster.ts';
import type { ConnectedCluster } from 'host-service/edges/kubernetes/cluster.ts';
import { loadKubeconfig } from 'host-service/edges/kubernetes/connect/kubeconfig.ts';
import { startKubernetes } from '../world/kubernetes/kubernetes.ts';
import type { InnerKubernetes } from '../world/kubernetes/kubernetes.ts';
import { until } from './kubernetes-server.ts';

const never = new AbortController().signal;
const KIND = { apiVersion: 'v1', kind: 'ConfigMap' } as const;
const configMap = (name: string, more: object = {}) => ({
  ...KIND,
  metadata: { name, namespace: 'default', ...more },
  data: { a: '1' },
});
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

let folder = '';
let kubernetes: InnerKubernetes;
let cluster: ConnectedCluster;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'embedded-'));
  kubernetes = await startKubernetes({ folder });
  cluster = createCluster({
    auth: loadKubeconfig(kubernetes.kubeconfig),
    userAgent: 'appliance-test/1',
    limits: { backOffMs: [20, 50], rewatchMs: 10 },
  });
});
afterEach(async () => {
  await cluster.close();
  await kubernetes.stop();
  await rm(folder, { recursive: true, force: true });
});

const codeOf = async (act: Promise<unknown>): Promise<unknown> =>
  act.then(
    () => 'fine',
    (error: unknown) => (error instanceof Problem ? error.code : error),
  );
async function ask(method: string, path: string, body?: string, headers: Record<string, string> = {}) {
  const answer = await fetch(`${kubernetes.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${kubernetes.token}`,
      'content-type': 'application/json',
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  return { code: answer.status, headers: answer.headers, text: await answer.text() };
}

describe('the embedded API', () => {
  it('writes a kubeconfig that only its owner can read, and lets in nobody without its token', async () => {
    expect(loadKubeconfig(kubernetes.kubeconfig)).toMatchObject({
      server: kubernetes.url,
      token: kubernetes.token,
    });
    expect((await stat(kubernetes.kubeconfig)).mode & 0o777).toBe(0o600);
    expect(await readFile(kubernetes.kubeconfig, 'utf8')).toContain('current-context');
    expect((await ask('GET', CONFIG_MAPS, undefined, { authorization: 'Bearer wrong' })).code).toBe(401);
    expect((await fetch(`${kubernetes.url}${CONFIG_MAPS}`)).status).toBe(401);
    expect((await fetch(`${kubernetes.url}/readyz`)).status).toBe(200);
  });

  it('keeps an audit of writes, which tells dry runs from changes', async () => {
    await cluster.create(configMap('a'), never);
    await cluster.apply(configMap('b'), { signal: never, dryRun: true });
    expect(await codeOf(cluster.create(configMap('a'), never))).toBe('cluster.conflict');
    await cluster.get({ ...KIND, namespace: 'default', name: 'a' }, never);
    await cluster.remove({ ...KIND, namespace: 'default', name: 'a' }, { signal: never });
    const userAgent = 'appliance-test/1';
    expect(kubernetes.audit()).toEqual([
      { verb: 'create', path: CONFIG_MAPS, userAgent, code: 201 },
      { verb: 'patch', path: `${CONFIG_MAPS}/b?dryRun=All`, userAgent, code: 201 },
      { verb: 'create', path: CONFIG_MAPS, userAgent, code: 409 },
      { verb: 'delete', path: `${CONFIG_MAPS}/a`, userAgent, code: 200 },
    ]);
  });

  it('gives the logs of containers that somebody plays', async () => {
    const pod = { namespace: 'default', name: 'p' };
    const containers = [{ name: 'c', image: 'x:1' }];
    const annotations = { 'log.embedded/side': 'annotated\n' };
    await cluster.create(
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { ...pod, annotations },
        spec: { containers: [...containers, { name: 'side', image: 'y:1' }] },
      },
      never,
    );
    const log = `/api/v1/namespaces/default/pods/p/log`;
    expect((await ask('GET', log)).code).toBe(400);
    expect((await ask('GET', `${log}?container=c`)).text).toContain('is waiting to start: ContainerCreating');
    expect((await ask('GET', `${log}?container=none`)).code).toBe(400);
    kubernetes.setLog(pod, 'c', false, 'one\ntwo\nthree\n');
    expect((await ask('GET', `${log}?container=c&tailLines=2&limitBytes=5`)).text).toBe('two\nt');
    expect(await cluster.log({ ...pod, container: 'c', previous: false }, 6, never)).toBe('three\n');
    expect(await cluster.log({ ...pod, container: 'c', previous: true }, 100, never)).toBe('');
    kubernetes.setLog(pod, 'c', true, 'before\n');
    expect(await cluster.log({ ...pod, container: 'c', previous: true }, 100, never)).toBe('before\n');
    expect(await cluster.log({ ...pod, container: 'side', previous: false }, 100, never)).toBe('annotated\n');
    expect((await ask('GET', `${log}?container=c`, undefined, { accept: 'application/json' })).code).toBe(
      406,
    );
  });

  it('marks how far a watch has come when its time is over', async () => {
    const { text } = await ask('GET', `${CONFIG_MAPS}?watch=1&timeoutSeconds=1&allowWatchBookmarks=true`);
    const [mark] = text.split('\n').filter((line) => line !== '');
    expect(JSON.parse(mark ?? '')).toMatchObject({
      type: 'BOOKMARK',
      object: {
        kind: 'ConfigMap',
        apiVersion: 'v1',
        metadata: { resourceVersion: expect.stringMatching(/^\d+$/) as string },
      },
    });
  });

  it('answers a list of 1,000 objects at once, and tells many watchers the same bytes', async () => {
    for (let n = 0; n < 1000; n += 1) await cluster.create(configMap(`many-${n}`), never);
    expect((await cluster.list(KIND, { signal: never, namespace: 'default' })).length).toBe(1000);
    const stop = new AbortController();
    const seen = Array.from({ length: 20 }, () => 0);
    const watching = seen.map(async (_, n) =>
      cluster.watch(KIND, {
        namespace: 'default',
        signal: stop.signal,
        onChange: () => void (seen[n] = (seen[n] ?? 0) + 1),
      }),
    );
    await until('all have listed', () => seen.every((count) => count === 1000));
    await cluster.create(configMap('one-more'), never);
    await until('all are told', () => seen.every((count) => count === 1001));
    stop.abort();
    await Promise.all(watching);
  });

  it('forgets old changes after a thousand, and says so to who asks for them', async () => {
    const first = await cluster.create(configMap('busy'), never);
    for (let n = 0; n < 1300; n += 1)
      await cluster.apply({ ...configMap('busy'), data: { a: String(n) } }, { signal: never });
    const { text } = await ask(
      'GET',
      `${CONFIG_MAPS}?watch=1&timeoutSeconds=1&resourceVersion=${first.metadata.resourceVersion ?? ''}`,
    );
    expect(JSON.parse(text)).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
  });
});

describe('a fault of the embedded API', () => {
  it('down: refuses connections, and is back on the same port with all that it had', async () => {
    await cluster.create(configMap('kept'), never);
    const { url } = kubernetes;
    await kubernetes.setFault({ kind: 'down' });
    expect(kubernetes.fault).toEqual({ kind: 'down' });
    expect(await codeOf(cluster.version(never))).toBe('cluster.unavailable');
    await kubernetes.setFault({ kind: 'none' });
    expect(kubernetes.url).toBe(url);
    expect((await cluster.list(KIND, { signal: never })).map(({ metadata }) => metadata.name)).toEqual([
      'kept',
    ]);
  });

  it('unavailable, overloaded and slow: 503, 429 with a time to wait, and an answer that is late', async () => {
    await kubernetes.setFault({ kind: 'unavailable' });
    expect(await codeOf(cluster.version(never))).toBe('cluster.unavailable');
    await kubernetes.setFault({ kind: 'overloaded' });
    expect(await codeOf(cluster.version(never))).toBe('cluster.overloaded');
    expect((await ask('GET', '/version')).headers.get('retry-after')).toBe('1');
    await kubernetes.setFault({ kind: 'slow', delayMs: 200 });
    const started = performance.now();
    await cluster.version(never);
    expect(performance.now() - started).toBeGreaterThanOrEqual(190);
    await kubernetes.setFault({ kind: 'none' });
    expect(await codeOf(cluster.version(never))).toBe('fine');
  });

  it('forbid: 403 for writes of one plural, which a review says too; reads and other kinds go on', async () => {
    await kubernetes.setFault({ kind: 'forbid', plural: 'configmaps' });
    expect(await codeOf(cluster.create(configMap('a'), never))).toBe('cluster.forbidden');
    expect(await cluster.list(KIND, { signal: never })).toEqual([]);
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'default' } };
    await cluster.create(secret, never);
    const review = async (resource: string): Promise<string> => {
      const spec = { resourceAttributes: { verb: 'patch', resource } };
      const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec };
      const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
      return (await ask('POST', path, JSON.stringify(body))).text;
    };
    expect(await review('configmaps')).toContain('"allowed":false');
    expect(await review('secrets')).toContain('"allowed":true');
  });

  it('conflict: 409 to so many writes that say which version they have read', async () => {
    const made = await cluster.create(configMap('a'), never);
    await kubernetes.setFault({ kind: 'conflict', times: 2 });
    const { resourceVersion } = made.metadata;
    const replace = async (): Promise<unknown> =>
      codeOf(cluster.replace(configMap('a', { resourceVersion }), never));
    expect(await codeOf(cluster.apply(configMap('b'), { signal: never }))).toBe('fine');
    expect([await replace(), await replace(), await replace()]).toEqual([
      'cluster.conflict',
      'cluster.conflict',
      'fine',
    ]);
  });

  it('expire-watches: ends watches with 410 and forgets the pages of lists; a watch of ours misses nothing', async () => {
    await cluster.create(configMap('a'), never);
    await cluster.create(configMap('b'), never);
    const seen: string[] = [];
    const stop = new AbortController();
    const onChange = ({ metadata }: { metadata: { name: string } }, type: string): void =>
      void seen.push(`${type} ${metadata.name}`);
    const watching = cluster.watch(KIND, { namespace: 'default', signal: stop.signal, onChange });
    await until('both are told', () => seen.length === 2);
    const page = JSON.parse((await ask('GET', `${CONFIG_MAPS}?limit=1`)).text) as {
      metadata: { continue: string };
    };
    await kubernetes.setFault({ kind: 'expire-watches' });
    const rest = await ask('GET', `${CONFIG_MAPS}?limit=1&continue=${page.metadata.continue}`);
    expect([rest.code, JSON.parse(rest.text)]).toMatchObject([410, { reason: 'Expired' }]);
    await cluster.create(configMap('c'), never);
    await until('the third is told', () => seen.length === 3);
    stop.abort();
    await watching;
    expect(seen).toEqual(['added a', 'added b', 'added c']);
  });

  it('unavailable: closes watches, which go on afterwards and miss nothing', async () => {
    const seen: string[] = [];
    const stop = new AbortController();
    const onChange = ({ metadata }: { metadata: { name: string } }): void => void seen.push(metadata.name);
    const watching = cluster.watch(KIND, { namespace: 'default', signal: stop.signal, onChange });
    await cluster.create(configMap('before'), never);
    await until('the first is told', () => seen.length === 1);
    await kubernetes.setFault({ kind: 'unavailable' });
    await kubernetes.setFault({ kind: 'none' });
    await cluster.create(configMap('after'), never);
    await until('the second is told', () => seen.length === 2);
    stop.abort();
    await watching;
    expect(seen).toEqual(['before', 'after']);
  });
});
