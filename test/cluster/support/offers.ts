import { readFile } from 'node:fs/promises';
import { MEDIA } from 'host-service/contract/names.ts';
import { makeKey, sha256, signBundle, type TestKey } from '../../fixtures/sign.ts';
import { at } from './facts.ts';
import { artifactAt, edited, keyFrom, manifestAt, pushArtifact, putManifest } from './forge.ts';
import { signed, type Artifact } from './forge.ts';
import type { Vendor } from './vendor.ts';

const DAY = 24 * 3600 * 1000;
export const V1_CONFIG = MEDIA.v1Config;
/** A digest of nothing. */
export const MISSING = `sha256:${'0'.repeat(64)}`;

export const json = (bytes: Uint8Array | undefined): unknown =>
  JSON.parse(Buffer.from(bytes ?? []).toString('utf8')) as unknown;

const inDays = (days: number): string => new Date(Date.now() + days * DAY).toISOString();

/** Puts good and bad artifacts under the tag of stable: 1.1.0 of the vendor, or what somebody made of it. */
export class Forger {
  readonly #vendor: Vendor;
  readonly #keys: { readonly release: TestKey; readonly channel: TestKey };
  /** What stable says now, byte for byte. */
  readonly #present: Buffer;
  readonly #stable: Artifact;
  readonly better: Artifact;

  private constructor(
    vendor: Vendor,
    keys: { readonly release: TestKey; readonly channel: TestKey },
    seen: { readonly present: Buffer; readonly stable: Artifact; readonly better: Artifact },
  ) {
    this.#vendor = vendor;
    this.#keys = keys;
    this.#present = seen.present;
    this.#stable = seen.stable;
    this.better = seen.better;
  }

  static async open(vendor: Vendor): Promise<Forger> {
    const { repository } = vendor;
    const keys = {
      release: await keyFrom(vendor.key('release')),
      channel: await keyFrom(vendor.key('channel')),
    };
    return new Forger(vendor, keys, {
      present: await manifestAt(repository, 'stable-v2'),
      stable: await artifactAt(repository, 'stable-v2'),
      better: await artifactAt(repository, '1.1.0'),
    });
  }

  /** Sequence that stable stands at. */
  get sequence(): number {
    return Number(at(json(this.#stable.statement), 'sequence'));
  }

  put(bytes: Uint8Array): Promise<void> {
    return putManifest(this.#vendor.repository, 'stable-v2', bytes);
  }

  async push(artifact: Artifact, type?: string): Promise<void> {
    await pushArtifact(this.#vendor.repository, 'stable-v2', artifact, type);
  }

  /** Stable as it was when this forger began. */
  restore(): Promise<void> {
    return this.put(this.#present);
  }

  /** A statement of stable for a document, newer than all before; members can be replaced. */
  statementFor(document: Uint8Array, over: Readonly<Record<string, unknown>> = {}): Uint8Array {
    return edited(this.#stable.statement ?? new Uint8Array(), {
      sequence: this.sequence + 1000,
      issued: inDays(0),
      expires: inDays(9),
      release: { digest: sha256(document), version: at(json(document), 'version') },
      previous: undefined,
      ...over,
    });
  }

  /** 1.1.0, or a document like it, offered by stable and signed as it should be unless other keys are named. */
  offer(
    over: Readonly<Record<string, unknown>>,
    statement: Readonly<Record<string, unknown>> = {},
    keys: { readonly release?: TestKey | undefined; readonly channel?: TestKey | undefined } = {},
  ): Artifact {
    const isSame = Object.keys(over).length === 0;
    const document = isSame ? this.better.document : edited(this.better.document, over);
    const parts = { document, statement: this.statementFor(document, statement) };
    return signed(parts, { ...this.#keys, ...keys });
  }

  /** A document that the vendor has signed already, offered by stable. */
  offerDocument(document: Uint8Array, over: Readonly<Record<string, unknown>> = {}): Artifact {
    return signed({ document, statement: this.statementFor(document, over) }, this.#keys);
  }

  /** 1.4.0, whose application image is described otherwise. */
  offerImage(over: Readonly<Record<string, unknown>>): Artifact {
    const images = Object(at(json(this.better.document), 'images')) as Record<string, object>;
    const algaCore = { ...images['algaCore'], ...over };
    return this.offer({ version: '1.4.0', images: { ...images, algaCore } });
  }

  /** A document whose bundle speaks of its bytes but carries the signature of others. */
  misfit(): Artifact {
    const offered = this.offer({ notes: 'another text' });
    const other: unknown = json(signBundle(this.better.document, this.#keys.release));
    const right = signBundle(offered.document, this.#keys.release);
    const signature = at(other, 'messageSignature', 'signature');
    const own = Object(at(json(right), 'messageSignature')) as object;
    const messageSignature = { ...own, signature };
    return { ...offered, bundles: [edited(right, { messageSignature }), ...offered.bundles.slice(1)] };
  }

  /** A document of the predecessor with the digest of a real bundle put in. */
  async v1(name: string): Promise<Artifact> {
    const text = await readFile(new URL(`../../fixtures/documents/${name}`, import.meta.url), 'utf8');
    const digest = String(at(json(this.better.document), 'config', 'digest'));
    const document = Buffer.from(text.replace(/"sha256:[^"]*"/, JSON.stringify(digest)));
    return { document, statement: undefined, bundles: [] };
  }

  /** The manifest that lies under a tag of the vendor, put under that of stable. */
  async copy(tag: string): Promise<void> {
    await this.put(await manifestAt(this.#vendor.repository, tag));
  }

  get releaseKey(): TestKey {
    return this.#keys.release;
  }
}

type Offer = readonly [what: string, code: string, act: (forger: Forger) => Promise<void>];
const stranger = makeKey('stranger');

/** What can lie under a channel's tag and is refused, with the code that it gets. */
export const REFUSED: readonly Offer[] = [
  [
    'two statements under one number',
    'release.fork',
    (forger) => forger.push(forger.offer({}, { sequence: forger.sequence })),
  ],
  [
    'a statement that ran out before it was seen',
    'release.expired',
    (forger) => forger.push(forger.offer({}, { issued: inDays(-60), expires: inDays(-30) })),
  ],
  [
    'a release without any signature',
    'release.unsigned',
    (forger) => forger.push({ ...forger.offer({}), bundles: [] }),
  ],
  [
    'a signed release with an unsigned statement',
    'release.unsigned',
    (forger) => forger.push(forger.offer({}, {}, { channel: undefined })),
  ],
  [
    'the signatures of another vendor',
    'release.key-unknown',
    (forger) => forger.push(forger.offer({}, {}, { release: stranger, channel: stranger })),
  ],
  [
    'a statement signed with the key for releases',
    'release.key-role',
    (forger) => forger.push(forger.offer({}, {}, { channel: forger.releaseKey })),
  ],
  [
    'a signature that was made for other bytes',
    'release.signature-invalid',
    (forger) => forger.push(forger.misfit()),
  ],
  ["nightly's artifact under stable's tag", 'release.wrong-channel', (forger) => forger.copy('nightly-v2')],
  [
    'the statement of another repository',
    'release.wrong-repository',
    (forger) => forger.push(forger.offer({}, { repository: 'registry.example/other/release' })),
  ],
  [
    'a release of another product',
    'release.wrong-product',
    (forger) => forger.push(forger.offer({ product: 'other' })),
  ],
  ['a signed release without a statement', 'release.no-statement', (forger) => forger.copy('1.1.0')],
  [
    'a statement about another document',
    'release.damaged',
    (forger) => forger.push(forger.offer({}, { release: { digest: MISSING, version: '1.1.0' } })),
  ],
  [
    'bytes that are no document',
    'release.damaged',
    (forger) => forger.push({ ...forger.offer({}), document: Buffer.from('<html>Sign in</html>') }),
  ],
  [
    'a release that is taken back in the same breath',
    'release.withdrawn',
    (forger) => {
      const withdrawn = [{ digest: sha256(forger.better.document), reason: 'loses mail' }];
      return forger.push(forger.offer({}, { withdrawn }));
    },
  ],
  [
    'an image that nobody has pushed',
    'release.incomplete',
    (forger) => forger.push(forger.offerImage({ digest: MISSING })),
  ],
  [
    'an image of a registry that is not allowed',
    'release.not-allowed',
    (forger) => forger.push(forger.offerImage({ repository: 'registry.example/app' })),
  ],
  [
    'a document of the future',
    'release.too-new',
    (forger) => forger.push(forger.offer({ schema: 'appliance.release/v3.0' })),
  ],
  [
    'a document without its configuration',
    'release.invalid',
    (forger) => forger.push(forger.offer({ version: '1.4.0', config: undefined })),
  ],
  [
    'a v1 document with its values in the bundle',
    'release.unsigned',
    async (forger) => forger.push(await forger.v1('v1-seed.json'), V1_CONFIG),
  ],
  [
    'a v1 document with its values inside',
    'release.unsigned',
    async (forger) => forger.push(await forger.v1('v1-profile-values.json'), V1_CONFIG),
  ],
];
