import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { generatedFiles, staleFiles } from '../../scripts/generate/files.ts';
import { structuralOf } from '../../scripts/generate/structural.ts';
import { ROOT } from './sources.ts';

describe('generated files', () => {
  it('say what the contract says: `npm run generate` would change nothing', async () => {
    expect(await staleFiles({ write: false })).toEqual([]);
  });

  it('are the four kinds and the page of problems', () => {
    expect([...generatedFiles().keys()].map((path) => path.split('/').at(-1))).toEqual([
      'appliances.yaml',
      'releases.yaml',
      'operations.yaml',
      'hosts.yaml',
      'problems.md',
    ]);
  });

  it('keep the definitions from being pruned, and hold no construct that the API server refuses', async () => {
    for (const path of [...generatedFiles().keys()].filter((name) => name.endsWith('.yaml'))) {
      const text = await readFile(join(ROOT, path), 'utf8');
      expect(text).toContain('kustomize.toolkit.fluxcd.io/prune: disabled');
      expect(text).not.toMatch(/\$ref|anyOf|oneOf|allOf|\bdefault:|const:|propertyNames|\(\?[!=<]|\\u00/);
    }
  });
});

describe('a structural schema', () => {
  it('keeps unknown fields of loose objects and closes nothing by additionalProperties', () => {
    const schema = z.looseObject({ a: z.strictObject({ b: z.string() }), c: z.record(z.string(), z.int()) });
    expect(structuralOf(schema)).toEqual({
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      required: ['a', 'c'],
      properties: {
        a: { type: 'object', required: ['b'], properties: { b: { type: 'string' } } },
        c: { type: 'object', additionalProperties: { type: 'integer', format: 'int64' } },
      },
    });
  });

  it('says unions in the words of Kubernetes', () => {
    expect(structuralOf(z.union([z.int(), z.string()]))).toEqual({ 'x-kubernetes-int-or-string': true });
    expect(structuralOf(z.string().nullable())).toEqual({ type: 'string', nullable: true });
    expect(structuralOf(z.union([z.number(), z.boolean()]))).toEqual({
      'x-kubernetes-preserve-unknown-fields': true,
    });
    expect(structuralOf(z.literal('x'))).toEqual({ type: 'string', enum: ['x'] });
  });

  it('leaves out defaults and expressions that the API server cannot read', () => {
    expect(structuralOf(z.string().max(3).default('a'))).toEqual({ type: 'string', maxLength: 3 });
    expect(structuralOf(z.string().regex(/^(?!a)b$/))).toEqual({ type: 'string' });
    // eslint-disable-next-line no-control-regex -- the escape is what is looked at
    expect(structuralOf(z.string().regex(/^[^\u0000-\u001f]*$/))).toEqual({
      type: 'string',
      pattern: '^[^\\x{0000}-\\x{001f}]*$',
    });
  });
});
