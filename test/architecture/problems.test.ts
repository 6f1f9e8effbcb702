import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROBLEMS } from 'host-service/contract/problem.ts';
import { describe, expect, it } from 'vitest';
import { ROOT, sources, trackedFiles } from './sources.ts';

const codes = Object.keys(PROBLEMS);
const product = (await sources(/^(host-service|setup-ui\/src)\/.*\.tsx?$/)).filter(
  (source) =>
    !/\.test\.tsx?$/.test(source.path) &&
    !/\/test\//.test(source.path) &&
    !/\/contract\/problem(s\/[a-z-]+)?\.ts$/.test(source.path),
);
/** Stages of boot are shell: a code stands there without quotes. */
const shell = await Promise.all(
  (await trackedFiles(/^bootstrap\/.*\.sh$/)).map(async (path) => readFile(join(ROOT, path), 'utf8')),
);
const saidByShell = (code: string): boolean =>
  shell.some((text) => new RegExp(`\\b(fail|warn) ${code.replace('.', '\\.')}\\b(?!-)`).test(text));
const tests = (await sources(/\.tsx?$/)).filter(
  (source) => /\.test\.tsx?$/.test(source.path) || /^test\//.test(source.path),
);
const names = (files: typeof tests, code: string): boolean =>
  files.some((source) => source.text.includes(`'${code}'`) || source.text.includes(`"${code}"`));

describe('the problem table', () => {
  it('is closed: every code is used by the product', () => {
    expect(codes.filter((code) => !names(product, code) && !saidByShell(code))).toEqual([]);
  });

  it('has a test that names each code', () => {
    const outside = tests.filter((source) => !source.path.endsWith('architecture/problems.test.ts'));
    expect(codes.filter((code) => !names(outside, code))).toEqual([]);
  });

  it('is documented in docs/problems.md', async () => {
    const text = await readFile(join(ROOT, 'docs/problems.md'), 'utf8');
    expect(codes.filter((code) => !text.includes(`\`${code}\``))).toEqual([]);
  });

  it('speaks in sentences that people can act on', () => {
    const bad = Object.entries(PROBLEMS).filter(
      ([, spec]) =>
        spec.title.length > 120 ||
        spec.remedy.length > 120 ||
        !spec.title.endsWith('.') ||
        !spec.remedy.endsWith('.') ||
        /\b(pod|namespace|kubectl|kustomiz|helm|CRD|daemonset|etcd)\b/i.test(spec.title + spec.remedy),
    );
    expect(bad.map(([code]) => code)).toEqual([]);
  });
});
