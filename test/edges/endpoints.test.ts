import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type RequestListener } from 'node:http';
import { createServer as createSafe } from 'node:https';
import { connect, createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EndpointReport, type EndpointWish } from 'host-service/contract/host/endpoint.ts';
import { measureEndpoint } from 'host-service/edges/endpoints/measure.ts';
import { tryEndpoint } from 'host-service/edges/endpoints/try.ts';
import { startProxy } from '../world/network/proxy.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const clock = { now: () => new Date(), monotonic: () => performance.now() };
const never = new AbortController().signal;
let folder = '';
/** PEM of authorities: one that a customer added, and one that nobody knows. */
const ca = { good: '', proxy: '' };
interface Pair {
  readonly cert: string;
  readonly key: string;
}
const pairs = new Map<string, Pair>();
const closing: (() => Promise<unknown>)[] = [];

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
const openssl = async (...args: string[]): Promise<unknown> => run('openssl', args, { cwd: folder });
const text = async (name: string): Promise<string> => readFile(join(folder, name), 'utf8');

async function authority(name: 'good' | 'proxy', subject: string): Promise<void> {
  const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`];
  await openssl('req', '-x509', ...EC, ...files, '-days', '9', '-subj', subject);
  ca[name] = await text(`${name}.pem`);
}

async function issue(name: string, by: string, alt: string, days: string): Promise<void> {
  await writeFile(join(folder, 'ext'), `subjectAltName=${alt}\n`);
  await openssl('req', ...EC, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
  const from = ['-in', `${name}.csr`, '-CA', `${by}.pem`, '-CAkey', `${by}.key`, '-CAcreateserial'];
  await openssl('x509', '-req', ...from, '-days', days, '-extfile', 'ext', '-out', `${name}.pem`);
  pairs.set(name, { cert: await text(`${name}.pem`), key: await text(`${name}.key`) });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'endpoints-'));
  await authority('good', '/O=Customer/CN=Customer Root');
  await authority('proxy', '/O=Corp/CN=Corp Inspection');
  await issue('registry', 'good', 'IP:127.0.0.1,DNS:localhost', '90');
  await issue('late', 'good', 'IP:127.0.0.1', '-1');
  await issue('elsewhere', 'good', 'DNS:elsewhere.example.com', '90');
  await issue('inspected', 'proxy', 'IP:127.0.0.1', '90');
}, 60_000);
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

const asks: RequestListener = (asked, answer) => {
  answer.writeHead(401, { 'www-authenticate': 'Bearer realm="https://x/token"' }).end(asked.url);
};
const safe = async (name: string, listener: RequestListener = asks): Promise<number> =>
  listen(createSafe(pairs.get(name) ?? {}, listener));

async function measure(wish: EndpointWish, signal = never): Promise<EndpointReport> {
  const report = await measureEndpoint(wish, clock, signal);
  expect(EndpointReport.safeParse(report).error).toBeUndefined();
  return report;
}
const https = (port: number, host = '127.0.0.1'): string => `https://${host}:${port}/v2/`;

describe('an address that a release needs', () => {
  it('is measured hop by hop: name, connection, certificate, answer and clock', async () => {
    const port = await safe('registry');
    const report = await measure({ url: https(port, 'localhost'), ca: ca.good });
    expect(report).toMatchObject({ via: 'direct', status: 401, problem: undefined });
    expect(report.addresses).toContain('127.0.0.1');
    expect(report.tls).toMatchObject({
      trusted: true,
      public: false,
      issuer: 'Customer Root',
      subject: 'registry',
    });
    expect(Math.abs(report.dateSkewMs ?? Infinity)).toBeLessThan(10_000);
    expect([report.dnsMs, report.tcpMs].every((ms) => ms !== undefined)).toBe(true);
  });

  it.each([
    ['R-31 of nobody who is trusted', 'inspected', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'Corp Inspection'],
    ['that is over', 'late', 'CERT_HAS_EXPIRED', 'Customer Root'],
    ['for another name', 'elsewhere', 'ERR_TLS_CERT_ALTNAME_INVALID', 'Customer Root'],
  ])('shows a certificate %s, and who issued it', async (_, name, reason, issuer) => {
    const report = await measure({ url: https(await safe(name)), ca: ca.good });
    expect(report.tls).toMatchObject({ trusted: false, public: false, reason, issuer });
    expect(report.problem?.code).toBe('registry.tls');
    // The clock of the other side is told all the same: a wrong clock of ours is the likely reason.
    expect(report.dateSkewMs).toBeDefined();
  });

  it('R-33 has a clock that differs from ours', async () => {
    const port = await safe('registry', (_, answer) => {
      answer.writeHead(200, { date: new Date(Date.now() - 3_600_000).toUTCString() }).end();
    });
    const { dateSkewMs = 0 } = await measure({ url: https(port), ca: ca.good });
    expect(Math.round(dateSkewMs / 60_000)).toBe(-60);
  });

  it('R-32 is not found, refuses, does not answer or is cut, and the report says at which hop', async () => {
    const nameless = await measure({ url: 'https://nowhere.invalid/v2/' });
    expect([nameless.problem?.code, nameless.tcpMs]).toEqual(['registry.dns', undefined]);
    const port = await listen(createTcp());
    for (const close of closing.splice(0)) await close();
    const closed = await measure({ url: https(port) });
    expect([closed.problem?.code, closed.tcpMs]).toEqual(['registry.connect', undefined]);
    const cutting = await listen(createTcp((socket) => socket.destroy()));
    const cut = await measure({ url: https(cutting) });
    expect([cut.problem?.code, cut.tcpMs === undefined, cut.tls]).toEqual(['registry.tls', false, undefined]);
    const silent = await measure({ url: https(await listen(createTcp())) });
    expect([silent.problem?.code, silent.tls]).toEqual(['registry.tls', undefined]);
  }, 30_000);

  it('R-30 is reached through a proxy with its password, which the address itself never gets', async () => {
    const heard: unknown[] = [];
    const port = await safe('registry', (asked, answer) => {
      heard.push(asked.headers['proxy-authorization']);
      answer.writeHead(200).end();
    });
    const hosts = new Map([[`127.0.0.1:${port}`, port]]);
    const proxy = await startProxy({ hosts, credential: { user: 'corp', password: 'p:w ß' } });
    closing.push(() => proxy.stop());
    const wish = { url: https(port), ca: ca.good, proxy: `${proxy.address}/` };
    expect(await measure(wish)).toMatchObject({ status: 407, problem: { code: 'registry.proxy' } });
    const proxyCredential = { username: 'corp', password: 'p:w ß' };
    const report = await tryEndpoint(wish, { proxyCredential }, never);
    expect(report).toMatchObject({ status: 200, via: new URL(proxy.address).host, tls: { trusted: true } });
    expect(JSON.stringify(report)).not.toContain('p:w');
    expect([heard, proxy.unauthorized()]).toEqual([[undefined], 1]);
  });

  it('is no registry, is busy, or refuses', async () => {
    for (const [status, code] of [
      [404, undefined],
      [503, 'registry.outage'],
      [403, 'registry.denied'],
    ] as const) {
      const port = await listen(createServer((_, answer) => answer.writeHead(status).end()));
      const report = await measure({ url: `http://127.0.0.1:${port}/v2/` });
      expect([report.status, report.problem?.code, report.tls]).toEqual([status, code, undefined]);
    }
    const odd = await measure({
      url: `http://127.0.0.1:${await listen(createTcp((s) => s.end('SSH-2.0\r\n\r\n')))}/v2/`,
    });
    expect(odd.problem?.code).toBe('registry.protocol');
  });

  it('is given up as soon as nobody wants to know any more', async () => {
    const stop = new AbortController();
    const measuring = measure({ url: https(await listen(createTcp())) }, stop.signal);
    setTimeout(() => stop.abort(), 50);
    expect((await measuring).problem?.code).toBe('registry.cancelled');
  });
});

/** A forward proxy; `inspect` answers in the place of whoever was asked for, with a certificate of its own authority. */
async function proxy(answer: number, inspect?: string): Promise<{ port: number; seen: string[] }> {
  const seen: string[] = [];
  const inner = inspect === undefined ? undefined : await safe(inspect);
  const server = createServer((asked, reply) => {
    seen.push(asked.url ?? '');
    if (answer !== 200) return void reply.writeHead(answer).end();
    asked.pipe(
      request(asked.url ?? '', (got) => got.pipe(reply.writeHead(got.statusCode ?? 502, got.headers))),
    );
  });
  server.on('connect', (asked, socket: Socket) => {
    seen.push(asked.url ?? '');
    socket.on('error', () => undefined);
    if (answer !== 200) return void socket.end(`HTTP/1.1 ${answer} No\r\n\r\n`);
    const target = inner ?? Number((asked.url ?? '').split(':')[1]);
    const onward = connect(target, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    onward.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
    socket.pipe(onward).pipe(socket);
  });
  return { port: await listen(server), seen };
}

describe('an address behind a proxy', () => {
  it('R-28 is reached as the box will reach it: by the proxy’s eyes, not by ours', async () => {
    const port = await safe('registry');
    const way = await proxy(200);
    const report = await measure({ url: https(port), proxy: `http://127.0.0.1:${way.port}`, ca: ca.good });
    expect(report).toMatchObject({ via: `127.0.0.1:${way.port}`, status: 401, tls: { trusted: true } });
    expect([report.dnsMs, report.addresses]).toEqual([undefined, undefined]);
    expect(way.seen).toEqual([`127.0.0.1:${port}`]);
    const plain = await listen(createServer(asks));
    const other = await measure({
      url: `http://127.0.0.1:${plain}/v2/`,
      proxy: `http://127.0.0.1:${way.port}`,
    });
    expect(other.status).toBe(401);
  });

  it('R-31 shows who inspects, and is believed after his authority was added', async () => {
    const way = await proxy(200, 'inspected');
    const wish = { url: https(1), proxy: `http://127.0.0.1:${way.port}` };
    const before = await measure({ ...wish, ca: ca.good });
    expect(before.tls).toMatchObject({ trusted: false, issuer: 'Corp Inspection' });
    const after = await measure({ ...wish, ca: ca.good + ca.proxy });
    expect(after.tls).toMatchObject({ trusted: true, public: false });
    expect(after.problem).toBeUndefined();
  });

  it('says when the proxy wants a password, refuses, or is not there', async () => {
    const port = await safe('registry');
    const through = async (answer: number): Promise<EndpointReport> =>
      measure({ url: https(port), proxy: `http://127.0.0.1:${(await proxy(answer)).port}`, ca: ca.good });
    expect(await through(407)).toMatchObject({ status: 407, problem: { code: 'registry.proxy' } });
    const refused = await through(403);
    expect([refused.problem?.code, refused.tcpMs]).toEqual(['registry.proxy', undefined]);
    const none = await measure({ url: https(port), proxy: 'http://nowhere.invalid:3128' });
    expect(none.problem?.code).toBe('registry.proxy');
  });
});
