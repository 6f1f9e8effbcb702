import { describe, expect, it } from 'vitest';
import { hasParts, readParts } from './read-parts.ts';

const PIN = `schema: appliance.flux/v1
version: 2.9.4
kubernetes: '>=1.33.0-0'
adopts: '>=2.8.0 <3'
serves: [source.toolkit.fluxcd.io/v1/ocirepositories]
controllers: [{ name: source-controller, image: example.com/source@sha256:x }]
manifests: [b.yaml, a.yaml]
`;
const object = (kind: string, name: string): string =>
  `apiVersion: v1\nkind: ${kind}\nmetadata: { name: ${name} }\n`;
const bundle = (files: Readonly<Record<string, string>>): ReadonlyMap<string, Uint8Array> =>
  new Map(
    Object.entries({
      'flux.yaml': PIN,
      'a.yaml': object('Service', 'a'),
      'b.yaml': `${object('Namespace', 'b')}---\n${object('Service', 'c')}---\n`,
      ...files,
    }).map(([name, text]) => [`flux/${name}`, new TextEncoder().encode(text)]),
  );
const refusal = (files: Readonly<Record<string, string>>): string => {
  const parts = readParts(bundle(files));
  return parts.ok ? 'ok' : `${parts.problem.code} ${parts.problem.detail}`;
};

describe('the parts of a release', () => {
  it('come in the order that the pin names, empty documents left out', () => {
    const parts = readParts(bundle({}));
    const names = parts.ok ? parts.value.fluxManifests.map(({ metadata }) => metadata) : [];
    expect(names).toEqual([{ name: 'b' }, { name: 'c' }, { name: 'a' }]);
  });

  it.each([
    ['an object without a name', { 'a.yaml': 'apiVersion: v1\nkind: Service\n' }, 'flux/a.yaml'],
    ['a Secret', { 'a.yaml': object('Secret', 's') }, 'a bundle is public'],
    ['a mistake in YAML', { 'a.yaml': 'a: [1' }, 'flux/a.yaml'],
    ['a key that stands there twice', { 'a.yaml': 'kind: A\nkind: B\n' }, 'flux/a.yaml'],
    ['a pin with a member that nobody knows', { 'flux.yaml': `${PIN}extra: 1\n` }, 'flux/flux.yaml'],
    [
      'a manifest that is not there',
      { 'flux.yaml': PIN.replace('a.yaml', 'z.yaml') },
      'flux/z.yaml: is missing',
    ],
    [
      'a bomb of aliases',
      { 'a.yaml': `a: &a [1]\nb: &b [${'*a,'.repeat(99)}*a]\nc: [${'*b,'.repeat(99)}*b]\n` },
      'flux/a.yaml',
    ],
  ])('are refused with release.bundle-invalid for %s', (_what, files, detail) => {
    expect(refusal(files)).toContain('release.bundle-invalid');
    expect(refusal(files)).toContain(detail);
  });

  it('are absent in bundles of the predecessor', () => {
    expect(hasParts(new Map([['base/kustomization.yaml', new Uint8Array()]]))).toBe(false);
    expect(hasParts(bundle({}))).toBe(true);
  });
});
