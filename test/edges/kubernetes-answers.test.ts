import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Problem } from 'host-service/contract/problem.ts';
import { createCluster } from 'host-service/edges/kubernetes/cluster.ts';
import type { ConnectedCluster } from 'host-service/edges/kubernetes/cluster.ts';
import { configMap, json, keptLog, startScripted, status } from './kubernetes-server.ts';
import type { Handler, ScriptedServer } from './kubernetes-server.ts';

const REF = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'a' } as const;
const OBJECT = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'default' },
  data: {},
};
const never = new AbortController().signal;
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function start(
  handle: Handler,
  callMs = 10_000,
): Promise<{ server: ScriptedServer; cluster: ConnectedCluster }> {
  const server = await startScripted(handle);
  return { server, cluster: clientOf(server.url, async () => server.stop(), callMs) };
}

function clientOf(url: string, alsoClose: () => Promise<void>, callMs = 10_000): ConnectedCluster {
  const cluster = createCluster({
    auth: { server: url, token: 'v-token' },
    userAgent: 'test',
    limits: { callMs, answerBytes: 100_000 },
  });
  open.push(async () => cluster.close(), alsoClose);
  return cluster;
}

async function problemOf(act: Promise<unknown>): Promise<Problem> {
  const error: unknown = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof Problem) return error;
  throw new Error('no problem was thrown', { cause: error });
}

const text =
  (code: number, body: string, headers: Record<string, string> = {}) =>
  (answer: ServerResponse): void => {
    answer.writeHead(code, { 'content-type': 'text/plain', ...headers });
    answer.end(body);
  };
const says =
  (
    code: number,
    reason: string,
    message: string,
    details: object = {},
    headers: Record<string, string> = {},
  ) =>
  (answer: ServerResponse): void =>
    json(answer, code, status(code, reason, message, details), headers);
const ok =
  (body: unknown) =>
  (answer: ServerResponse): void =>
    json(answer, 200, body);

type Act = (answer: ServerResponse) => void;
const causes = (field: string, message: string): object => ({
  causes: [{ reason: 'FieldValueInvalid', field, message }],
});

/** name, the code, what the detail says, what the server does. Asked by an apply without force. */
const BAD: readonly (readonly [string, string, string, Act])[] = [
  [
    'an unknown field',
    'cluster.invalid',
    'unknown field "spec.x"',
    says(400, 'BadRequest', 'strict decoding error: unknown field "spec.x"'),
  ],
  ['401', 'cluster.unauthorized', '401, Unauthorized', says(401, 'Unauthorized', 'Unauthorized')],
  [
    '403',
    'cluster.forbidden',
    'cannot patch',
    says(403, 'Forbidden', 'configmaps "a" is forbidden: cannot patch'),
  ],
  [
    '403 as a page of a proxy',
    'cluster.forbidden',
    '403, without explanation',
    text(403, '<html>v-page</html>'),
  ],
  [
    'a namespace that is going',
    'apply.namespace-terminating',
    'being terminated',
    says(403, 'Forbidden', 'x', {
      causes: [{ reason: 'NamespaceTerminating', message: 'namespace default is being terminated' }],
    }),
  ],
  [
    '404 of the namespace',
    'cluster.not-found',
    'namespaces "default" not found',
    says(404, 'NotFound', 'namespaces "default" not found', { name: 'default', kind: 'namespaces' }),
  ],
  ['404 as plain text', 'cluster.no-such-kind', '404', text(404, '404 page not found\n')],
  [
    '404 that names nothing',
    'cluster.no-such-kind',
    'could not find',
    says(404, 'NotFound', 'the server could not find the requested resource'),
  ],
  ['404 of something else', 'cluster.bad-answer', '404', text(404, '<h1>Not here</h1>')],
  ['405', 'cluster.bad-answer', '405', says(405, 'MethodNotAllowed', 'no')],
  ['406', 'cluster.unsupported-media', '406', says(406, 'NotAcceptable', 'no')],
  [
    '409 of another writer',
    'cluster.conflict',
    'it was changed meanwhile',
    says(409, 'Conflict', 'the object has been modified'),
  ],
  [
    '409 of an existing object',
    'cluster.conflict',
    'it exists already',
    says(409, 'AlreadyExists', 'configmaps "a" already exists'),
  ],
  [
    '409 of another owner',
    'cluster.conflict',
    '.data.k belong to kubectl',
    says(409, 'Conflict', 'x', {
      causes: [
        { reason: 'FieldManagerConflict', field: '.data.k', message: 'conflict with "kubectl" using v1' },
      ],
    }),
  ],
  ['410', 'cluster.gone', '410', says(410, 'Expired', 'too old')],
  ['413', 'cluster.invalid', '413', text(413, 'too large')],
  ['415', 'cluster.unsupported-media', '415', says(415, 'UnsupportedMediaType', 'no')],
  [
    '422',
    'cluster.invalid',
    'spec.replicas: must be positive',
    says(422, 'Invalid', 'long', causes('spec.replicas', 'must be positive')),
  ],
  ['429', 'cluster.overloaded', '429', says(429, 'TooManyRequests', 'slow down', {}, { 'retry-after': '7' })],
  ['500', 'cluster.unavailable', 'etcd', says(500, 'InternalError', 'etcd is away')],
  [
    '500 to an apply that does not fit the schema',
    'cluster.invalid',
    'not declared',
    says(
      500,
      '',
      'failed to create typed patch object (default/a; x/v1, Kind=X): .spec.x: field not declared in schema',
    ),
  ],
  ['503 of a starting server', 'cluster.unavailable', '503', text(503, 'apiserver not ready')],
  ['504', 'cluster.timeout', '504', says(504, 'Timeout', 'slow')],
  ['an unknown status', 'cluster.bad-answer', '418', text(418, 'teapot')],
  ['a redirect', 'cluster.bad-answer', '302', text(302, '', { location: 'https://elsewhere.example/' })],
  ['a success that is not JSON', 'cluster.bad-answer', 'not JSON', text(200, '<html>v-page</html>')],
  ['half a JSON document', 'cluster.bad-answer', 'not JSON', text(200, '{"apiVersion":"v1","kind":"Conf')],
  ['an object without metadata', 'cluster.bad-answer', 'no usable metadata', ok({ apiVersion: 'v1' })],
  [
    'an object with a number as name',
    'cluster.bad-answer',
    'no usable metadata',
    ok({ metadata: { name: 3 } }),
  ],
  ['a list in place of an object', 'cluster.bad-answer', 'no usable metadata', ok([1])],
  ['nothing', 'cluster.bad-answer', 'not JSON', text(200, '')],
  [
    'more than is read',
    'cluster.bad-answer',
    'more than 100000 bytes',
    ok(configMap('a', '1', { k: 'x'.repeat(200_000) })),
  ],
  ['silence', 'cluster.timeout', 'no complete answer in time', () => undefined],
  [
    'an answer that stops half-way',
    'cluster.timeout',
    'no complete answer',
    (answer) => void answer.write('{"api'),
  ],
  [
    'a connection cut before the answer',
    'cluster.unavailable',
    'no connection',
    (answer) => answer.destroy(),
  ],
  [
    'a connection cut within the answer',
    'cluster.unavailable',
    'no connection',
    (answer) => {
      answer.writeHead(200, { 'content-length': '100' });
      answer.write('{"a', () => answer.destroy());
    },
  ],
];

describe('a bad answer of the cluster', () => {
  it.each(BAD)('%s is %s', async (_name, code, detail, act) => {
    // Only silence is waited out; everything else has all the time it needs.
    const callMs = detail.startsWith('no complete answer') ? 200 : 10_000;
    const { cluster } = await start((_seen, answer) => act(answer), callMs);
    const problem = await problemOf(cluster.apply(OBJECT, { signal: never, force: false }));
    expect(problem.code).toBe(code);
    expect(problem.detail).toContain(detail);
    expect(problem.detail).toContain('PATCH /api/v1/namespaces/default/configmaps/a');
    expect(`${problem.message} ${JSON.stringify(problem.body)}`).not.toMatch(/v-page|v-token/);
    if (code === 'cluster.overloaded') expect(problem.retryAfterMs).toBe(7000);
  });

  it('garbage instead of HTTP is cluster.bad-answer', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9\r\n', () => socket.destroy()));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const cluster = clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, async () => {
      await new Promise((resolve) => server.close(resolve));
    });
    expect((await problemOf(cluster.get(REF, never))).code).toBe('cluster.bad-answer');
  });

  it('a closed port is cluster.unavailable, a stopped call cluster.cancelled', async () => {
    const { server, cluster } = await start(() => undefined);
    const stop = new AbortController();
    const stopped = problemOf(cluster.get(REF, stop.signal));
    setTimeout(() => stop.abort(), 20);
    expect((await stopped).code).toBe('cluster.cancelled');
    expect((await problemOf(cluster.get(REF, AbortSignal.abort()))).code).toBe('cluster.cancelled');
    await server.stop();
    expect((await problemOf(cluster.get(REF, never))).code).toBe('cluster.unavailable');
    await cluster.close();
    expect((await problemOf(cluster.get(REF, never))).code).toBe('cluster.cancelled');
  });

  it('never quotes the values of a Secret', async () => {
    const { cluster } = await start((_seen, answer) =>
      json(
        answer,
        422,
        status(422, 'Invalid', 'Invalid value: "v-secret"', causes('data[k]', 'Invalid value: "v-secret"')),
      ),
    );
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace: 'default' },
      data: {},
    };
    const problem = await problemOf(cluster.create(secret, never));
    expect(problem.detail).toContain('data[k]: FieldValueInvalid');
    expect(JSON.stringify([problem.message, problem.body])).not.toContain('v-secret');
  });

  it('names that would leave their path are refused before anything is sent', async () => {
    const { server, cluster } = await start((_seen, answer) => json(answer, 200, {}));
    for (const name of ['', '.', '..', 'a/b', 'a%2fb', 'a b'])
      expect((await problemOf(cluster.get({ ...REF, name }, never))).code).toBe('cluster.invalid');
    expect((await problemOf(cluster.get({ ...REF, namespace: undefined }, never))).code).toBe(
      'cluster.invalid',
    );
    const homeless = { ...OBJECT, metadata: { name: 'a' } };
    expect((await problemOf(cluster.create(homeless, never))).code).toBe('cluster.invalid');
    expect((await problemOf(cluster.replace(OBJECT, never))).code).toBe('internal.bug');
    expect(server.seen).toHaveLength(0);
  });
});

describe('R-18 what is not there', () => {
  it('is an empty answer for readers, and no error for whoever removes it', async () => {
    const { cluster } = await start((_seen, answer) => text(404, '404 page not found\n')(answer));
    const unknown = { apiVersion: 'new.example/v1', kind: 'Thing' };
    expect(await cluster.get(REF, never)).toBeUndefined();
    expect(await cluster.list(REF, { signal: never })).toEqual([]);
    expect(await cluster.list(unknown, { signal: never })).toEqual([]);
    expect(await cluster.serves('new.example/v1', 'things', never)).toBe(false);
    await cluster.remove({ ...unknown, name: 'x' }, { signal: never });
    expect((await problemOf(cluster.create({ ...unknown, metadata: { name: 'x' } }, never))).code).toBe(
      'cluster.no-such-kind',
    );
  });
});

describe('the log of the client', () => {
  it('keeps warnings of the server, without the token', async () => {
    const { server } = await start((_seen, answer) =>
      json(answer, 200, configMap('a'), { warning: '299 - "old API"' }),
    );
    const { log, lines } = keptLog();
    const cluster = createCluster({ auth: { server: server.url, token: 'v-token' }, userAgent: 'test', log });
    open.push(async () => cluster.close());
    await cluster.get(REF, never);
    expect(lines[0]?.fields).toEqual({
      request: 'GET /api/v1/namespaces/default/configmaps/a',
      warning: '299 - "old API"',
    });
  });
});
