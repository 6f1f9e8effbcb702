import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import type { RequestListener } from 'node:http';
import { createServer as createTcp } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createProber } from 'host-service/edges/prober/prober.ts';

const never = new AbortController().signal;
const servers: { server: Server; sockets: Set<Socket> }[] = [];
afterEach(async () => {
  for (const { server, sockets } of servers.splice(0)) {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen(server: Server, host = '127.0.0.1'): Promise<{ ip: string; port: number }> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  servers.push({ server, sockets });
  server.listen(0, host);
  await once(server, 'listening');
  return { ip: host, port: (server.address() as AddressInfo).port };
}

const web = async (listener: RequestListener): Promise<{ ip: string; port: number }> =>
  listen(createHttp(listener));
const http = { type: 'http', port: 80, path: '/healthz' } as const;
const tcp = { type: 'tcp', port: 80 } as const;

describe('a probe over HTTP', () => {
  it('passes for every status from 200 to 399, on the path asked for, and follows no redirect', async () => {
    const paths: string[] = [];
    const address = await web((request, answer) => {
      paths.push(`${request.method ?? ''} ${request.url ?? ''} ${request.headers.host ?? ''}`);
      answer.writeHead(302, { location: '/login' }).end();
    });
    const result = await createProber().probe(address, http, never);
    expect(result).toEqual({ ok: true, detail: `127.0.0.1:${address.port}: answered 302` });
    expect(paths).toEqual([`GET /healthz 127.0.0.1:${address.port}`]);
    expect(
      (await createProber().probe(address, { ...http, expectStatus: [200, 204] }, never)).detail,
    ).toContain('answered 302 in place of 200 or 204');
  });

  it('fails with the words of the component, on one line and short', async () => {
    const address = await web((_request, answer) => {
      answer
        .writeHead(503, { 'content-type': 'text/plain' })
        .end(`database\nis away\u001b[31m${'x'.repeat(5000)}`);
    });
    const { ok, detail } = await createProber().probe(address, http, never);
    expect(ok).toBe(false);
    expect(detail).toContain('answered 503 in place of 200 to 399: database is away [31mxxx');
    expect(detail.length).toBeLessThan(200);
  });

  it('quotes no page', async () => {
    const address = await web((_request, answer) =>
      answer.writeHead(500, { 'content-type': 'text/html' }).end('<p>v'),
    );
    expect((await createProber().probe(address, http, never)).detail).toMatch(
      /answered 500 in place of 200 to 399$/,
    );
  });

  it('does not wait for an answer without end', async () => {
    const good = await web((_request, answer) => answer.writeHead(200).write('x'));
    expect((await createProber().probe(good, http, never)).ok).toBe(true);
    const bad = await web((_request, answer) => {
      answer.writeHead(500, { 'content-type': 'text/plain' });
      const fill = (): void => {
        while (answer.write('x'.repeat(1000)));
        answer.once('drain', fill);
      };
      fill();
    });
    expect((await createProber().probe(bad, http, never)).detail).toContain('answered 500');
  });

  it('says what came instead of an answer', async () => {
    const detail = async (address: { ip: string; port: number }, timeoutMs = 5000): Promise<string> =>
      (await createProber({ timeoutMs }).probe(address, http, never)).detail.replace(/^.*?: /, '');
    expect(await detail(await web(() => undefined), 100)).toBe('no answer within 0.1 s');
    expect(await detail(await web((request) => request.socket.destroy()))).toBe('the connection was cut');
    const ssh = createTcp((socket) => socket.once('data', () => socket.end('SSH-2.0-x\r\n')));
    expect(await detail(await listen(ssh))).toBe('what answers does not speak HTTP');
    const closed = await web(() => undefined);
    const entry = servers.pop();
    await new Promise((resolve) => entry?.server.close(resolve));
    expect(await detail(closed)).toBe('nothing listens');
  });

  it('says so when the path cannot be sent', async () => {
    const result = await createProber().probe({ ip: '127.0.0.1', port: 9 }, { ...http, path: '/ä b' }, never);
    expect(result).toMatchObject({ ok: false });
    expect(result.detail).toContain('unescaped characters');
  });

  it('signs in by its path for now', async () => {
    const address = await web((request, answer) => answer.writeHead(request.url === '/' ? 200 : 404).end());
    expect((await createProber().probe(address, { type: 'sign-in', port: 80 }, never)).ok).toBe(true);
  });
});

describe('a probe over TCP', () => {
  it('passes when the port accepts connections, also over IPv6', async () => {
    const address = await listen(createTcp());
    expect(await createProber().probe(address, tcp, never)).toEqual({
      ok: true,
      detail: `127.0.0.1:${address.port}: accepts connections`,
    });
    const six = await listen(createTcp(), '::1').catch(() => undefined);
    if (six !== undefined)
      expect((await createProber().probe(six, tcp, never)).detail).toBe(
        `[::1]:${six.port}: accepts connections`,
      );
  });
});

describe('every probe', () => {
  it('ends with the signal, before it starts and while it waits', async () => {
    const address = await web(() => undefined);
    const stop = new AbortController();
    const waiting = createProber().probe(address, http, stop.signal);
    stop.abort();
    expect((await waiting).detail).toContain('the probe was stopped');
    expect((await createProber().probe(address, tcp, stop.signal)).ok).toBe(false);
  });
});
