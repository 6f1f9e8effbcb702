import { ProblemAnswer } from 'host-service/contract/api/problem-answer.ts';
import { listen } from 'host-service/edges/listener/listener.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { restOf, serveWorld, until, type Served } from './served.ts';

let served: Served | undefined;
afterEach(async () => {
  await served?.close();
  served = undefined;
});
const open = async (...how: Parameters<typeof serveWorld>): Promise<Served> =>
  (served = await serveWorld(...how));

const problemIn = (answer: string): ProblemAnswer =>
  ProblemAnswer.parse(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)));

describe('the listener of the control plane', () => {
  it('answers over real connections, HEAD and HTTP/1.0 included', async () => {
    const { url, dial } = await open();
    const response = await fetch(`${url}/api/ready?x=1`);
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok', version: '0.1.0' }]);
    const head = await fetch(`${url}/api/version`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const old = await dial();
    old.write('GET /api/healthz HTTP/1.0\r\n\r\n');
    expect(await restOf(old)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  it('cannot have an address that is taken', async () => {
    const { listener } = await open();
    const again = listen(listener.address, () => new Response());
    await expect(again).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('S1 lives on whatever is sent to it, and says what is wrong', async () => {
    const { dial, url } = await open();
    const broken: readonly (readonly [string, RegExp])[] = [
      ['GET /% HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 200|^HTTP\/1\.1 404/],
      ['GET // HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 (200|404)/],
      ['GET http://[ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 422/],
      ['GET /\\..\\x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 422/],
      ['GET /api/status HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 4/],
      ['OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 4/],
      ['TRACE /api/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 405/],
      ['\x16\x03\x01\x02\x00\x01\x00\x01', /^HTTP\/1\.1 422/],
      [`GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, /^HTTP\/1\.1 413/],
      [`GET / HTTP/1.1\r\nHost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1\.1 413/],
      ['POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n', /^HTTP\/1\.1 422/],
      [
        'POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
        /422/,
      ],
    ];
    for (const [text, expected] of broken) {
      const socket = await dial();
      socket.write(text, 'latin1');
      const answer = await restOf(socket);
      expect([text.slice(0, 40), answer.split('\r\n')[0]]).toEqual([
        text.slice(0, 40),
        expect.stringMatching(expected),
      ]);
      if (/^HTTP\/1\.1 4/.test(answer)) expect(problemIn(answer).code).toMatch(/^request\./);
    }
    expect((await fetch(`${url}/api/healthz`)).status).toBe(200);
  });

  it('ends a connection that sends its headers or its body too slowly, with a reason', async () => {
    const { dial } = await open({}, { headersMs: 100, requestMs: 300 });
    const headers = await dial();
    headers.write('GET /api/healthz HTTP/1.1\r\nHost: x\r\n');
    expect(problemIn(await restOf(headers)).detail).toContain('in time');
    const body = await dial();
    const head =
      'POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{';
    body.write(head);
    expect(problemIn(await restOf(body)).code).toBe('request.invalid');
  });

  it('stops reading a body at the size of its route', async () => {
    const { dial, world } = await open();
    const socket = await dial();
    let sent = 0;
    const answer = restOf(socket);
    socket.write(
      'POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const chunk = `4000\r\n${' '.repeat(0x4000)}\r\n`;
    while (!socket.destroyed && sent < 4_000) {
      sent += 1;
      if (!socket.write(chunk)) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(problemIn((await answer).split('HTTP/1.1 413')[1] ?? '').code).toBe('request.too-large');
    expect(world.calls).toEqual([]);
  });

  it('takes no more connections than it can hold', async () => {
    const { dial, listener } = await open({}, { connections: 2 });
    await Promise.all([dial(), dial()]);
    await until(() => listener.connections() === 2);
    const third = await dial();
    expect(await restOf(third)).toBe('');
    expect(listener.connections()).toBe(2);
  });
});
