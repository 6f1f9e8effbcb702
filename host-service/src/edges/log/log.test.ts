import { describe, expect, it } from 'vitest';
import { Problem } from '../../contract/problem.ts';
import { createLog } from './log.ts';

function collect(level: 'debug' | 'info' | 'warn' | 'error') {
  const lines: string[] = [];
  return { lines, log: createLog(level, { write: (line: string) => void lines.push(line) }) };
}

describe('the log', () => {
  it('writes one JSON line per message, also when the message has several', () => {
    const { lines, log } = collect('info');
    log.info('first\nsecond\u202e', { step: 'confirm', n: 3 });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.trimEnd()).not.toContain('\n');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info',
      msg: 'first second',
      step: 'confirm',
      n: 3,
    });
  });

  it('writes nothing below its level', () => {
    const { lines, log } = collect('warn');
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    expect(lines.map((line) => /"msg":"(.)"/.exec(line)?.[1])).toEqual(['c', 'd']);
  });

  it('hides tokens, passwords, cookies and the data of secrets wherever they stand', () => {
    const { lines, log } = collect('debug');
    log.error('sent Authorization: Bearer abcdefghijk to https://me:pw-in-url@host.example/x', {
      headers: { authorization: 'v-auth', 'Set-Cookie': 'v-cookie', accept: 'application/json' },
      user: { password: 'v-password', token: 'v-token', refresh_token: 'v-refresh', name: 'anna' },
      object: {
        kind: 'Secret',
        metadata: { name: 's' },
        data: { k: 'v-data' },
        stringData: { k: 'v-string' },
      },
      values: { kind: 'ConfigMap', data: { k: 'kept' } },
      key: '-----BEGIN PRIVATE KEY-----\nv-key\n-----END PRIVATE KEY-----',
      list: [{ clientSecret: 'v-client' }],
    });
    const text = lines.join('');
    for (const secret of ['abcdefghijk', 'pw-in-url', 'v-auth', 'v-cookie', 'v-password', 'v-token'])
      expect(text).not.toContain(secret);
    for (const secret of ['v-refresh', 'v-data', 'v-string', 'v-key', 'v-client'])
      expect(text).not.toContain(secret);
    for (const plain of ['anna', 'application/json', 'kept', 'host.example']) expect(text).toContain(plain);
  });

  it('writes a problem as its code, a bug with its stack, and survives cycles and bytes', () => {
    const { lines, log } = collect('debug');
    const circle: Record<string, unknown> = { bytes: new Uint8Array(9), big: 3n, when: new Date(Number.NaN) };
    circle['self'] = circle;
    log.warn('x', {
      problem: new Problem('cluster.timeout', 'GET pods', { cause: new TypeError('inner') }),
      circle,
    });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      problem: { code: 'cluster.timeout', cause: { name: 'TypeError', message: 'inner' } },
      circle: { bytes: '9 bytes', big: '3', when: 'invalid date' },
    });
  });
});
