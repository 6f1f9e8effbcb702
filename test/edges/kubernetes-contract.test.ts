import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Problem } from 'host-service/contract/problem.ts';
import { createCluster } from 'host-service/edges/kubernetes/cluster.ts';
import type { ConnectedCluster, FieldConflict } from 'host-service/edges/kubernetes/cluster.ts';
import { loadKubeconfig } from 'host-service/edges/kubernetes/connect/kubeconfig.ts';
import { tailOf } from 'host-service/edges/kubernetes/pod-log.ts';
import { describeClusterContract } from './kubernetes-contract.ts';
import { configMap, json, startScripted, status } from './kubernetes-server.ts';
import type { Handler, ScriptedServer } from './kubernetes-server.ts';
import { startKubernetes } from '../world/kubernetes/kubernetes.ts';
import type { InnerKubernetes } from '../world/kubernetes/kubernetes.ts';

const conflicts: FieldConflict[] = [];
const never = new AbortController().signal;
let kubernetes: InnerKubernetes;
let cluster: ConnectedCluster;
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'embedded-'));
  kubernetes = await startKubernetes({ folder });
  cluster = createCluster({
    auth: loadKubeconfig(kubernetes.kubeconfig),
    userAgent: 'contract-test',
    limits: { pageSize: 5 },
    onConflict: (conflict) => conflicts.push(conflict),
  });
});
afterAll(async () => {
  await cluster.close();
  await kubernetes.stop();
  await rm(folder, { recursive: true, force: true });
});

describeClusterContract(() => ({
  cluster,
  conflicts,
  ask: async (method, path, body, contentType = 'application/json') => {
    const answer = await fetch(`${kubernetes.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${kubernetes.token}`, 'content-type': contentType },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { code: answer.status, text: await answer.text() };
  },
}));

/** A client of a server that does what the handler says, for one test. */
async function against<T>(
  handle: Handler,
  act: (client: ConnectedCluster, server: ScriptedServer) => Promise<T>,
): Promise<T> {
  const scripted = await startScripted(handle);
  const client = createCluster({
    auth: { server: scripted.url },
    userAgent: 'test',
    limits: { pageSize: 2 },
  });
  try {
    return await act(client, scripted);
  } finally {
    await client.close();
    await scripted.stop();
  }
}
const page = (items: object[], next?: string): object => ({
  metadata: { resourceVersion: '1', ...(next === undefined ? {} : { continue: next }) },
  items,
});
const KIND = { apiVersion: 'v1', kind: 'ConfigMap' } as const;

describe('a list of several pages', () => {
  it('begins anew, at last without pages, when it expires in between', async () => {
    const handle: Handler = (seen, answer) => {
      if (seen.query.has('continue')) return json(answer, 410, status(410, 'Expired', 'too old'));
      json(
        answer,
        200,
        seen.query.has('limit') ? page([configMap('a')], 'x') : page([configMap('a'), configMap('b')]),
      );
    };
    await against(handle, async (client, { seen }) => {
      const listed = await client.list(KIND, { signal: never });
      expect(listed.map((object) => object.metadata.name)).toEqual(['a', 'b']);
      expect(seen.map(({ query }) => query.get('limit'))).toEqual(['2', '2', '2', '2', null]);
    });
  });

  it('is cluster.bad-answer when it never ends', async () => {
    const handle: Handler = (_seen, answer) => json(answer, 200, page([], 'same'));
    const error: unknown = await against(handle, async (client) =>
      client.list(KIND, { signal: never }),
    ).catch((thrown: unknown) => thrown);
    expect(error instanceof Problem ? error.code : error).toBe('cluster.bad-answer');
  });
});

describe('a kept-alive connection that the server has closed', () => {
  it('is replaced for readers without a word, and an object is never created twice', async () => {
    let cut = true;
    const handle: Handler = (_seen, answer) => {
      if (!cut) return json(answer, 200, configMap('a'));
      cut = false;
      answer.destroy();
    };
    await against(handle, async (client, { seen }) => {
      expect((await client.get({ ...KIND, namespace: 'default', name: 'a' }, never))?.metadata.name).toBe(
        'a',
      );
      cut = true;
      const object = { ...KIND, metadata: { name: 'a', namespace: 'default' } };
      const error: unknown = await client.create(object, never).catch((thrown: unknown) => thrown);
      expect(error instanceof Problem ? error.code : error).toBe('cluster.unavailable');
      expect(seen.filter(({ method }) => method === 'POST')).toHaveLength(1);
    });
  });
});

describe('the log of a pod', () => {
  it('B-78 is asked for as text, and only its end is kept, in whole lines and whole characters', async () => {
    const lines = Array.from({ length: 1000 }, (_, n) => `zeile ${n} grün`).join('\n');
    const handle: Handler = (seen, answer) => {
      if (seen.headers.accept?.includes('json') === true)
        return json(answer, 406, status(406, 'NotAcceptable', 'x'));
      answer.writeHead(200, { 'content-type': 'text/plain' }).end(`${lines}\n`);
    };
    await against(handle, async (client, { seen }) => {
      const pod = { namespace: 'default', name: 'p', container: 'c', previous: true };
      expect(await client.log(pod, 40, never)).toBe('zeile 998 grün\nzeile 999 grün\n');
      expect(Object.fromEntries(seen[0]?.query ?? [])).toMatchObject({ container: 'c', previous: 'true' });
    });
  });

  it('is empty while the container has not started', async () => {
    const handle: Handler = (_seen, answer) =>
      json(answer, 400, status(400, 'BadRequest', 'is waiting to start'));
    const pod = { namespace: 'default', name: 'p', container: 'c', previous: false };
    expect(await against(handle, async (client) => client.log(pod, 40, never))).toBe('');
  });

  it('is cut between characters when one line is longer than what is kept', () => {
    for (let bytes = 0; bytes <= 12; bytes += 1) {
      const tail = tailOf('aä€😀z', bytes);
      expect(Buffer.byteLength(tail)).toBeLessThanOrEqual(bytes);
      expect('aä€😀z'.endsWith(tail)).toBe(true);
    }
    expect(tailOf('one\ntwo\n', 4)).toBe('two\n');
  });
});
