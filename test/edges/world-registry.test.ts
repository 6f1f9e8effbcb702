import { once } from 'node:events';
import { connect } from 'node:net';
import { createClient } from 'oci-client-lite/client.ts';
import type { OciClient, Reference } from 'oci-client-lite/types.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { INDEX, MANIFEST, sha } from '../../host-service/oci-client-lite/test/registry-content.ts';
import type { EmbeddedRegistry } from '../world/ports.ts';
import { startRegistry, type OwnOptions } from '../world/registry/registry.ts';

/** What only the embedded registry does: the peer of the shared contract does it otherwise or not at all. */
const CONFIG = Buffer.from('{}');
const NAME = 'vendor/app';
const opened: { (): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((close) => close()));
});

async function start(options: OwnOptions = { token: false }): Promise<EmbeddedRegistry> {
  const registry = await startRegistry(options);
  opened.push(() => registry.stop());
  return registry;
}
function clientOf(
  registry: EmbeddedRegistry,
  credential?: { username: string; password: string },
): OciClient {
  const settings = credential === undefined ? {} : { credential: { kind: 'basic' as const, ...credential } };
  const client = createClient({ registries: { [registry.host]: settings } });
  opened.push(() => client.close());
  return client;
}
const refOf = (registry: EmbeddedRegistry, more: Partial<Reference> = {}): Reference => ({
  registry: registry.host,
  repository: NAME,
  ...more,
});
const manifest = (more: object = {}): Buffer =>
  Buffer.from(
    JSON.stringify({
      ...{ schemaVersion: 2, mediaType: MANIFEST },
      config: { mediaType: 'application/vnd.example.config', digest: sha(CONFIG), size: CONFIG.length },
      ...{ layers: [], ...more },
    }),
  );
async function pushed(registry: EmbeddedRegistry, tag: string, bytes = manifest()): Promise<Buffer> {
  const client = clientOf(registry);
  await client.pushBlob(refOf(registry), CONFIG);
  await client.pushManifest(refOf(registry, { tag }), bytes, MANIFEST);
  return bytes;
}
const send = (
  registry: EmbeddedRegistry,
  method: string,
  path: string,
  init: RequestInit = {},
): Promise<Response> => fetch(`http://${registry.host}/v2/${NAME}/${path}`, { method, ...init });
const failure = async (act: Promise<unknown>): Promise<unknown> =>
  act.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('the embedded registry', () => {
  it('forgets a tag alone, a manifest with its tags, and a blob', async () => {
    const registry = await start();
    const bytes = await pushed(registry, 'a');
    await pushed(registry, 'b');
    const status = async (method: string, path: string) => (await send(registry, method, path)).status;
    expect(await status('DELETE', 'manifests/a')).toBe(202);
    expect(await status('HEAD', 'manifests/a')).toBe(404);
    expect(await status('HEAD', 'manifests/b')).toBe(200);
    expect(await status('DELETE', `manifests/${sha(bytes)}`)).toBe(202);
    expect(await status('HEAD', 'manifests/b')).toBe(404);
    expect(await status('DELETE', `manifests/${sha(bytes)}`)).toBe(404);
    expect(await status('DELETE', `blobs/${sha(CONFIG)}`)).toBe(202);
    expect(await status('HEAD', `blobs/${sha(CONFIG)}`)).toBe(404);
  });

  it('lists tags in order and in pages of the size asked for', async () => {
    const registry = await start();
    for (const tag of ['c', 'a', 'b']) await pushed(registry, tag);
    const first = await send(registry, 'GET', 'tags/list?n=2');
    expect(await first.json()).toEqual({ name: NAME, tags: ['a', 'b'] });
    expect(first.headers.get('link')).toBe(`</v2/${NAME}/tags/list?n=2&last=b>; rel="next"`);
    const second = await send(registry, 'GET', 'tags/list?n=2&last=b');
    expect([await second.json(), second.headers.get('link')]).toEqual([{ name: NAME, tags: ['c'] }, null]);
    expect(await clientOf(registry).tags(refOf(registry))).toEqual(['a', 'b', 'c']);
  });

  it('knows what refers to a manifest, and tells kinds apart', async () => {
    const registry = await start();
    const bytes = await pushed(registry, 'a');
    const subject = { mediaType: MANIFEST, digest: sha(bytes), size: bytes.length };
    const bill = await pushed(registry, 'bill', manifest({ subject, artifactType: 'a/bill' }));
    const note = await pushed(registry, 'note', manifest({ subject, annotations: { by: 'me' } }));
    const client = clientOf(registry);
    const of = refOf(registry, { digest: sha(bytes) });
    expect((await client.referrers(of)).map(({ digest }) => digest).sort()).toEqual(
      [sha(bill), sha(note)].sort(),
    );
    expect(await client.referrers(of, { artifactType: 'application/vnd.example.config' })).toMatchObject([
      { digest: sha(note), annotations: { by: 'me' } },
    ]);
    const none = await send(registry, 'GET', `referrers/${sha('nothing')}`);
    expect([none.headers.get('content-type'), await none.json()]).toEqual([
      INDEX,
      { schemaVersion: 2, mediaType: INDEX, manifests: [] },
    ]);
  });

  it('takes a blob in one request, and no chunk out of order', async () => {
    const registry = await start();
    const once = await send(registry, 'POST', `blobs/uploads/?digest=${sha('all at once')}`, {
      body: 'all at once',
    });
    expect(once.status).toBe(201);
    expect(await (await send(registry, 'GET', `blobs/${sha('all at once')}`)).text()).toBe('all at once');
    const upload = (await send(registry, 'POST', 'blobs/uploads/')).headers.get('location') ?? '';
    const late = await fetch(`http://${registry.host}${upload}`, {
      method: 'PATCH',
      headers: { 'content-range': '5-9' },
      body: 'later',
    });
    expect(late.status).toBe(416);
  });

  it('refuses what is too large before it is kept, and still answers', async () => {
    const registry = await start({
      token: false,
      limits: { manifestBytes: 1000, blobBytes: 2000, totalBytes: 3000 },
    });
    const client = clientOf(registry);
    const ref = refOf(registry);
    expect(await failure(client.pushBlob(ref, Buffer.alloc(2001)))).toMatchObject({ kind: 'too-large' });
    await client.pushBlob(ref, Buffer.alloc(2000));
    expect(await failure(client.pushBlob(ref, Buffer.alloc(1500, 'x')))).toMatchObject({ kind: 'too-large' });
    await client.pushBlob(ref, CONFIG);
    const long = manifest({ annotations: { text: 'x'.repeat(1000) } });
    expect(await failure(client.pushManifest({ ...ref, tag: 'a' }, long, MANIFEST))).toMatchObject({
      kind: 'too-large',
    });
    // Without a length announced, too.
    const body = new ReadableStream({
      start: (controller) => (controller.enqueue(new Uint8Array(2001)), controller.close()),
    });
    const streamed = { body, duplex: 'half' } as RequestInit;
    expect((await send(registry, 'POST', `blobs/uploads/?digest=${sha('x')}`, streamed)).status).toBe(413);
  });

  it('sends blobs from an address that needs no token, only its signature', async () => {
    const registry = await start({});
    const client = clientOf(registry);
    await client.pushBlob(refOf(registry), CONFIG);
    const asked = `http://${registry.host}/token?scope=repository:${NAME}:pull`;
    const { token } = (await (await fetch(asked)).json()) as { token: string };
    const path = `blobs/${sha(CONFIG)}`;
    const init: RequestInit = { redirect: 'manual', headers: { authorization: `Bearer ${token}` } };
    const sent = await send(registry, 'GET', path, init);
    expect(sent.status).toBe(307);
    const address = `http://${registry.host}${sent.headers.get('location') ?? ''}`;
    expect(await (await fetch(address)).text()).toBe('{}');
    expect((await fetch(address.replace(/.$/, (last) => (last === '0' ? '1' : '0')))).status).toBe(403);
    expect((await send(registry, 'GET', path)).status).toBe(401);
  });

  it.each([true, false])('lets only the user push where there is one (tokens: %s)', async (token) => {
    const registry = await start({ token, push: { user: 'ci', password: 'secret' } });
    const ref = refOf(registry);
    const push = (password?: string): Promise<unknown> =>
      failure(
        clientOf(registry, password === undefined ? undefined : { username: 'ci', password }).pushBlob(
          ref,
          CONFIG,
        ),
      );
    expect(await push()).toMatchObject({ kind: 'denied' });
    expect(await push('wrong')).toMatchObject({ kind: 'credentials-stale' });
    expect(await push('secret')).toBeUndefined();
    expect(await clientOf(registry).hasBlob(ref, sha(CONFIG))).toBe(true);
  });
});

describe('the faults of the embedded registry', () => {
  const arrivedOver = async (registry: EmbeddedRegistry, act: () => Promise<void>): Promise<number> => {
    const [address = '', port = ''] = registry.host.split(':');
    const before = registry.counters().requests;
    const socket = connect(Number(port), address);
    let bytes = 0;
    socket.on('data', (chunk: Buffer) => (bytes += chunk.length));
    socket.on('error', () => undefined);
    socket.write(`GET /v2/ HTTP/1.1\r\nhost: ${registry.host}\r\n\r\n`);
    const closed = once(socket, 'close');
    while (registry.counters().requests === before) await new Promise((resolve) => setTimeout(resolve, 5));
    await act();
    await closed;
    return bytes;
  };

  it('down: nothing listens, connections are cut, and the port is the same afterwards', async () => {
    const registry = await start();
    await pushed(registry, 'a');
    const { host } = registry;
    await registry.setFault({ kind: 'stall' });
    expect(await arrivedOver(registry, () => registry.setFault({ kind: 'down' }))).toBe(0);
    const refused = await failure(fetch(`http://${host}/v2/`));
    expect(refused).toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await registry.setFault({ kind: 'none' });
    expect(registry.host).toBe(host);
    expect((await send(registry, 'HEAD', 'manifests/a')).status).toBe(200);
  });

  it('stall: takes the request, answers nothing, and hangs up when the fault ends', async () => {
    const registry = await start();
    await registry.setFault({ kind: 'stall' });
    expect(await arrivedOver(registry, () => registry.setFault({ kind: 'none' }))).toBe(0);
    expect((await fetch(`http://${registry.host}/v2/`)).status).toBe(200);
  });

  it('takes changes one after the other, the last one counts', async () => {
    const registry = await start();
    const kinds = ['down', 'stall', 'none', 'down', 'truncate', 'none'] as const;
    await Promise.all(kinds.map((kind) => registry.setFault({ kind })));
    expect(registry.fault).toEqual({ kind: 'none' });
    expect((await fetch(`http://${registry.host}/v2/`)).status).toBe(200);
  });

  it('stop: also while it stalls or is down; the port is free again and no fault brings it back', async () => {
    for (const kind of ['none', 'stall', 'down', 'slow'] as const) {
      const registry = await start();
      await registry.setFault(kind === 'slow' ? { kind, delayMs: 600_000 } : { kind });
      const waiting = kind === 'down' ? undefined : failure(fetch(`http://${registry.host}/v2/`));
      await registry.stop();
      await registry.stop();
      await waiting;
      expect(await failure(registry.setFault({ kind: 'none' }))).toBeInstanceOf(Error);
      const port = Number(registry.host.split(':')[1]);
      const next = await start({ port });
      expect(next.host).toBe(registry.host);
      await next.stop();
    }
  });

  it('counts requests and connections', async () => {
    const registry = await start();
    await pushed(registry, 'a');
    const client = clientOf(registry);
    const before = registry.counters();
    for (let times = 0; times < 3; times += 1) await client.manifest(refOf(registry, { tag: 'a' }));
    const { requests, connections } = registry.counters();
    expect([requests - before.requests, connections - before.connections]).toEqual([3, 1]);
  });
});
