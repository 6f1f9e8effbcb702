import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Problem } from 'host-service/contract/problem.ts';
import { effectiveConfigText, readConfig, readProduct, readTrust } from 'host-service/edges/files/config.ts';
import { readSmallFile } from 'host-service/edges/files/small-file.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

async function put(text: string | Uint8Array, name = 'config.yaml'): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

function problemFrom(act: () => unknown): { code: string; detail: string } {
  try {
    act();
  } catch (error) {
    if (error instanceof Problem) return { code: error.code, detail: error.detail.replaceAll(folder, '') };
    throw error;
  }
  throw new Error('nothing was thrown');
}

const GOOD =
  'schema: appliance.config/v1\nkubernetes: in-cluster\nproduct: product.yaml\ntrust: ../trust.yaml\n';

describe('configuration files', () => {
  it('fill in defaults and resolve paths against their own folder', async () => {
    const path = await put(
      `${GOOD}baked: ./baked\n`.replace('in-cluster', '{ kubeconfig: kube/config, context: a }'),
    );
    const config = readConfig(path);
    expect(config).toMatchObject({
      product: join(folder, 'product.yaml'),
      trust: join(folder, '../trust.yaml'),
      baked: join(folder, 'baked'),
      kubernetes: { kubeconfig: join(folder, 'kube/config'), context: 'a' },
      listen: '127.0.0.1:8080',
      pollMs: 300_000,
    });
    expect(readConfig(await put(effectiveConfigText(config), 'again.yaml'))).toEqual(config);
  });

  it('S5 let nobody but this machine in, and cookies over TLS alone, unless they say otherwise', async () => {
    const config = readConfig(await put(GOOD));
    expect([config.listen, config.cookies]).toEqual(['127.0.0.1:8080', 'secure']);
  });

  it('show the effective configuration without passwords', async () => {
    const text = effectiveConfigText(
      readConfig(await put(`${GOOD}proxy: { https: "http://me:v-pass@proxy.example:3128" }\n`)),
    );
    expect(text).not.toContain('v-pass');
    expect(text).toContain('http://[hidden]@proxy.example:3128');
  });

  it.each([
    ['an unknown key', `${GOOD}listten: x\n`, '/config.yaml:5: listten: is not a known key'],
    [
      'a wrong type',
      `${GOOD}pollMs: soon\n`,
      '/config.yaml:5: pollMs: Invalid input: expected number, received string',
    ],
    ['a missing key', GOOD.replace(/trust.*\n/, ''), '/config.yaml:1: trust: is missing'],
    [
      'a nested unknown key',
      `${GOOD}registries:\n  - host: a.example\n    mirors: []\n`,
      '/config.yaml:7: registries[0].mirors: is not a known key',
    ],
    [
      'an unknown key in a choice',
      GOOD.replace('in-cluster', '{ kubeconfig: a, user: b }'),
      '/config.yaml:2: kubernetes.user: is not a known key',
    ],
    ['a key given twice', `${GOOD}trust: b\n`, '/config.yaml:5: Map keys must be unique'],
    [
      'a tag of a program',
      `${GOOD}baked: !!js/function "x"\n`,
      '/config.yaml:5: Unresolved tag: tag:yaml.org,2002:js/function',
    ],
    ['two documents', `${GOOD}---\na: 1\n`, '/config.yaml:5: Source contains multiple documents'],
    ['an empty file', '# nothing\n', '/config.yaml: is empty'],
    ['broken YAML', 'schema: [a\n', '/config.yaml:2: Flow sequence in block collection must be'],
    ['a list instead of a map', '- a\n', '/config.yaml:1: Invalid input: expected object, received array'],
    [
      'a merge key',
      `x: &x { a: 1 }\n${GOOD}`.replace('in-cluster', '{ <<: *x, kubeconfig: a }'),
      'kubernetes.<<: is not a known key',
    ],
    [
      'a YAML 1.1 boolean',
      `${GOOD}registries: [{ host: a.example, plainHttp: yes }]\n`,
      '/config.yaml:5: registries[0].plainHttp: Invalid input: expected boolean',
    ],
    [
      'a key that would reach the prototype',
      `${GOOD}__proto__: { a: 1 }\n`,
      '/config.yaml:5: __proto__: is not a known key',
    ],
  ])('name file, line, key and reason for %s', async (_name, text, sentence) => {
    const path = await put(text);
    const problem = problemFrom(() => readConfig(path));
    expect(problem.code).toBe('config.invalid');
    expect(problem.detail).toContain(sentence);
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });

  it('name several mistakes at once and count the rest', async () => {
    const path = await put(`${GOOD}a: 1\nb: 1\nc: 1\nd: 1\ne: 1\nf: 1\n`);
    expect(problemFrom(() => readConfig(path)).detail).toMatch(/:5: a: .*:6: b: .*:8: d: .*; and 2 more$/);
  });

  it('refuse a document that unfolds without end', async () => {
    const levels = Array.from(
      { length: 9 },
      (_, n) => `l${n + 1}: &l${n + 1} [${Array(9).fill(`*l${n}`).join(', ')}]`,
    );
    const path = await put(`l0: &l0 [a]\n${levels.join('\n')}\n`);
    expect(problemFrom(() => readConfig(path))).toEqual({
      code: 'config.invalid',
      detail: '/config.yaml: Excessive alias count indicates a resource exhaustion attack',
    });
  });

  it('refuse bytes that are not UTF-8 and accept a byte order mark', async () => {
    const bad = await put(Uint8Array.from([0x61, 0x3a, 0x20, 0xff]), 'bad.yaml');
    expect(problemFrom(() => readConfig(bad))).toEqual({
      code: 'config.invalid',
      detail: '/bad.yaml is not UTF-8 text',
    });
    expect(readConfig(await put(`\ufeff${GOOD}`)).namespace).toBe('alga-appliance-control-plane');
  });

  it('read product and trust by the same rules', async () => {
    const path = await put('schema: appliance.trust/v1\nproduct: p\nversion: 0\n', 'trust.yaml');
    expect(problemFrom(() => readTrust(path)).detail).toContain('/trust.yaml:3: version: Too small');
    expect(problemFrom(() => readProduct(path)).detail).toContain('/trust.yaml:1: schema: Invalid input');
  });
});

describe('small files', () => {
  it('are refused when they are larger than asked for', async () => {
    const path = await put('12345', 'five');
    expect(new TextDecoder().decode(readSmallFile(path, 5))).toBe('12345');
    expect(problemFrom(() => readSmallFile(path, 4))).toEqual({
      code: 'config.invalid',
      detail: '/five has more than 4 bytes',
    });
    expect(readSmallFile(await put('', 'empty'), 4)).toHaveLength(0);
    expect(readSmallFile('/proc/self/status', 100_000).length).toBeGreaterThan(100);
    expect(problemFrom(() => readSmallFile('/proc/self/status', 100)).code).toBe('config.invalid');
  });

  it('are refused when they are not there, a folder or a pipe that nobody fills', async () => {
    await promisify(execFile)('mkfifo', [join(folder, 'pipe')]);
    const detail = (name: string): unknown => problemFrom(() => readSmallFile(join(folder, name), 10));
    expect(detail('none')).toEqual({ code: 'config.unreadable', detail: '/none is not there' });
    expect(detail('.')).toEqual({ code: 'config.unreadable', detail: ' is a folder' });
    expect(detail('pipe')).toEqual({ code: 'config.unreadable', detail: '/pipe is not a file' });
  });
});
