import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Release } from '../../contract/release.ts';
import { makeProduct, releaseJson } from '../../../../test/fixtures/documents.ts';
import { renderValues } from './render.ts';

type Json = Record<string, unknown>;
const product = makeProduct({
  settings: {
    appUrl: { type: 'url', title: 'Address' },
    mail: { type: 'email', title: 'Mail', required: false },
    size: { type: 'choice', title: 'Size', choices: ['small', 'large'], default: 'small' },
    name: { type: 'text', title: 'Name', required: false, maxLength: 5 },
  },
});
const KEY = 'web/web.single-node.1.0.0.yaml';

function render(
  text: string,
  inject: readonly Json[],
  settings: Record<string, string | boolean | number> = { appUrl: 'https://app.example.com:8443/x' },
): ReturnType<typeof renderValues> {
  const release = Release.parse(
    releaseJson({
      values: { web: { 'single-node': text } },
      inject: inject.map((one) => ({ component: 'web', ...one })),
    }),
  );
  return renderValues({ release, profile: 'single-node', settings, product });
}
function text(verdict: ReturnType<typeof renderValues>): string {
  if (!verdict.ok) throw new Error(verdict.problem.detail);
  return verdict.value.get(KEY) ?? '';
}
const problem = (verdict: ReturnType<typeof renderValues>): { code: string; detail: string } | undefined =>
  verdict.ok ? undefined : verdict.problem;

const FILE = `# Written by the vendor.
image:
  repository: registry/web # where from
  tag: "none"   # which one
url: 'https://placeholder'
flow: { a: 1, b: [x, y] }
empty:
list:
  - name: A
    value: old
`;

describe('values of a release', () => {
  it('keep comments, quotes and order, and differ only at the injected paths', () => {
    const done = text(
      render(FILE, [
        { path: 'image.tag', image: 'web', form: 'tag-at-digest' },
        { path: 'url', setting: 'appUrl' },
      ]),
    );
    const digest = /sha256:[0-9a-f]{64}/.exec(done)?.[0] ?? '';
    expect(done).toContain('# Written by the vendor.');
    expect(done).toContain('# where from');
    expect(done).toContain('# which one');
    expect(done).toContain(`tag: "abc1234@${digest}"`);
    expect(done).toContain("url: 'https://app.example.com:8443/x'");
    expect(parse(done)).toEqual({
      ...(parse(FILE) as Json),
      image: { repository: 'registry/web', tag: `abc1234@${digest}` },
      url: 'https://app.example.com:8443/x',
    });
  });

  it.each([
    ['with spaces', 'a: [ x, y ]\nb: { c: 1 }\nt: 1\n'],
    ['without spaces', 'a: [x, y]\nb: {c: 1}\nt: 1\n'],
  ])('keep lists in one line as they were written, %s', (_, file) => {
    expect(text(render(file, [{ path: 't', literal: 2 }]))).toBe(file.replace('t: 1', 't: 2'));
  });

  it('lie under one key per release and under the key that old tools read', () => {
    const verdict = render(FILE, []);
    expect(verdict.ok && [...verdict.value.keys()]).toEqual([KEY, 'web/web.single-node.yaml']);
  });

  it.each([
    ['an image by digest', { image: 'web', form: 'digest' }, /^sha256:[0-9a-f]{64}$/],
    ['an image by digest when no form is named', { image: 'web' }, /^sha256:/],
    ['an image by tag and digest', { image: 'web', form: 'tag-at-digest' }, /^abc1234@sha256:/],
    [
      'the repository of an image',
      { image: 'web', form: 'repository' },
      /^registry\.example\.com\/vendor\/web$/,
    ],
    ['a setting', { setting: 'appUrl' }, /^https:\/\/app\.example\.com:8443\/x$/],
    ['the host of a setting', { setting: 'appUrl', form: 'host' }, /^app\.example\.com$/],
    ['the port of a setting', { setting: 'appUrl', form: 'port' }, /^8443$/],
    ['the default of a setting', { setting: 'size' }, /^small$/],
    ['a fixed text', { literal: 'recover' }, /^recover$/],
    ['a fixed empty text', { literal: '' }, /^$/],
    ['a fixed switch', { literal: true }, /^true$/],
  ])('take %s', (_, injection, wanted) => {
    const done = parse(text(render(FILE, [{ path: 'url', ...injection }]))) as Json;
    expect(String(done['url'])).toMatch(wanted);
  });

  it('take the usual port when an address has none', () => {
    const port = (url: string): unknown =>
      (
        parse(text(render(FILE, [{ path: 'url', setting: 'appUrl', form: 'port' }], { appUrl: url }))) as Json
      )['url'];
    expect(port('https://app.example.com')).toBe(443);
    expect(port('http://app.example.com')).toBe(80);
  });

  it('write a text that looks like a number or a switch as text', () => {
    const settings = { appUrl: 'https://a.example', name: '0123' };
    expect(parse(text(render(FILE, [{ path: 'image.tag', setting: 'name' }], settings)))).toMatchObject({
      image: { tag: '0123' },
    });
    expect(parse(text(render('a: 1\n', [{ path: 'a', literal: 'yes' }])))).toEqual({ a: 'yes' });
    expect(parse(text(render('a: 1\n', [{ path: 'a', literal: 'true' }])))).toEqual({ a: 'true' });
  });

  it('S9 cannot be extended by a setting that holds YAML', () => {
    const settings = { appUrl: 'https://a.example', name: '"\na: 1' };
    expect(problem(render(FILE, [{ path: 'url', setting: 'name' }], settings))?.code).toBe(
      'plan.settings-invalid',
    );
    const quoted = { appUrl: 'https://a.example', name: '": {' };
    expect((parse(text(render(FILE, [{ path: 'url', setting: 'name' }], quoted))) as Json)['url']).toBe(
      '": {',
    );
  });

  it.each([
    ['flow maps', 'a: { b: 1, c: 2 }\n', 'a.b', { a: { b: 'x', c: 2 } }],
    ['empty values', 'a:\nb: 1\n', 'a', { a: 'x', b: 1 }],
    ['list positions', 'a:\n  - v: 1\n  - v: 2\n', 'a.1.v', { a: [{ v: 1 }, { v: 'x' }] }],
    ['block texts', 'a: |\n  one\n  two\nb: 1\n', 'a', { a: 'x', b: 1 }],
    ['quoted keys', '"a": 1\n', 'a', { a: 'x' }],
    ['number keys', '1: 1\n', '1', { 1: 'x' }],
    ['a value that others point to', 'a: &t 1\nb: *t\n', 'a', { a: 'x', b: 1 }],
    ['a value that points to another', 'a: &t 1\nb: *t\n', 'b', { a: 1, b: 'x' }],
    [
      'a map that others point to',
      'a: &m { v: 1 }\nb: *m\nc: [*m]\n',
      'a.v',
      { a: { v: 'x' }, b: { v: 1 }, c: [{ v: 1 }] },
    ],
    ['a map that points to another', 'a: &m { v: 1 }\nb: *m\n', 'b.v', { a: { v: 1 }, b: { v: 'x' } }],
  ])('understand %s', (_, file, path, wanted) => {
    expect(parse(text(render(file, [{ path, literal: 'x' }])))).toEqual(wanted);
  });

  it('understand merged maps: the key becomes one of its own', () => {
    const done = text(render('a: &m { v: 1, w: 2 }\nb:\n  <<: *m\n', [{ path: 'b.v', literal: 'x' }]));
    expect(parse(done, { merge: true })).toEqual({ a: { v: 1, w: 2 }, b: { v: 'x', w: 2 } });
  });

  it.each([
    ['a missing key', FILE, 'image.tags'],
    ['a missing map', FILE, 'setup.image.tag'],
    ['a key below a plain value', FILE, 'url.host'],
    ['a map where a value should be', FILE, 'image'],
    ['a list where a value should be', FILE, 'list'],
    ['a position beyond the list', FILE, 'list.4.value'],
    ['a file with a key twice', 'a: 1\na: 2\n', 'a'],
    ['a file that is no YAML', 'a: [1\n', 'a'],
    ['two documents in one file', 'a: 1\n---\na: 2\n', 'a'],
    ['an empty file', '', 'a'],
    ['an alias without anchor', 'a: *none\n', 'a'],
  ])('are refused for %s, naming file and path', (_, file, path) => {
    const found = problem(render(file, [{ path, literal: 'x' }]));
    expect(found?.code).toBe('plan.values-path-missing');
    expect(found?.detail).toContain('web.single-node.yaml');
  });

  it('are refused when aliases multiply', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let n = 1; n < 8; n += 1) {
      lines.push(`a${n}: &a${n} [${Array.from({ length: 10 }, () => `*a${n - 1}`).join(', ')}]`);
    }
    expect(problem(render(`${lines.join('\n')}\n`, []))?.code).toBe('plan.values-path-missing');
  });

  it('are refused for an image that the release does not have, and a profile or component without file', () => {
    const parsed = Release.parse(releaseJson());
    const release = { ...parsed, inject: [{ component: 'web', path: 'url', image: 'nope' }] };
    const settings = { appUrl: 'https://a.example' };
    const base = { profile: 'single-node', settings, product };
    expect(problem(renderValues({ ...base, release }))?.detail).toContain('nope');
    expect(problem(renderValues({ ...base, release: parsed, profile: 'other' }))?.detail).toContain('other');
    const orphan = { ...parsed, inject: [{ component: 'gone', path: 'a', literal: 1 }] };
    expect(problem(renderValues({ ...base, release: orphan }))?.code).toBe('plan.values-path-missing');
    const empty = { ...parsed, inject: [{ component: 'web', path: 'url' }] };
    expect(problem(renderValues({ ...base, release: empty }))?.code).toBe('plan.values-path-missing');
  });
});

describe('settings in values', () => {
  it.each([{}, { appUrl: '' }])('B-46 are never reset to a placeholder: %j is refused', (settings) => {
    const found = problem(render(FILE, [{ path: 'url', setting: 'appUrl' }], settings));
    expect(found).toMatchObject({ code: 'plan.settings-missing', detail: 'setting appUrl has no value' });
  });

  it('B-46 that are optional and unanswered leave the value of the file', () => {
    const done = parse(text(render(FILE, [{ path: 'url', setting: 'mail' }]))) as Json;
    expect(done['url']).toBe('https://placeholder');
  });

  it.each([
    ['appUrl', 'nowhere at all'],
    ['appUrl', '/path'],
    ['appUrl', 'ftp://a.example'],
    ['appUrl', 'javascript:alert(1)'],
    ['appUrl', 'https://'],
    ['appUrl', 'https://a.example/ b'],
    ['appUrl', 'https://user:pass@a.example'],
    ['mail', 'nobody'],
    ['mail', 'a@b'],
    ['size', 'medium'],
    ['name', 'too long'],
    ['name', 'a\u0000b'],
  ])('refuse %s = %j without repeating the value', (name, value) => {
    const found = problem(render(FILE, [{ path: 'url', setting: name }], { [name]: value }));
    expect(found?.code).toBe('plan.settings-invalid');
    expect(found?.detail).toContain(name);
    expect(found?.detail).not.toContain(value);
  });

  it.each([
    ['appUrl', 'http://10.0.0.1:3000'],
    ['mail', 'admin@example.com'],
    ['size', 'large'],
    ['name', 'Ünï'],
  ])('accept %s = %j', (name, value) => {
    expect(render(FILE, [{ path: 'url', setting: name }], { [name]: value }).ok).toBe(true);
  });

  it('refuse a setting that the product does not know', () => {
    expect(problem(render(FILE, [{ path: 'url', setting: 'nope' }]))?.code).toBe('plan.settings-invalid');
  });
});

describe('rendering', () => {
  const word = fc.string({ unit: 'grapheme-ascii', maxLength: 12 });
  const leaf = fc.oneof(word, fc.integer(), fc.boolean(), fc.constant(null));
  const tree = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.dictionary(fc.constantFrom('a', 'b', 'c', 'on', 'x y', '1'), tie('node')),
      fc.array(tie('node'), { maxLength: 3 }),
    ),
  })).node;

  it('gives the same bytes each time, and nothing but the injected path differs, for any file', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('p', 'q', 'r'), tree), word, (values, literal) => {
        const file = JSON.stringify({ ...values, target: { here: 'old' } }, null, 2);
        const first = text(render(file, [{ path: 'target.here', literal }]));
        expect(text(render(file, [{ path: 'target.here', literal }]))).toBe(first);
        expect(text(render(first, [{ path: 'target.here', literal }]))).toBe(first);
        expect(parse(first)).toEqual({ ...(parse(file) as Json), target: { here: literal } });
      }),
      { numRuns: 1000, examples: [[{}, '[ ']] },
    );
  });
});
