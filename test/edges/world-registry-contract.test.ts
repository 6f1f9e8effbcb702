import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onPath } from '../cluster/tools.ts';
import { MANIFEST, sha } from '../../host-service/oci-client-lite/test/registry-content.ts';
import { startRegistry } from '../world/registry/registry.ts';
import { startRegistry as startPeer } from './publish/real-registry.ts';

/** What the embedded registry and Debian's docker-registry both do. One set of assertions, over plain HTTP, for both. */
interface Subject {
  readonly name: string;
  readonly tokens: boolean;
  readonly start: () => Promise<{ readonly host: string; readonly stop: () => Promise<void> }>;
  readonly skip: boolean;
}

const peer = await onPath('docker-registry');
const SUBJECTS: readonly Subject[] = [
  { name: 'the embedded registry as ghcr is', tokens: true, start: () => startRegistry(), skip: false },
  {
    name: 'the embedded registry without tokens and redirects',
    tokens: false,
    start: () => startRegistry({ token: false, redirectBlobs: false }),
    skip: false,
  },
  {
    name: `docker-registry${peer === undefined ? ' (skipped: not installed)' : ''}`,
    tokens: false,
    start: async () => {
      const { host, close } = await startPeer();
      return { host, stop: close };
    },
    skip: peer === undefined,
  },
];

const LAYER = Buffer.from('0123456789'.repeat(5000));
const CONFIG = Buffer.from('{"architecture":"amd64"}');
const descriptor = (mediaType: string, bytes: Buffer) => ({
  mediaType,
  digest: sha(bytes),
  size: bytes.length,
});
const manifest = (...layers: readonly Buffer[]): Buffer =>
  Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: descriptor('application/vnd.oci.image.config.v1+json', CONFIG),
      layers: layers.map((layer) => descriptor('application/vnd.oci.image.layer.v1.tar', layer)),
    }),
  );
const SAMPLE = manifest(LAYER);
const REPOSITORY = 'vendor/some-app';

interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

/** A client of the bare protocol: gets a token when it is asked to, follows redirects, nothing else. */
class Wire {
  readonly base: string;
  constructor(host: string) {
    this.base = `http://${host}`;
  }

  private fetch(method: string, path: string, sent: Sent, token?: string): Promise<Response> {
    const { headers = {}, body } = sent;
    const authorization: Record<string, string> =
      token === undefined ? {} : { authorization: `Bearer ${token}` };
    return fetch(new URL(path, this.base), {
      method,
      headers: { accept: MANIFEST, ...headers, ...authorization },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) }),
    });
  }

  async send(method: string, path: string, sent: Sent = {}): Promise<Response> {
    const first = await this.fetch(method, path, sent);
    if (first.status !== 401) return first;
    const challenge = first.headers.get('www-authenticate') ?? '';
    const [, realm = '', service = '', scope = ''] =
      /^Bearer realm="([^"]+)",service="([^"]+)",scope="([^"]+)"$/.exec(challenge) ?? [];
    await first.arrayBuffer();
    const asked = new URL(realm);
    asked.search = new URLSearchParams({ service, scope }).toString();
    const { token } = (await (await fetch(asked)).json()) as { token: string };
    return this.fetch(method, path, sent, token);
  }

  async pushBlob(bytes: Buffer, repository = REPOSITORY): Promise<Response> {
    const started = await this.send('POST', `/v2/${repository}/blobs/uploads/`);
    expect(started.status).toBe(202);
    return this.send('PUT', this.next(started, sha(bytes)), { body: bytes });
  }

  /** The upload's address, with everything it carries. */
  next(answer: Response, digest?: string): string {
    const url = new URL(answer.headers.get('location') ?? '', this.base);
    if (digest !== undefined) url.searchParams.set('digest', digest);
    return `${url.pathname}${url.search}`;
  }

  pushManifest(name: string, bytes: Buffer, type = MANIFEST, repository = REPOSITORY): Promise<Response> {
    const path = `/v2/${repository}/manifests/${name}`;
    return this.send('PUT', path, { headers: { 'content-type': type }, body: bytes });
  }
}

const codeOf = async (answer: Response): Promise<string> => {
  const body = (await answer.json()) as { errors: { code: string }[] };
  return `${answer.status} ${body.errors[0]?.code ?? ''}`;
};
const header = (answer: Response, name: string): string => answer.headers.get(name) ?? '';

function describeSubject(subject: Subject): void {
  let running: Awaited<ReturnType<Subject['start']>>;
  let wire: Wire;
  const at = (reference: string): string => `/v2/${REPOSITORY}/manifests/${reference}`;
  const blobAt = (digest: string): string => `/v2/${REPOSITORY}/blobs/${digest}`;

  beforeAll(async () => {
    running = await subject.start();
    wire = new Wire(running.host);
    for (const bytes of [CONFIG, LAYER]) expect((await wire.pushBlob(bytes)).status).toBe(201);
    expect((await wire.pushManifest('1.0.0', SAMPLE)).status).toBe(201);
  });
  afterAll(() => running.stop());

  it('serves a manifest by tag and by digest, byte for byte, with digest, type and date', async () => {
    for (const reference of ['1.0.0', sha(SAMPLE)]) {
      const answer = await wire.send('GET', at(reference));
      expect(answer.status).toBe(200);
      expect(Buffer.from(await answer.arrayBuffer()).equals(SAMPLE)).toBe(true);
      expect(header(answer, 'docker-content-digest')).toBe(sha(SAMPLE));
      expect(header(answer, 'content-type')).toBe(MANIFEST);
      expect(header(answer, 'content-length')).toBe(String(SAMPLE.length));
      expect(Date.parse(header(answer, 'date'))).toBeGreaterThan(Date.parse('2020-01-01'));
    }
  });

  it('answers 304 without a body for what one has, and the whole for what one has not', async () => {
    const first = await wire.send('GET', at('1.0.0'));
    const etag = header(first, 'etag');
    expect(etag).toBe(`"${sha(SAMPLE)}"`);
    const same = await wire.send('GET', at('1.0.0'), { headers: { 'if-none-match': etag } });
    expect([same.status, await same.text()]).toEqual([304, '']);
    const other = await wire.send('GET', at('1.0.0'), { headers: { 'if-none-match': '"sha256:0"' } });
    expect(other.status).toBe(200);
  });

  it('answers HEAD like GET, without the bytes', async () => {
    const head = await wire.send('HEAD', at('1.0.0'));
    expect([head.status, header(head, 'content-length'), await head.text()]).toEqual([
      200,
      String(SAMPLE.length),
      '',
    ]);
    expect(header(head, 'docker-content-digest')).toBe(sha(SAMPLE));
    const blob = await wire.send('HEAD', blobAt(sha(LAYER)));
    expect([blob.status, header(blob, 'content-length')]).toEqual([200, String(LAYER.length)]);
    expect((await wire.send('HEAD', at('none'))).status).toBe(404);
    expect((await wire.send('HEAD', blobAt(sha('none')))).status).toBe(404);
  });

  it('serves a blob whole and in parts', async () => {
    const whole = await wire.send('GET', blobAt(sha(LAYER)));
    expect(Buffer.from(await whole.arrayBuffer()).equals(LAYER)).toBe(true);
    const parts: readonly (readonly [string, number, number])[] = [
      ['bytes=49990-', 49_990, 49_999],
      ['bytes=10-19', 10, 19],
      ['bytes=49990-99999', 49_990, 49_999],
      ['bytes=-5', 49_995, 49_999],
    ];
    for (const [range, first, last] of parts) {
      const part = await wire.send('GET', blobAt(sha(LAYER)), { headers: { range } });
      expect([part.status, header(part, 'content-range')]).toEqual([206, `bytes ${first}-${last}/50000`]);
      expect(await part.text()).toBe(LAYER.subarray(first, last + 1).toString());
    }
    const beyond = await wire.send('GET', blobAt(sha(LAYER)), { headers: { range: 'bytes=50000-' } });
    expect(beyond.status).toBe(416);
  });

  it('says what is not there', async () => {
    expect(await codeOf(await wire.send('GET', at('none')))).toBe('404 MANIFEST_UNKNOWN');
    expect(await codeOf(await wire.send('GET', at(sha('none'))))).toBe('404 MANIFEST_UNKNOWN');
    expect(await codeOf(await wire.send('GET', blobAt(sha('none'))))).toBe('404 BLOB_UNKNOWN');
    expect(await codeOf(await wire.send('GET', '/v2/vendor/nothing/tags/list'))).toBe('404 NAME_UNKNOWN');
    const upload = `/v2/${REPOSITORY}/blobs/uploads/00000000-0000-4000-8000-000000000000`;
    expect((await wire.send('PATCH', upload, { body: 'x' })).status).toBe(404);
  });

  it('lists the tags, in pages or at once', async () => {
    await wire.pushBlob(CONFIG, 'vendor/tags');
    await wire.pushBlob(LAYER, 'vendor/tags');
    for (const tag of ['b', 'a', 'c'])
      expect((await wire.pushManifest(tag, SAMPLE, MANIFEST, 'vendor/tags')).status).toBe(201);
    const found: string[] = [];
    let path: string | undefined = '/v2/vendor/tags/tags/list?n=2';
    for (let pages = 0; path !== undefined && pages < 5; pages += 1) {
      const answer: Response = await wire.send('GET', path);
      const body = (await answer.json()) as { name: string; tags: string[] };
      expect(body.name).toBe('vendor/tags');
      found.push(...body.tags);
      path = /^<([^>]+)>; rel="next"$/.exec(header(answer, 'link'))?.[1];
    }
    expect(found.sort()).toEqual(['a', 'b', 'c']);
  });

  it('moves a tag, and keeps what it named before under its digest', async () => {
    const next = manifest();
    await wire.pushManifest('moving', SAMPLE);
    expect((await wire.pushManifest('moving', next)).status).toBe(201);
    expect(header(await wire.send('HEAD', at('moving')), 'docker-content-digest')).toBe(sha(next));
    expect((await wire.send('HEAD', at(sha(SAMPLE)))).status).toBe(200);
  });

  it('refuses a manifest whose blobs are missing, whose bytes are others, or that is none', async () => {
    const lacking = await wire.pushManifest('lacking', manifest(Buffer.from('never pushed')));
    expect(await codeOf(lacking)).toBe('400 MANIFEST_BLOB_UNKNOWN');
    expect((await wire.send('HEAD', at('lacking'))).status).toBe(404);
    expect(await codeOf(await wire.pushManifest(sha('other'), SAMPLE))).toBe('400 DIGEST_INVALID');
    expect(await codeOf(await wire.pushManifest('text', Buffer.from('{')))).toBe('400 MANIFEST_INVALID');
    const index = 'application/vnd.oci.image.index.v1+json';
    expect(await codeOf(await wire.pushManifest('typed', SAMPLE, index))).toBe('400 MANIFEST_INVALID');
  });

  it('takes a blob in chunks and says how far it is', async () => {
    const bytes = Buffer.from('a blob that comes in two pieces');
    const chunk = (from: number, to: number): Sent => ({
      headers: { 'content-range': `${from}-${to - 1}`, 'content-type': 'application/octet-stream' },
      body: bytes.subarray(from, to),
    });
    const started = await wire.send('POST', `/v2/${REPOSITORY}/blobs/uploads/`);
    const first = await wire.send('PATCH', wire.next(started), chunk(0, 10));
    expect([first.status, header(first, 'range')]).toEqual([202, '0-9']);
    const asked = await wire.send('GET', wire.next(first));
    expect([asked.status, header(asked, 'range')]).toEqual([204, '0-9']);
    const second = await wire.send('PATCH', wire.next(asked), chunk(10, 31));
    expect([second.status, header(second, 'range')]).toEqual([202, '0-30']);
    const done = await wire.send('PUT', wire.next(second, sha(bytes)));
    expect([done.status, header(done, 'docker-content-digest')]).toEqual([201, sha(bytes)]);
    expect(await (await wire.send('GET', blobAt(sha(bytes)))).text()).toBe(bytes.toString());
  });

  it('refuses a blob whose bytes are not what the digest says', async () => {
    const started = await wire.send('POST', `/v2/${REPOSITORY}/blobs/uploads/`);
    const put = await wire.send('PUT', wire.next(started, sha('these')), { body: 'those' });
    expect(await codeOf(put)).toBe('400 DIGEST_INVALID');
    expect((await wire.send('HEAD', blobAt(sha('these')))).status).toBe(404);
  });

  it('mounts a blob of another repository, and opens an upload where there is none', async () => {
    const mount = (digest: string): Promise<Response> =>
      wire.send('POST', `/v2/vendor/mounted/blobs/uploads/?mount=${digest}&from=${REPOSITORY}`);
    expect((await mount(sha(LAYER))).status).toBe(201);
    expect((await wire.send('HEAD', `/v2/vendor/mounted/blobs/${sha(LAYER)}`)).status).toBe(200);
    expect((await mount(sha('nowhere'))).status).toBe(202);
  });

  it('ends an upload that is given up', async () => {
    const started = await wire.send('POST', `/v2/${REPOSITORY}/blobs/uploads/`);
    expect((await wire.send('DELETE', wire.next(started))).status).toBe(204);
    expect((await wire.send('PUT', wire.next(started, sha('x')), { body: 'x' })).status).toBe(404);
  });

  it.runIf(subject.tokens)('asks for a token first, for the repository and for what is meant', async () => {
    const challenge = async (method: string, path: string): Promise<string> => {
      const answer = await fetch(`${wire.base}${path}`, { method });
      expect(answer.status).toBe(401);
      return header(answer, 'www-authenticate');
    };
    const says = (scope: string): string =>
      `Bearer realm="${wire.base}/token",service="${running.host}",scope="${scope}"`;
    expect(await challenge('GET', '/v2/')).toBe(says('repository:user/image:pull'));
    expect(await challenge('GET', at('1.0.0'))).toBe(says(`repository:${REPOSITORY}:pull`));
    expect(await challenge('PUT', at('1.0.0'))).toBe(says(`repository:${REPOSITORY}:pull,push`));
    const token = await fetch(`${wire.base}/token?scope=repository:vendor/other:pull`);
    const { token: other } = (await token.json()) as { token: string };
    const headers = { authorization: `Bearer ${other}` };
    expect((await fetch(`${wire.base}${at('1.0.0')}`, { headers })).status).toBe(401);
    expect((await wire.send('GET', '/v2/')).status).toBe(200);
  });
}

for (const subject of SUBJECTS) describe.skipIf(subject.skip)(subject.name, () => describeSubject(subject));
