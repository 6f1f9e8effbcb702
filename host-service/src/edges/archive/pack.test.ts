import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { pack, type PackFile } from './pack.ts';
import { unpack } from './unpack.ts';

const file = (text: string, mode?: number): PackFile => ({
  bytes: new TextEncoder().encode(text),
  ...(mode === undefined ? {} : { mode }),
});
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

const TINY = new Map([
  ['product.yaml', file('schema: appliance.product/v1\n')],
  ['base/kustomization.yaml', file('resources: []\n')],
  ['base/run.sh', file('#!/bin/sh\n', 0o755)],
]);

describe('pack', () => {
  it('makes bytes that never change: the digest of a tiny bundle is frozen', async () => {
    const { tar } = await pack(TINY);
    expect(sha256(tar)).toBe('d0eba17298ecb7d20c850d1e7468c79b673718918aea317b488aaa1b259cf9a7');
  });

  it('makes the same bytes whatever the order of the files', async () => {
    const turned = new Map([...TINY].reverse());
    expect(sha256((await pack(turned)).bytes)).toBe(sha256((await pack(TINY)).bytes));
  });

  it('writes a gzip header without time and name', async () => {
    const { bytes } = await pack(TINY);
    expect([...bytes.subarray(0, 8)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
  });

  it('lists the root as `.` and folders without trailing slash, each right before its content', async () => {
    const tar = gunzipSync(
      (
        await pack(
          new Map([
            ['a/b.yaml', file('x')],
            ['a-c', file('y')],
            ['a/b/c', file('z')],
          ]),
        )
      ).bytes,
    );
    const names: string[] = [];
    for (let at = 0; at < tar.length && tar[at] !== 0; at += 512) {
      const name = text(tar.subarray(at, at + 100)).replace(/\0.*$/s, '');
      names.push(name);
      at += Math.ceil(Number.parseInt(text(tar.subarray(at + 124, at + 135)), 8) / 512) * 512;
    }
    expect(names).toEqual(['.', 'a', 'a/b', 'a/b/c', 'a/b.yaml', 'a-c']);
  });

  it('packs a chart as files only, as helm does', async () => {
    const { tar } = await pack(new Map([['demo/Chart.yaml', file('name: demo\n')]]), { layout: 'files' });
    expect(text(tar.subarray(0, 15))).toBe('demo/Chart.yaml');
  });

  it('keeps long and non-ASCII names through pack and unpack', async () => {
    const long = `${'folder-with-a-long-name/'.repeat(7)}${'f'.repeat(80)}.yaml`;
    const files = new Map([
      [long, file('1')],
      ['base/größe.yaml', file('2')],
    ]);
    const again = unpack((await pack(files)).bytes);
    expect([...again.keys()].sort()).toEqual(['base/größe.yaml', long].sort());
    expect(text(again.get(long))).toBe('1');
  });
});
