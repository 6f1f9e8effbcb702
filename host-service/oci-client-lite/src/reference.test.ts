import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OciError } from './errors.ts';
import { checkReference, formatReference, parseReference, tagOrDigest } from './reference.ts';

const HEX = 'a'.repeat(64);

describe('a reference', () => {
  it.each([
    ['ghcr.io/o/r:stable', { registry: 'ghcr.io', repository: 'o/r', tag: 'stable' }],
    ['oci://ghcr.io/o/r', { registry: 'ghcr.io', repository: 'o/r' }],
    [
      `ghcr.io/o/r:t@sha256:${HEX}`,
      { registry: 'ghcr.io', repository: 'o/r', tag: 't', digest: `sha256:${HEX}` },
    ],
    [`ghcr.io/o/r@sha256:${HEX}`, { registry: 'ghcr.io', repository: 'o/r', digest: `sha256:${HEX}` }],
    ['localhost/x:1', { registry: 'localhost', repository: 'x', tag: '1' }],
    ['localhost:5000/x', { registry: 'localhost:5000', repository: 'x' }],
    ['[::1]:5000/a/b:t', { registry: '[::1]:5000', repository: 'a/b', tag: 't' }],
    ['busybox', { registry: 'docker.io', repository: 'library/busybox' }],
    ['o/r:1.2', { registry: 'docker.io', repository: 'o/r', tag: '1.2' }],
    ['index.docker.io/o/r', { registry: 'docker.io', repository: 'o/r' }],
    ['registry-1.docker.io/busybox', { registry: 'docker.io', repository: 'library/busybox' }],
    ['GHCR.IO/o/r', { registry: 'ghcr.io', repository: 'o/r' }],
    ['h.io/a__b/c-d.e:v1.0_x', { registry: 'h.io', repository: 'a__b/c-d.e', tag: 'v1.0_x' }],
  ])('%s is read', (text, expected) => {
    expect(parseReference(text)).toEqual(expected);
  });

  it.each([
    '',
    'oci://',
    'ghcr.io/',
    'ghcr.io/O/r',
    'ghcr.io/o//r',
    'ghcr.io/o/../r',
    'ghcr.io/o/r:',
    'ghcr.io/o/r:-x',
    `ghcr.io/o/r:${'t'.repeat(129)}`,
    'ghcr.io/o/r@sha256:abc',
    `ghcr.io/o/r@sha256:${HEX.toUpperCase()}`,
    `ghcr.io/o/r@sha512:${HEX}${HEX}`,
    `ghcr.io/o/r@sha256:${HEX}@sha256:${HEX}`,
    'ghcr.io:99999/o/r',
    'ghcr.io:0/o/r',
    'https://ghcr.io/o/r',
    'user@ghcr.io/o/r',
    'ghcr.io/o/r?x=1',
    'ghcr.io/o/r#f',
    'ghcr.io/o/r\n',
    'gh cr.io/o/r',
    `ghcr.io/${'a'.repeat(300)}`,
    'x'.repeat(600),
    'ghcr..io/o/r',
    '-x.io/o/r',
  ])('%j is refused', (text) => {
    expect(() => parseReference(text)).toThrow(OciError);
    expect(() => parseReference(text)).toThrow(/^invalid-reference: /);
  });

  it('invents no tag: without one and without a digest there is nothing to fetch', () => {
    const ref = parseReference('ghcr.io/o/r');
    expect(ref.tag).toBeUndefined();
    expect(() => tagOrDigest(ref)).toThrow(/neither a tag nor a digest/);
  });

  it('made by hand is checked before its parts go into a URL', () => {
    const bad = [
      { registry: 'a/b', repository: 'x' },
      { registry: 'a.io', repository: '../x' },
      { registry: 'a.io', repository: 'x', tag: '../../y' },
      { registry: 'u@a.io', repository: 'x' },
    ];
    for (const ref of bad) expect(() => checkReference(ref)).toThrow(/^invalid-reference: /);
    expect(() => checkReference({ registry: 'a.io', repository: 'x', tag: 'y' })).not.toThrow();
  });

  it('survives 100,000 arbitrary texts: read back the same, or refused in our words', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'oci://',
        'ghcr.io',
        'docker.io',
        'localhost',
        '/',
        ':',
        '@',
        'sha256:',
        HEX,
        '.',
        '-',
        '__',
        '[::1]',
        '5000',
      ),
      fc.stringMatching(/^[a-z0-9]{1,5}$/),
      fc.string({ unit: 'binary', maxLength: 4 }),
    );
    const text = fc.array(piece, { maxLength: 10 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (input) => {
        try {
          const ref = parseReference(input);
          expect(parseReference(formatReference(ref))).toEqual(ref);
        } catch (error) {
          if (!(error instanceof OciError) || error.kind !== 'invalid-reference') throw error;
        }
      }),
      { numRuns: 100_000 },
    );
  }, 60_000);
});
