import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OciError } from '../errors.ts';
import { digestOf, isDigest } from './digest.ts';
import { embeddedContent } from './embedded.ts';
import { bareType, OCI_INDEX, OCI_MANIFEST } from './media-types.ts';
import { parseManifest } from './parse.ts';

const EMPTY = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';

describe('a digest', () => {
  it('is computed from bytes and accepted in one spelling only', () => {
    expect(digestOf(Buffer.from('{}'))).toBe(EMPTY);
    expect(isDigest(EMPTY)).toBe(true);
    for (const bad of [EMPTY.toUpperCase(), `${EMPTY}0`, `${EMPTY}\n`, 'sha512:00', 'sha256:', 7])
      expect(isDigest(bad)).toBe(false);
  });
});

describe('embedded content', () => {
  const good = { mediaType: 'a/b', digest: digestOf(Buffer.from('hello')), size: 5, data: 'aGVsbG8=' };
  it('is used when it is exactly the described bytes', () => {
    expect(Buffer.from(embeddedContent(good) ?? []).toString()).toBe('hello');
  });

  it.each([
    { data: 'aGVsbG8' },
    { data: 'aGVsbG9=' },
    { data: 'aGVs\nbG8=' },
    { size: 6 },
    { digest: digestOf(Buffer.from('x')) },
  ])('is ignored with %j', (change) => {
    expect(embeddedContent({ ...good, ...change })).toBeUndefined();
  });
});

describe('a manifest', () => {
  it('has the kind its content type says, without parameters and in any case', () => {
    expect(bareType('Application/VND.oci.image.manifest.v1+JSON; charset=utf-8')).toBe(OCI_MANIFEST);
  });

  it('may leave lists null and members unknown, as Go tools do', () => {
    const body = { schemaVersion: 2, future: { x: 1 }, manifests: null, annotations: null };
    const parsed = parseManifest(Buffer.from(JSON.stringify(body)), OCI_INDEX);
    expect(parsed).toEqual({
      kind: 'index',
      mediaType: OCI_INDEX,
      index: { schemaVersion: 2, manifests: [] },
    });
  });

  it('is parsed or refused in our words in 20,000 arbitrary documents', () => {
    const names = fc.constantFrom(
      'schemaVersion',
      'mediaType',
      'config',
      'layers',
      'manifests',
      'subject',
      'annotations',
      'digest',
      'size',
      'data',
      '__proto__',
    );
    const values = fc.oneof(
      fc.constantFrom(2, OCI_MANIFEST, EMPTY, null, [], {}),
      fc.jsonValue({ maxDepth: 2 }),
    );
    const part = fc.dictionary(names, values, { maxKeys: 6 });
    const document = fc.dictionary(names, fc.oneof(values, part, fc.array(part, { maxLength: 2 })), {
      maxKeys: 8,
    });
    fc.assert(
      fc.property(document, fc.constantFrom(OCI_MANIFEST, OCI_INDEX), (body, type) => {
        try {
          parseManifest(Buffer.from(JSON.stringify(body)), type);
        } catch (error) {
          if (!(error instanceof OciError) || error.kind !== 'protocol') throw error;
        }
      }),
      { numRuns: 20_000 },
    );
  }, 60_000);
});
