import { gzipSync } from 'node:zlib';
import { Problem } from 'host-service/contract/problem.ts';
import type { UnpackCaps } from 'host-service/edges/archive/caps.ts';
import { unpack } from 'host-service/edges/archive/unpack.ts';
import { packTar, type TarEntry } from 'modern-tar';
import { describe, expect, it } from 'vitest';

type Type = 'file' | 'directory' | 'symlink' | 'link' | 'character-device' | 'block-device' | 'fifo';
const entry = (name: string, body = '', type: Type = 'file', linkname?: string): TarEntry => ({
  header: {
    name,
    type,
    size: body.length,
    mtime: new Date(0),
    ...(linkname === undefined ? {} : { linkname }),
  },
  ...(type === 'file' ? { body } : {}),
});
const tarOf = (...entries: readonly TarEntry[]): Promise<Uint8Array> => packTar(entries);
const archive = async (...entries: readonly TarEntry[]): Promise<Uint8Array> =>
  gzipSync(await tarOf(...entries));
const pax = (records: Record<string, string>): TarEntry => ({
  header: { name: 'a', type: 'file', size: 1, mtime: new Date(0), pax: records },
  body: 'x',
});

/** Changes bytes of the first header and puts its checksum right again. */
async function forged(at: number, bytes: readonly number[]): Promise<Uint8Array> {
  const tar = await tarOf(entry('a.yaml', 'x'));
  tar.set(bytes, at);
  tar.fill(32, 148, 156);
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  tar.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
  return gzipSync(tar);
}

async function damagedHeader(): Promise<Uint8Array> {
  const tar = await tarOf(entry('a.yaml', 'x'));
  tar[0] = 0x62;
  return gzipSync(tar);
}

interface Bad {
  readonly name: string;
  readonly bytes: () => Promise<Uint8Array> | Uint8Array;
  readonly caps?: Partial<UnpackCaps>;
  readonly says: RegExp;
}

const ascii = (text: string): readonly number[] => [...new TextEncoder().encode(text)];
const BAD: readonly Bad[] = [
  { name: 'a path that climbs out', bytes: () => archive(entry('../../etc/passwd', 'x')), says: /leads out/ },
  {
    name: 'a path that climbs out half-way',
    bytes: () => archive(entry('base/../../x', 'x')),
    says: /leads out/,
  },
  { name: 'an absolute path', bytes: () => archive(entry('/etc/passwd', 'x')), says: /absolute/ },
  { name: 'a drive path', bytes: () => archive(entry('C:/windows', 'x')), says: /absolute/ },
  { name: 'a backslash path', bytes: () => archive(entry('base\\..\\x', 'x')), says: /backslash/ },
  { name: 'a NUL inside a name', bytes: () => forged(0, ascii('a\0b')), says: /NUL/ },
  {
    name: 'a NUL inside a long name',
    bytes: () => archive(pax({ path: 'a\0b' })),
    says: /control characters/,
  },
  {
    name: 'an escape sequence in a name',
    bytes: () => archive(entry('\u001b[2Jx', 'x')),
    says: /control characters/,
  },
  {
    name: 'a right-to-left override in a name',
    bytes: () => archive(entry('a\u202eb', 'x')),
    says: /control/,
  },
  { name: 'a name that is not UTF-8', bytes: () => forged(0, [0xff, 0xfe]), says: /UTF-8/ },
  { name: 'an empty part in a path', bytes: () => archive(entry('a//b', 'x')), says: /empty name/ },
  { name: 'a symbolic link', bytes: () => archive(entry('l', '', 'symlink', '/etc')), says: /symbolic link/ },
  { name: 'a hard link', bytes: () => archive(entry('l', '', 'link', 'a')), says: /hard link/ },
  { name: 'a character device', bytes: () => archive(entry('d', '', 'character-device')), says: /device/ },
  { name: 'a block device', bytes: () => archive(entry('d', '', 'block-device')), says: /device/ },
  { name: 'a named pipe', bytes: () => archive(entry('p', '', 'fifo')), says: /pipe/ },
  { name: 'a sparse file', bytes: () => forged(156, ascii('S')), says: /sparse/ },
  { name: 'an unknown kind of entry', bytes: () => forged(156, ascii('7')), says: /unknown kind/ },
  { name: 'a size smuggled in by attributes', bytes: () => archive(pax({ size: '99' })), says: /size/ },
  { name: 'the same file twice', bytes: () => archive(entry('a', '1'), entry('a', '2')), says: /twice/ },
  {
    name: 'names that differ in case only',
    bytes: () => archive(entry('a', '1'), entry('A', '2')),
    says: /twice/,
  },
  {
    name: 'a file that is a folder as well',
    bytes: () => archive(entry('a', '1'), entry('a/b', '2')),
    says: /a folder/,
  },
  { name: 'a wrong header checksum', bytes: damagedHeader, says: /checksum/ },
  { name: 'a header that is no POSIX tar', bytes: () => forged(257, ascii('xstar')), says: /POSIX/ },
  { name: 'a number with letters', bytes: () => forged(124, ascii('zz')), says: /number/ },
  {
    name: 'a tar without end',
    bytes: async () => gzipSync((await tarOf(entry('a', 'x'))).subarray(0, 1024)),
    says: /early/,
  },
  {
    name: 'a file cut short',
    bytes: async () => gzipSync((await tarOf(entry('a', 'x'.repeat(600)))).subarray(0, 1024)),
    says: /early/,
  },
  {
    name: 'bytes after the end of the tar',
    bytes: async () => gzipSync(Buffer.concat([await tarOf(entry('a', 'x')), Buffer.from('junk')])),
    says: /follow/,
  },
  {
    name: 'bytes after the gzip member',
    bytes: async () => Buffer.concat([await archive(entry('a', 'x')), Buffer.from('junk')]),
    says: /follow/,
  },
  {
    name: 'a second gzip member',
    bytes: async () => Buffer.concat([await archive(entry('a', 'x')), await archive(entry('b', 'x'))]),
    says: /follow/,
  },
  {
    name: 'gzip with a wrong checksum',
    bytes: async () => {
      const bytes = await archive(entry('a', 'x'));
      bytes[bytes.length - 5]! ^= 1;
      return bytes;
    },
    says: /checksum/,
  },
  {
    name: 'gzip cut short',
    bytes: async () => (await archive(entry('a', 'x'))).subarray(0, 40),
    says: /decompressed/,
  },
  { name: 'no gzip at all', bytes: () => tarOf(entry('a', 'x')), says: /not gzip/ },
  { name: 'nothing', bytes: () => new Uint8Array(), says: /not gzip/ },
  {
    name: 'more compressed bytes than allowed',
    bytes: () => archive(entry('a', 'x')),
    caps: { compressed: 50 },
    says: /more than 50 bytes/,
  },
  {
    name: 'more expanded bytes than allowed',
    bytes: () => archive(entry('a', 'x'.repeat(9000))),
    caps: { expanded: 4096 },
    says: /expands/,
  },
  { name: 'a decompression bomb', bytes: () => gzipSync(Buffer.alloc(40 * 1024 * 1024)), says: /expands/ },
  {
    name: 'a file larger than allowed',
    bytes: () => archive(entry('a', 'x'.repeat(100))),
    caps: { file: 99 },
    says: /more than 99/,
  },
  {
    name: 'more entries than allowed',
    bytes: () => archive(entry('a'), entry('b'), entry('c')),
    caps: { entries: 2 },
    says: /2 entries/,
  },
  {
    name: 'a path longer than allowed',
    bytes: () => archive(entry('a'.repeat(90))),
    caps: { path: 80 },
    says: /longer/,
  },
  { name: 'folders deeper than allowed', bytes: () => archive(entry('a/'.repeat(40) + 'b')), says: /deeper/ },
];

describe('unpack', () => {
  it.each(BAD)('refuses $name', async ({ bytes, caps, says }) => {
    const archiveBytes = await bytes();
    let caught: unknown;
    try {
      unpack(archiveBytes, caps);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(Problem);
    expect(caught).toMatchObject({
      code: 'release.bundle-invalid',
      detail: expect.stringMatching(says) as unknown,
    });
  });

  it('reads the tree that other tools make: root entry, folders with and without slash, `./` before names', async () => {
    const files = unpack(
      await archive(
        entry('.', '', 'directory'),
        entry('base', '', 'directory'),
        entry('x/', '', 'directory'),
        entry('./base/a.yaml', 'one'),
        entry('__proto__', 'two'),
      ),
    );
    expect([...files].map(([path, bytes]) => [path, new TextDecoder().decode(bytes)])).toEqual([
      ['base/a.yaml', 'one'],
      ['__proto__', 'two'],
    ]);
  });
});
