import { describe, expect, it } from 'vitest';
import { bytesOf, releaseJson } from '../fixtures/documents.ts';
import { codeOf, ResolveWorld } from '../fixtures/resolve-world.ts';
import { makeKey, makeTrust, signBundle } from '../fixtures/sign.ts';

type Spoil = (world: ResolveWorld) => void;
const SEQUENCE = 1_795_000_000_000;
const next = { version: '1.1.0' };
const later = { sequence: SEQUENCE + 1 };

/** Puts a release whose bytes are changed after they were signed. */
function changed(world: ResolveWorld, change: (text: string) => string): void {
  const { content } = world.publish({ release: next, statement: later });
  const document = Buffer.from(change(Buffer.from(content.document).toString()));
  world.registry.publish('stable-v2', { ...content, ociDigest: content.ociDigest, document });
}

const elsewhere = {
  repository: 'elsewhere.example.org/vendor/config',
  digest: `sha256:${'c'.repeat(64)}`,
  size: 1,
};
const withKeys = (world: ResolveWorld, over: Record<string, unknown>): void => {
  world.trust = makeTrust(world.trust.keys, over);
  world.publish({ release: next, statement: later });
};

/** What is wrong, the code it must give, and how it comes about on a box that runs 1.0.0 of the channel already. */
const REFUSALS: readonly (readonly [what: string, code: string, spoil: Spoil])[] = [
  ['a document that is no JSON', 'release.damaged', (w) => changed(w, (text) => text.slice(0, 99))],
  [
    'a document changed after signing',
    'release.signature-invalid',
    (w) => changed(w, (text) => text.replace('1.1.0', '1.1.1')),
  ],
  [
    'a statement for another document',
    'release.damaged',
    (w) =>
      w.publish({
        release: next,
        statement: { ...later, release: { digest: `sha256:${'d'.repeat(64)}`, version: '1.1.0' } },
      }),
  ],
  ['a statement with another version', 'release.damaged', (w) => changedStatementVersion(w)],
  [
    'no signature at all',
    'release.unsigned',
    (w) => w.publish({ release: next, statement: later, releaseKeys: [], channelKeys: [] }),
  ],
  [
    'a release without, a statement with signature',
    'release.unsigned',
    (w) => w.publish({ release: next, statement: later, releaseKeys: [] }),
  ],
  [
    'a statement without signature',
    'release.unsigned',
    (w) => w.publish({ release: next, statement: later, channelKeys: [] }),
  ],
  [
    'an unknown key',
    'release.key-unknown',
    (w) => w.publish({ release: next, statement: later, releaseKeys: [makeKey('stranger')] }),
  ],
  [
    'an unknown key on the statement',
    'release.key-unknown',
    (w) => w.publish({ release: next, statement: later, channelKeys: [makeKey('stranger')] }),
  ],
  ['a revoked key', 'release.key-revoked', (w) => withKeys(w, { revoked: ['release-1'] })],
  [
    'a channel key on a release',
    'release.key-role',
    (w) => w.publish({ release: next, statement: later, releaseKeys: [w.channelKey] }),
  ],
  [
    'a release key on a statement',
    'release.key-role',
    (w) => w.publish({ release: next, statement: later, channelKeys: [w.releaseKey] }),
  ],
  ['a key that was not valid yet', 'release.key-validity', (w) => keyFrom(w, '2026-11-20T10:00:01Z')],
  [
    'another product',
    'release.wrong-product',
    (w) => w.publish({ release: { ...next, product: 'other' }, statement: later }),
  ],
  [
    'a statement of another product',
    'release.wrong-product',
    (w) => w.publish({ release: next, statement: { ...later, product: 'other' } }),
  ],
  [
    'a statement of another channel',
    'release.wrong-channel',
    (w) => w.publish({ release: next, statement: { ...later, channel: 'nightly' } }),
  ],
  [
    'a statement of another repository',
    'release.wrong-repository',
    (w) =>
      w.publish({ release: next, statement: { ...later, repository: 'registry.example.com/vendor/other' } }),
  ],
  [
    'R-19 a lower sequence',
    'release.rollback',
    (w) => w.publish({ release: next, statement: { sequence: SEQUENCE - 1 } }),
  ],
  ['the same sequence with another release', 'release.fork', (w) => w.publish({ release: next })],
  [
    'the same sequence with another expiry',
    'release.fork',
    (w) => w.publish({ statement: { expires: '2027-03-01T00:00:00Z' } }),
  ],
  [
    'an expired statement',
    'release.expired',
    (w) => w.publish({ release: next, statement: { ...later, expires: '2026-11-21T12:00:00Z' } }),
  ],
  ['a withdrawn release', 'release.withdrawn', (w) => withdrawnItself(w)],
  [
    'R-20 a release with a part missing',
    'release.incomplete',
    (w) => {
      w.publish({ release: next, statement: later });
      w.registry.lacking = ['registry.example.com/vendor/web@sha256:00'];
    },
  ],
  [
    'a channel without statement',
    'release.no-statement',
    (w) => w.publish({ release: next, statement: null }),
  ],
  [
    'a higher major',
    'release.too-new',
    (w) => w.publish({ release: { ...next, schema: 'appliance.release/v3.0' }, statement: later }),
  ],
  [
    'a statement of a later schema',
    'release.too-new',
    (w) => w.publish({ release: next, statement: { ...later, schema: 'appliance.channel/v2' } }),
  ],
  [
    'a higher minor',
    'release.requires-control-plane',
    (w) => w.publish({ release: { ...next, schema: 'appliance.release/v2.1', more: 1 }, statement: later }),
  ],
  [
    'a bundle from elsewhere',
    'release.not-allowed',
    (w) => w.publish({ release: { ...next, config: elsewhere }, statement: later }),
  ],
  [
    'an image from elsewhere',
    'release.not-allowed',
    (w) => w.publish({ release: { ...next, images: { web: { ...elsewhere, tag: 'x' } } }, statement: later }),
  ],
  [
    'a document against the schema',
    'release.invalid',
    (w) => w.publish({ release: { ...next, surprise: 1 }, statement: later }),
  ],
  [
    'a statement against the schema',
    'release.invalid',
    (w) => w.publish({ release: next, statement: { ...later, surprise: 1 } }),
  ],
  [
    'a statement that expires before it was issued',
    'release.invalid',
    (w) => w.publish({ release: next, statement: { ...later, issued: '2027-03-01T00:00:00Z' } }),
  ],
  [
    'a path range that is none',
    'release.invalid',
    (w) =>
      w.publish({
        release: next,
        statement: {
          ...later,
          path: [{ from: 'old', release: { digest: `sha256:${'e'.repeat(64)}`, version: '1.0.5' } }],
        },
      }),
  ],
  ['more signatures than allowed', 'release.damaged', (w) => tooManySignatures(w)],
  ['a release too large to keep', 'release.damaged', (w) => tooLarge(w)],
];

function changedStatementVersion(w: ResolveWorld): void {
  const digest = w.publish({ release: next }).digest;
  w.publish({ release: next, statement: { ...later, release: { digest, version: '9.9.9' } } });
}
function keyFrom(w: ResolveWorld, notBefore: string): void {
  const [first, ...rest] = w.trust.keys;
  w.trust = makeTrust([{ ...first!, notBefore }, ...rest]);
  w.publish({ release: next, statement: later });
}
function withdrawnItself(w: ResolveWorld): void {
  const { digest } = w.publish({ release: next });
  w.publish({ release: next, statement: { ...later, withdrawn: [{ digest, reason: 'It loses mail.' }] } });
}
function tooManySignatures(w: ResolveWorld): void {
  const { content } = w.publish({ release: next, statement: later });
  const more = Array.from({ length: 17 }, () => signBundle(content.document, w.releaseKey));
  w.registry.publish('stable-v2', { ...content, bundles: more });
}
function tooLarge(w: ResolveWorld): void {
  const text = '# '.repeat(30_000);
  const values = { web: { 'single-node': text, b: text, c: text, d: text.slice(0, 50_000) } };
  const { content } = w.publish({ release: { ...next, values, inject: [] }, statement: later });
  const pad = (size: number) => signBundle(content.document, w.releaseKey, { pad: 'x'.repeat(size) });
  const bundles = [...content.bundles, pad(60_000), pad(60_001), pad(60_002)];
  w.registry.publish('stable-v2', { ...content, bundles });
}

describe('a refused answer', () => {
  it.each(REFUSALS)('%s gives %s and changes nothing (R-18)', async (_what, code, spoil) => {
    const world = new ResolveWorld();
    const { digest } = world.publish();
    expect((await world.resolve()).answer).toEqual({ kind: 'resolved', digest, confirmations: 1 });
    const before = world.snapshot();
    spoil(world);
    const resolution = await world.resolve();
    expect(codeOf(resolution)).toBe(code);
    expect(resolution.answer.kind).toBe('refused');
    expect(resolution.channel.problem?.code).toBe(code);
    expect(resolution.statement?.release.version).toBe('1.0.0');
    expect(world.snapshot()).toBe(before);
    expect(world.releases().size).toBe(1);
  });

  it('clears after a fork with the next higher sequence', async () => {
    const world = new ResolveWorld();
    world.publish();
    await world.resolve();
    world.publish({ release: next });
    expect(codeOf(await world.resolve())).toBe('release.fork');
    const { digest } = world.publish({ release: next, statement: later });
    expect((await world.resolve()).answer).toEqual({ kind: 'resolved', digest, confirmations: 1 });
  });

  it('is not judged for expiry again once it was admitted', async () => {
    const world = new ResolveWorld();
    world.publish();
    await world.resolve();
    world.now = new Date('2028-01-01T00:00:00Z');
    world.memory.looks.clear();
    expect(codeOf(await world.resolve())).toBe('resolved');
  });

  it('names a document of another product even when it is well signed', async () => {
    const world = new ResolveWorld();
    world.publish({ release: { product: 'other' } });
    expect(codeOf(await world.resolve())).toBe('release.wrong-product');
    expect(world.cluster.writes).toBe(0);
  });

  it('keeps a box without any release empty', async () => {
    const world = new ResolveWorld();
    world.registry.publish('stable-v2', {
      ...world.publish().content,
      document: bytesOf(releaseJson({ version: 'x' })),
    });
    await world.resolve();
    expect(world.cluster.objects.size).toBe(0);
  });
});
