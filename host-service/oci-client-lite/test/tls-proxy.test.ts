import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { proxyFor } from '../src/http/no-proxy.ts';
import type { RegistryServer } from './registry-server.ts';
import { client, closing, document, failure, kindOf, registry, tagged } from './world.ts';

const run = promisify(execFile);
let folder = '';
let ca = '';
const tls = { cert: '', key: '' };
const expired = { cert: '', key: '' };

async function openssl(...args: string[]): Promise<void> {
  await run('openssl', args, { cwd: folder });
}

/** A certificate of our CA for 127.0.0.1. */
async function issue(name: string, days: string): Promise<{ cert: string; key: string }> {
  await writeFile(join(folder, 'ext'), 'subjectAltName=IP:127.0.0.1\n');
  await openssl(
    'req',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.csr`,
    '-subj',
    `/CN=${name}`,
  );
  await openssl(
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-days',
    days,
    '-extfile',
    'ext',
    '-out',
    `${name}.pem`,
  );
  return {
    cert: await readFile(join(folder, `${name}.pem`), 'utf8'),
    key: await readFile(join(folder, `${name}.key`), 'utf8'),
  };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oci-tls-'));
  await openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=Test Root',
  );
  ca = await readFile(join(folder, 'ca.pem'), 'utf8');
  Object.assign(tls, await issue('registry', '1'));
  Object.assign(expired, await issue('late', '-1'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const https = { plainHttp: false };
const once = { retry: { attempts: 1 } };

describe('a registry with a certificate of a private CA', () => {
  it('is trusted through the registry’s own or the common CA, on top of the system’s', async () => {
    const server = await registry({ tls });
    server.putManifest('a/b', 'one', document());
    const own = client({ registries: { [server.host]: { ...https, ca: [ca] } } });
    expect((await own.manifest(tagged(server))).servedBy).toBe(server.origin);
    const common = client({ ca: [ca], registries: { [server.host]: https } });
    expect((await common.manifest(tagged(server))).kind).toBe('manifest');
  });

  it('is refused without it, and the error names issuer and subject', async () => {
    const server = await registry({ tls });
    const oci = client({ ...once, registries: { [server.host]: https } });
    const error = await failure(oci.manifest(tagged(server)));
    expect(error.kind).toBe('tls');
    expect(error.tls).toMatchObject({ issuer: 'CN=Test Root', subject: 'CN=registry' });
    expect(server.seen).toHaveLength(0);
  });

  it('is refused when the certificate names another host or has expired', async () => {
    const server = await registry({ tls });
    const name = `localhost:${server.port}`;
    const oci = client({ ...once, registries: { [name]: { ...https, ca: [ca] } } });
    const error = await failure(oci.manifest({ ...tagged(server), registry: name }));
    expect(error).toMatchObject({ kind: 'tls', tls: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } });
    const late = await registry({ tls: expired });
    const other = client({ ...once, registries: { [late.host]: { ...https, ca: [ca] } } });
    expect((await failure(other.manifest(tagged(late)))).tls?.code).toBe('CERT_HAS_EXPIRED');
  });

  it('is accepted unverified only where the registry’s own setting says so', async () => {
    const server = await registry({ tls });
    server.putManifest('a/b', 'one', document());
    const oci = client({ registries: { [server.host]: { ...https, insecureSkipVerify: true } } });
    expect((await oci.manifest(tagged(server))).kind).toBe('manifest');
  });

  it('is never asked again in plain http, nor followed there', async () => {
    const plain = await registry();
    const oci = client({ ...once, registries: { [plain.host]: https } });
    expect(await kindOf(oci.manifest(tagged(plain)))).toBe('tls');
    expect(plain.seen).toHaveLength(0);
    const server = await registry({ tls });
    server.reply(/manifests/, 307, { location: `${plain.origin}/x` });
    const follower = client({ ...once, registries: { [server.host]: { ...https, ca: [ca] } } });
    expect(await kindOf(follower.manifest(tagged(server)))).toBe('redirect-refused');
  });
});

class Proxy {
  readonly seen: string[] = [];
  readonly authorizations: (string | undefined)[] = [];
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  /** Tunnels everything to one registry, whatever name was asked for. */
  constructor(target: RegistryServer | undefined, status = 200) {
    this.server = createServer((request, response) => {
      this.seen.push(`${request.method ?? ''} ${request.url ?? ''}`);
      this.authorizations.push(request.headers['proxy-authorization']);
      response.writeHead(target === undefined ? status : 404).end();
    });
    this.server.on('connection', (socket) => this.sockets.add(socket));
    this.server.on('connect', (request, socket: Socket) => {
      this.seen.push(`CONNECT ${request.url ?? ''}`);
      this.authorizations.push(request.headers['proxy-authorization']);
      if (target === undefined) {
        socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
        return;
      }
      const upstream = connect(target.port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      upstream.pipe(socket).pipe(upstream);
      for (const each of [upstream, socket])
        each.on('error', () => [upstream, socket].forEach((s) => s.destroy()));
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://user:secret@127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

describe('a forward proxy', () => {
  it('is asked for a tunnel to an https registry, which it resolves itself', async () => {
    const server = await registry({ tls });
    server.putManifest('a/b', 'one', document());
    const proxy = closing(new Proxy(server));
    const registries = { 'registry.invalid': { ...https, insecureSkipVerify: true } };
    const oci = client({ proxy: { https: await proxy.start() }, registries });
    const ref = { registry: 'registry.invalid', repository: 'a/b', tag: 'one' };
    expect((await oci.manifest(ref)).kind).toBe('manifest');
    expect(proxy.seen).toEqual(['CONNECT registry.invalid:443']);
    expect(proxy.authorizations).toEqual([`Basic ${Buffer.from('user:secret').toString('base64')}`]);
    expect(server.seen[0]?.headers).not.toHaveProperty('proxy-authorization');
  });

  it('gets the whole URL of a plain http registry', async () => {
    const proxy = closing(new Proxy(undefined, 404));
    const registries = { 'registry.invalid': { plainHttp: true } };
    const oci = client({ proxy: { http: await proxy.start() }, registries, ...once });
    expect(await kindOf(oci.manifest({ registry: 'registry.invalid', repository: 'a/b', tag: 'one' }))).toBe(
      'not-found',
    );
    expect(proxy.seen).toEqual(['GET http://registry.invalid/v2/a/b/manifests/one']);
  });

  it.each([407, 403, 502])('that answers %s is named as the cause, without its password', async (status) => {
    const proxy = closing(new Proxy(undefined, status));
    const oci = client({ ...once, proxy: { https: await proxy.start() } });
    const error = await failure(
      oci.manifest({ registry: 'registry.invalid', repository: 'a/b', tag: 'one' }),
    );
    expect(error.kind).toBe('proxy');
    expect(error.message).toContain(String(status));
    expect(error.message).not.toContain('secret');
  });

  it('is not used for loopback registries', async () => {
    const server = await registry();
    server.putManifest('a/b', 'one', document());
    const oci = client({ proxy: { http: 'http://127.0.0.1:1', https: 'http://127.0.0.1:1' } });
    expect((await oci.manifest(tagged(server))).kind).toBe('manifest');
    expect(
      proxyFor(new URL('https://10.1.1.1/'), { https: 'http://p', noProxy: '10.0.0.0/8' }),
    ).toBeUndefined();
  });
});
