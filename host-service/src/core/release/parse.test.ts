import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, releaseJson } from '../../../../test/fixtures/documents.ts';
import { parseReleaseDocument } from './parse.ts';

const text = (source: string): Uint8Array => Buffer.from(source);
const good = JSON.stringify(releaseJson());
const withMember = (member: string): Uint8Array => text(`{${member},${good.slice(1)}`);
const release = (over: Record<string, unknown>): Uint8Array => bytesOf(releaseJson(over));
const inject = (over: Record<string, unknown>): Uint8Array =>
  release({ inject: [{ component: 'web', path: 'image.tag', ...over }] });
const component = (over: Record<string, unknown>): Record<string, unknown> => ({
  ...{ name: 'web', kind: 'Deployment', namespace: 'msp', tier: 'login', title: 'Web' },
  ...over,
});
const pin = { repository: 'registry.example.com/a/b', digest: `sha256:${'a'.repeat(64)}`, size: 1 };

const DAMAGED: readonly (readonly [string, Uint8Array])[] = [
  ['no bytes', text('')],
  ['not UTF-8', new Uint8Array([0x7b, 0xff, 0x7d])],
  ['a byte order mark', text(`\ufeff${good}`)],
  ['half a document', text(good.slice(0, 200))],
  ['text after the document', text(`${good} {}`)],
  ['a comment', text(`/* */${good}`)],
  ['a list', text('[1]')],
  ['null', text('null')],
  ['a name twice', withMember('"schema":"appliance.release/v2.0"')],
  ['a name twice, once escaped', withMember('"\\u0073chema":"x"')],
  ['__proto__ as a name', withMember('"__proto__":{"a":1}')],
  ['constructor as a name', withMember('"constructor":1')],
  ['prototype deep inside', release({ values: { web: { prototype: 'x' } } })],
  ['33 levels', text(`{"a":${'['.repeat(33)}${']'.repeat(33)}}`)],
  ['an integer that is not exact', text(good.replace('"size":1000', '"size":9007199254740993'))],
  ['an infinite number', text(good.replace('"size":1000', '"size":1e400'))],
  ['half a surrogate pair', text(good.replace('First release.', '\\ud800'))],
  ['more than 256 KiB', release({ notes: 'x'.repeat(300 * 1024) })],
  ['another schema', release({ schema: 'example.release/v2.0' })],
  ['no schema', text('{"version":"1.0.0"}')],
  ['schema v1 under our name', release({ schema: 'appliance.release/v1.0' })],
];

const INVALID: readonly (readonly [string, Uint8Array])[] = [
  ['an unknown member', release({ surprise: true })],
  ['a version with build part', release({ version: '1.0.0+build' })],
  ['a digest in upper case', release({ config: { ...pin, digest: `sha256:${'A'.repeat(64)}` } })],
  ['a sha512 digest', release({ config: { ...pin, digest: `sha512:${'a'.repeat(128)}` } })],
  ['a repository with a tag', release({ config: { ...pin, repository: 'registry.example.com/a/b:tag' } })],
  [
    'a repository with a scheme',
    release({ config: { ...pin, repository: 'https://registry.example.com/a' } }),
  ],
  ['a negative size', release({ config: { ...pin, size: -1 } })],
  ['a date in local time', release({ released: '2026-11-20T10:00:00+01:00' })],
  ['a title with a bidirectional override', release({ components: [component({ title: 'a\u202eb' })] })],
  ['an injection without source', inject({})],
  ['an injection with two sources', inject({ image: 'web', literal: 'x' })],
  ['an injection of an unknown image', inject({ image: 'nothing' })],
  ['an injection into an unknown component', inject({ component: 'nothing', literal: 'x' })],
  ['an injection with a form that does not fit', inject({ setting: 'appUrl', form: 'digest' })],
  [
    'an injection of a tag that is missing',
    release({
      images: { web: pin },
      inject: [{ component: 'web', path: 'a', image: 'web', form: 'tag-at-digest' }],
    }),
  ],
  [
    'an injection twice',
    release({ inject: [1, 2].map((literal) => ({ component: 'web', path: 'a.b', literal })) }),
  ],
  ['a path with a bracket', inject({ path: 'a[0]', literal: 'x' })],
  ['values without the default profile', release({ values: { web: { other: 'a: 1' } }, inject: [] })],
  ['a component with an unknown image', release({ components: [component({ images: ['nothing'] })] })],
  ['a component with an unknown chart', release({ components: [component({ chart: 'nothing' })] })],
  ['a component twice', release({ components: [component({}), component({})] })],
  ['a range that is none', release({ requires: { kubernetes: 'newish' } })],
  ['a reversible range that is none', release({ reversible: ['1.x || nope'] })],
  [
    'an envelope without config',
    bytesOf({ ...releaseJson({ schema: 'appliance.release/v2.7' }), config: undefined }),
  ],
  [
    'an envelope with a bad range',
    release({ schema: 'appliance.release/v2.7', requires: { from: ['soon'] } }),
  ],
];

function codeOf(bytes: Uint8Array): string {
  const verdict = parseReleaseDocument(bytes);
  return verdict.ok ? verdict.value.kind : verdict.problem.code;
}

describe('a release document', () => {
  it('is read when it keeps the rules', () => {
    expect(codeOf(text(good))).toBe('release');
  });

  it.each(DAMAGED)('with %s is damaged', (_name, bytes) => {
    expect(codeOf(bytes)).toBe('release.damaged');
  });

  it.each(INVALID)('with %s is invalid', (_name, bytes) => {
    expect(codeOf(bytes)).toBe('release.invalid');
  });

  it('of a higher minor is read by its envelope only', () => {
    const verdict = parseReleaseDocument(release({ schema: 'appliance.release/v2.7', later: { x: 1 } }));
    expect(verdict.ok && verdict.value.kind === 'envelope' && verdict.value.envelope.version).toBe('1.0.0');
  });

  it('of a higher major is too new', () => {
    expect(codeOf(release({ schema: 'appliance.release/v3.0' }))).toBe('release.too-new');
  });

  it('says in words which member is wrong', () => {
    const verdict = parseReleaseDocument(release({ version: 'one' }));
    expect(verdict.ok ? '' : verdict.problem.detail).toContain('version: is not a semantic version');
  });

  it('never throws: 100,000 spoiled documents give verdicts', () => {
    const codes = new Set(['release', 'envelope', 'release.damaged', 'release.invalid', 'release.too-new']);
    const small = Buffer.from(
      JSON.stringify(releaseJson({ values: {}, inject: [], components: [], charts: {} })),
    );
    const pieces = [
      '"',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '\\',
      '\\u00',
      '1e999',
      '-',
      '__proto__',
      'null',
      '\u202e',
    ];
    const spoiled = fc
      .tuple(
        fc.nat(small.length),
        fc.nat(12),
        fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 6 })),
      )
      .map(([at, cut, piece]) =>
        Buffer.concat([small.subarray(0, at), Buffer.from(piece), small.subarray(at + cut)]),
      );
    const any = fc.oneof(
      { weight: 6, arbitrary: spoiled },
      { weight: 2, arbitrary: fc.uint8Array({ maxLength: 64 }) },
      { weight: 1, arbitrary: fc.json({ maxDepth: 3 }).map((json) => Buffer.from(json)) },
    );
    fc.assert(
      fc.property(any, (bytes) => codes.has(codeOf(bytes))),
      { numRuns: 100_000, seed: 20261121 },
    );
  }, 60_000);
});
