import { ProblemAnswer } from 'host-service/contract/api/problem-answer.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { answersIn } from './hostile/client.ts';
import { restOf, serveWorld, type Served } from './listener/served.ts';

let served: Served | undefined;
afterEach(async () => {
  await served?.close();
  served = undefined;
});

/** All answers of a connection on which this was sent in one go. */
async function say(...requests: readonly string[]): Promise<ReturnType<typeof answersIn>> {
  served ??= await serveWorld();
  const socket = await served.dial();
  socket.write(requests.join(''));
  return answersIn(await restOf(socket), []);
}

describe('what the flood of hostile requests has found', () => {
  it('S1 a Host that is taken for half an address is refused as a mistake of the request', async () => {
    for (const host of ['a.1', '256.1', '1.2.3.4.5', 'e27.0.0.1:80']) {
      const [answer] = await say(`GET /api/version HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
      expect([host, ProblemAnswer.parse(JSON.parse(answer?.body ?? '')).code]).toEqual([
        host,
        'request.invalid',
      ]);
      const [page] = await say(`GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
      expect([host, page?.status]).toEqual([host, 422]);
    }
    expect(served?.world.logs.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('S1 an address with a password in it is refused, and the password goes nowhere', async () => {
    for (const place of ['/api/claim', '/api/webhooks/release', '/api/events']) {
      const method = place === '/api/events' ? 'GET' : 'POST';
      const [answer] = await say(
        `${method} http://ada:tin-moon@x${place} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
      );
      expect(ProblemAnswer.parse(JSON.parse(answer?.body ?? '')).code).toBe('request.invalid');
      expect(answer?.body).not.toContain('tin-moon');
    }
    expect(JSON.stringify(served?.world.logs)).not.toContain('tin-moon');
  });

  it('S1 a body that is announced behind other requests does not put a word into their answers', async () => {
    const before = 'GET /api/version HTTP/1.1\r\nhost: x\r\n\r\n';
    const announced =
      'PATCH /api/version HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n';
    const answers = await say(before, `${announced}connection: close\r\n\r\n{}`);
    expect(answers.map(({ status, isWhole }) => [status, isWhole])).toEqual([
      [200, true],
      [405, true],
    ]);
    for (const { body } of answers) expect(() => JSON.parse(body) as unknown).not.toThrow();
  });

  it('still tells a client that waits for it to send its body', async () => {
    served = await serveWorld();
    const socket = await served.dial();
    const rest = restOf(socket);
    const first = new Promise<string>((resolve) =>
      socket.once('data', (chunk: Buffer) => resolve(chunk.toString())),
    );
    socket.write(
      'POST /api/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\n',
    );
    socket.write('expect: 100-continue\r\ncontent-length: 2\r\n\r\n');
    expect(await first).toMatch(/^HTTP\/1\.1 100 /);
    socket.write('{}');
    expect(answersIn(await rest, []).map(({ status }) => status)).toEqual([422]);
  });
});
