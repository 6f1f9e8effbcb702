import { describe, expect, it } from 'vitest';
import { sources, trackedFiles } from './sources.ts';

const all = await sources(/^(host-service|scripts)\/.*\.ts$/);
const product = all.filter((source) => !/\.test\.ts$/.test(source.path) && !/\/test\//.test(source.path));

/** Text without comments, so that prose does not count. */
const code = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:])\/\/.*$/gm, '$1');
const offenders = (files: typeof all, pattern: RegExp): readonly string[] =>
  files.filter((source) => pattern.test(code(source.text))).map((source) => source.path);

describe('purity', () => {
  it('keeps clock, environment, network, files and waiting out of contract and core', () => {
    const pure = product.filter((source) => /^host-service\/src\/(contract|core)\//.test(source.path));
    expect(pure.length).toBeGreaterThan(10);
    const impure =
      /\b(async|await|Date\.now\(|new Date\(\)|process\.|setTimeout|setInterval|fetch\(|Math\.random)\b/;
    expect(offenders(pure, impure)).toEqual([]);
  });

  it('keeps clock, timers and environment out of the engine: they come through ports', () => {
    const engine = product.filter((source) => /^host-service\/src\/engine\//.test(source.path));
    expect(
      offenders(engine, /\b(Date\.now\(|new Date\(\)|process\.|setInterval|setTimeout|Math\.random)/),
    ).toEqual([]);
  });

  it('B-51 starts no synchronous subprocess anywhere', () => {
    expect(offenders(product, /\b(spawnSync|execSync|execFileSync)\b/)).toEqual([]);
  });

  it('B-34 starts no shell: no `shell: true`, no `sh -c`', () => {
    expect(offenders(product, /shell:\s*true|['"]sh['"],\s*\[\s*['"]-c/)).toEqual([]);
  });

  it('casts no unparsed input: JSON.parse is never followed by `as`', () => {
    expect(offenders(product, /JSON\.parse\([^;]*\)\s+as\s+(?!unknown)/)).toEqual([]);
  });

  it('keeps no mutable state in modules', () => {
    expect(offenders(product, /^let\s/m)).toEqual([]);
  });

  it('skips no test silently and mocks no module', async () => {
    const tests = await sources(/\.test\.ts$/);
    const marks = /\b(it|test|describe)\.(only|skip|todo)\(|\bvi\.mock\(/;
    const offences = tests.filter((source) => !source.path.startsWith('test/architecture/'));
    expect(offenders(offences, marks)).toEqual([]);
    expect((await trackedFiles(/\.spec\.tsx?$/)).length).toBe(0);
  });

  it('gives every exported function of contract, core, engine and ports a reason or a name that needs none', () => {
    const undocumented = product
      .filter((source) => /^host-service\/src\/(engine\/ports|contract\/)/.test(source.path))
      .flatMap((source) =>
        [...source.text.matchAll(/(\*\/\n)?export (?:async )?function (\w+)/g)]
          .filter((match) => match[1] === undefined)
          .map((match) => `${source.path} ${match[2] ?? ''}`),
      );
    expect(undocumented).toEqual([]);
  });
});
