import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Problem } from 'host-service/contract/problem.ts';
import { createCluster } from 'host-service/edges/kubernetes/cluster.ts';
import type { ConnectedCluster } from 'host-service/edges/kubernetes/cluster.ts';
import type { KubeAuth } from 'host-service/edges/kubernetes/connect/auth.ts';
import { inClusterAuth, loadKubeconfig } from 'host-service/edges/kubernetes/connect/kubeconfig.ts';
import { configMap, json, keptLog, selfSigned, startScripted, status } from './kubernetes-server.ts';
import type { Handler } from './kubernetes-server.ts';

const REF = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'a' } as const;
const never = new AbortController().signal;
const open: (() => Promise<unknown>)[] = [];
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kube-'));
});
afterEach(async () => {
  for (const close of open.splice(0)) await close();
  await rm(folder, { recursive: true, force: true });
});

async function put(name: string, text: string): Promise<string> {
  // Replaced by a link-like swap, as a mounted secret is.
  await writeFile(join(folder, `${name}.new`), text);
  await rename(join(folder, `${name}.new`), join(folder, name));
  return join(folder, name);
}

function connect(
  auth: KubeAuth,
  options: Partial<Parameters<typeof createCluster>[0]> = {},
): ConnectedCluster {
  const cluster = createCluster({ auth, userAgent: 'test', limits: { callMs: 5000 }, ...options });
  open.push(async () => cluster.close());
  return cluster;
}

const codeOf = async (act: Promise<unknown>): Promise<unknown> =>
  act.then(
    () => 'fine',
    (error: unknown) => (error instanceof Problem ? error.code : error),
  );
const base64 = (text: string): string => Buffer.from(text).toString('base64');

interface Parts {
  readonly server: string;
  readonly cluster?: string;
  readonly user?: string;
}
const kubeconfig = ({ server, cluster = '', user = 'token: v-token' }: Parts): string => `
apiVersion: v1
kind: Config
current-context: main
contexts:
  - { name: main, context: { cluster: c, user: u } }
  - { name: other, context: { cluster: none, user: u } }
clusters:
  - name: c
    cluster:
      server: ${server}
      ${cluster}
users:
  - name: u
    user:
      ${user}
`;

/** Lets in who brings the token that counts now. */
const guarded =
  (token: () => string): Handler =>
  (seen, answer) =>
    seen.headers.authorization === `Bearer ${token()}`
      ? json(answer, 200, configMap('a'))
      : json(answer, 401, status(401, 'Unauthorized', 'Unauthorized'));

describe('a kubeconfig', () => {
  it('gives address, authority, token and client certificate, inline or from files beside it', async () => {
    await put('ca.crt', 'v-ca');
    await put('token', 'v-file-token\n');
    const cluster = 'certificate-authority: ca.crt\n      tls-server-name: kubernetes';
    const user = `token: v-token\n      tokenFile: ./token\n      client-certificate-data: ${base64('v-cert')}\n      client-key-data: ${base64('v-key')}`;
    const path = await put('config', kubeconfig({ server: 'https://10.0.0.1:6443/', cluster, user }));
    expect(loadKubeconfig(path)).toMatchObject({
      server: 'https://10.0.0.1:6443',
      ca: 'v-ca',
      token: 'v-file-token',
      cert: 'v-cert',
      key: 'v-key',
      serverName: 'kubernetes',
      files: [path, join(folder, 'ca.crt'), join(folder, 'token')],
    });
  });

  it.each([
    ['a program', { user: 'exec: { command: aws }' }, 'user u: exec would run a program'],
    ['an auth provider', { user: 'auth-provider: { name: gcp }' }, 'user u: auth-provider is not supported'],
    ['a password', { user: 'username: a' }, 'user u: username is not supported'],
    [
      'unverified TLS',
      { cluster: 'insecure-skip-tls-verify: true' },
      'cluster c: insecure-skip-tls-verify would accept any server',
    ],
    ['a proxy', { cluster: 'proxy-url: http://x' }, 'cluster c: proxy-url is not supported'],
    ['plain HTTP in the network', { server: 'http://10.0.0.1' }, 'server must be https'],
    ['no address', { server: 'somewhere' }, 'server is not an address'],
    ['a path in the address', { server: 'https://10.0.0.1/k8s/a' }, 'scheme, host and port only'],
    [
      'a certificate without key',
      { user: `client-certificate-data: ${base64('c')}` },
      'a client certificate needs its key',
    ],
    ['data that is not base64', { user: 'client-key-data: "%%"' }, 'users.0.user.client-key-data'],
    ['a file that is not there', { cluster: 'certificate-authority: none.crt' }, 'none.crt cannot be read'],
    ['broken YAML', { user: 'token: [v-token' }, 'is not YAML'],
  ])('with %s is refused by name', async (_name, parts: Partial<Parts>, sentence) => {
    const path = await put('config', kubeconfig({ server: 'https://10.0.0.1', ...parts }));
    expect(() => loadKubeconfig(path)).toThrow(sentence);
    expect(() => loadKubeconfig(path)).not.toThrow('v-token');
    expect(await codeOf(Promise.resolve().then(() => loadKubeconfig(path)))).toMatch(
      /^config\.(invalid|unreadable)$/,
    );
  });

  it('is refused when it names what it does not hold, saying what there is', async () => {
    const path = await put('config', kubeconfig({ server: 'https://10.0.0.1' }));
    expect(() => loadKubeconfig(path, 'elsewhere')).toThrow(
      'has no context elsewhere (there are: main, other)',
    );
    expect(() => loadKubeconfig(path, 'other')).toThrow('has no cluster none (there are: c)');
    expect(() => loadKubeconfig(join(folder, 'none'))).toThrow('none cannot be read');
    const empty = await put('empty', 'kind: Config\n');
    expect(() => loadKubeconfig(empty)).toThrow('names no current-context');
  });
});

describe('the identity of a pod', () => {
  it('comes from the folder that the node fills, and only there', async () => {
    await put('token', 'v-token\n');
    await put('ca.crt', 'v-ca');
    const environment = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' };
    expect(inClusterAuth(environment, folder)).toMatchObject({
      server: 'https://[fd00::1]:6443',
      token: 'v-token',
      ca: 'v-ca',
    });
    expect(() => inClusterAuth({}, folder)).toThrow('this is not a pod');
    expect(() => inClusterAuth(environment, join(folder, 'none'))).toThrow('token cannot be read');
  });
});

describe('rotation', () => {
  it('B-87 reads the token again after 401 and repeats the call once, also a write', async () => {
    let valid = 'first';
    const server = await startScripted(guarded(() => valid));
    open.push(async () => server.stop());
    await put('token', 'first');
    const path = await put('config', kubeconfig({ server: server.url, user: 'tokenFile: token' }));
    const cluster = connect(loadKubeconfig(path));
    await cluster.get(REF, never);
    valid = 'second';
    await put('token', 'second');
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'default' } };
    const all = await Promise.all([
      cluster.get(REF, never),
      cluster.get(REF, never),
      cluster.create(object, never),
    ]);
    expect(all.map((one) => one?.metadata.name)).toEqual(['a', 'a', 'a']);
    expect(server.seen.filter((seen) => seen.method === 'POST').length).toBeLessThanOrEqual(2);
  });

  it('B-87 asks once and no more when the token that is there is refused', async () => {
    const server = await startScripted(guarded(() => 'another'));
    open.push(async () => server.stop());
    const path = await put('config', kubeconfig({ server: server.url }));
    expect(await codeOf(connect(loadKubeconfig(path)).get(REF, never))).toBe('cluster.unauthorized');
    expect(await codeOf(connect({ server: server.url, token: 'x' }).get(REF, never))).toBe(
      'cluster.unauthorized',
    );
    expect(server.seen).toHaveLength(2);
  });

  it('B-87 uses a renewed token before the old one runs out, when a mounted folder is swapped', async () => {
    const server = await startScripted(guarded(() => seenToken));
    open.push(async () => server.stop());
    let seenToken = 'one';
    let now = 0;
    for (const name of ['one', 'two']) {
      await mkdir(join(folder, name));
      await put(`${name}/token`, name);
      await put(`${name}/ca.crt`, 'v-ca');
    }
    await symlink('one', join(folder, 'data'));
    const pod = inClusterAuth({ KUBERNETES_SERVICE_HOST: '127.0.0.1' }, join(folder, 'data'));
    const here = (auth: KubeAuth): KubeAuth => ({
      ...auth,
      server: server.url,
      reload: () => here(auth.reload?.() ?? auth),
    });
    const clock = { monotonic: () => now, random: () => 0, sleep: () => Promise.resolve() };
    const cluster = connect(here(pod), { clock });
    await cluster.get(REF, never);
    await symlink('two', join(folder, 'data.new'));
    await rename(join(folder, 'data.new'), join(folder, 'data'));
    await cluster.get(REF, never);
    seenToken = 'two';
    now = 60_000;
    await cluster.get(REF, never);
    expect(server.seen.map((seen) => seen.headers.authorization)).toEqual([
      'Bearer one',
      'Bearer one',
      'Bearer two',
    ]);
  });

  it('keeps the present identity when a file is missing in the middle of a rotation, and says so', async () => {
    const server = await startScripted((_seen, answer) =>
      json(answer, 401, status(401, 'Unauthorized', 'x')),
    );
    open.push(async () => server.stop());
    await put('token', 'one');
    const path = await put('config', kubeconfig({ server: server.url, user: 'tokenFile: token' }));
    const { log, lines } = keptLog();
    const cluster = connect(loadKubeconfig(path), { log });
    await rm(join(folder, 'token'));
    expect(await codeOf(cluster.get(REF, never))).toBe('cluster.unauthorized');
    expect(lines.map((one) => one.level)).toContain('warn');
  });

  it('follows a new authority of the server, and refuses a server that it does not know', async () => {
    const [old, fresh] = await Promise.all([selfSigned('old'), selfSigned('fresh')]);
    const first = await startScripted((_seen, answer) => json(answer, 200, configMap('a')), old);
    open.push(async () => first.stop());
    await put('ca.crt', old.cert);
    const path = await put(
      'config',
      kubeconfig({ server: first.url, cluster: 'certificate-authority: ca.crt' }),
    );
    const cluster = connect(loadKubeconfig(path));
    await cluster.get(REF, never);
    await first.stop();
    const second = await startScripted(
      (_seen, answer) => json(answer, 200, configMap('a')),
      fresh,
      Number(new URL(first.url).port),
    );
    open.splice(open.length - 2, 1, async () => second.stop());
    expect(await codeOf(cluster.get(REF, never))).toBe('cluster.unavailable');
    await put('ca.crt', fresh.cert);
    expect(await codeOf(cluster.get(REF, never))).toBe('fine');
  });

  it('follows a renewed client certificate, and says cluster.unauthorized for a refused one', async () => {
    const [server, good, bad] = await Promise.all([
      selfSigned('server'),
      selfSigned('good'),
      selfSigned('bad'),
    ]);
    const handle: Handler = (seen, answer) =>
      seen.authorized
        ? json(answer, 200, configMap('a'))
        : json(answer, 401, status(401, 'Unauthorized', 'Unauthorized'));
    const api = await startScripted(handle, { ...server, clientCa: good.cert });
    open.push(async () => api.stop());
    await put('ca.crt', server.cert);
    await put('client.crt', bad.cert);
    await put('client.key', bad.key);
    const user = 'client-certificate: client.crt\n      client-key: client.key';
    const path = await put(
      'config',
      kubeconfig({ server: api.url, cluster: 'certificate-authority: ca.crt', user }),
    );
    const cluster = connect(loadKubeconfig(path));
    expect(await codeOf(cluster.get(REF, never))).toBe('cluster.unauthorized');
    await put('client.crt', good.cert);
    await put('client.key', good.key);
    expect(await codeOf(cluster.get(REF, never))).toBe('fine');
  });
});
