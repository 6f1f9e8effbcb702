import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { MEDIA } from 'host-service/contract/names.ts';
import { signBundle, type TestKey } from '../../fixtures/sign.ts';
import { pushManifest, type Blob, type Pushed } from '../registry.ts';
import { at } from './facts.ts';

const MANIFEST = MEDIA.imageManifest;

/** `host:port/path` as address of a part of that repository. */
function urlOf(repository: string, part: string): string {
  const slash = repository.indexOf('/');
  return `http://${repository.slice(0, slash)}/v2${repository.slice(slash)}/${part}`;
}

async function bytesAt(url: string): Promise<Buffer> {
  const answer = await fetch(url, { headers: { accept: MANIFEST } });
  if (!answer.ok) throw new Error(`GET ${url}: ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}

/** The bytes of a manifest as they lie in the registry. */
export const manifestAt = (repository: string, reference: string): Promise<Buffer> =>
  bytesAt(urlOf(repository, `manifests/${reference}`));

/** Puts the bytes of a manifest under a tag, as anybody with the right to push can. */
export async function putManifest(repository: string, tag: string, bytes: Uint8Array): Promise<void> {
  const url = urlOf(repository, `manifests/${tag}`);
  const body = new Uint8Array(bytes);
  const answer = await fetch(url, { method: 'PUT', headers: { 'content-type': MANIFEST }, body });
  if (!answer.ok) throw new Error(`PUT ${url}: ${answer.status} ${await answer.text()}`);
}

/** Takes a manifest out of the registry. */
export async function deleteManifest(repository: string, digest: string): Promise<void> {
  const url = urlOf(repository, `manifests/${digest}`);
  const answer = await fetch(url, { method: 'DELETE' });
  if (!answer.ok) throw new Error(`DELETE ${url}: ${answer.status}`);
}

/** What one reference of the release repository holds. */
export interface Artifact {
  readonly document: Uint8Array;
  readonly statement: Uint8Array | undefined;
  readonly bundles: readonly Uint8Array[];
}

/** Reads an artifact with its blobs, without the client under test. */
export async function artifactAt(repository: string, reference: string): Promise<Artifact> {
  const manifest: unknown = JSON.parse((await manifestAt(repository, reference)).toString('utf8'));
  const blob = (descriptor: unknown): Promise<Buffer> =>
    bytesAt(urlOf(repository, `blobs/${String(at(descriptor, 'digest'))}`));
  const layers = at(manifest, 'layers') as readonly unknown[];
  const of = (mediaType: string) => layers.filter((layer) => at(layer, 'mediaType') === mediaType);
  const [statement] = await Promise.all(of(MEDIA.channelStatement).map(blob));
  return {
    document: await blob(at(manifest, 'config')),
    statement,
    bundles: await Promise.all(of(MEDIA.sigstoreBundle).map(blob)),
  };
}

/** Pushes an artifact made by hand; blobs only, no embedded data. */
export function pushArtifact(
  repository: string,
  tag: string,
  artifact: Artifact,
  configType: string = MEDIA.releaseConfig,
): Promise<Pushed> {
  const slash = repository.indexOf('/');
  const layers: Blob[] = artifact.bundles.map((bytes) => ({ mediaType: MEDIA.sigstoreBundle, bytes }));
  if (artifact.statement !== undefined) {
    layers.unshift({ mediaType: MEDIA.channelStatement, bytes: artifact.statement });
  }
  return pushManifest(repository.slice(0, slash), repository.slice(slash + 1), tag, {
    artifactType: MEDIA.releaseArtifact,
    config: { mediaType: configType, bytes: artifact.document },
    layers,
  });
}

/** A key file of the vendor, to sign by hand with. */
export async function keyFrom(path: string): Promise<TestKey> {
  const privateKey = createPrivateKey(await readFile(path));
  const publicKey = createPublicKey(privateKey);
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return {
    id: path,
    type: privateKey.asymmetricKeyType === 'ed25519' ? 'ed25519' : 'p256',
    privateKey,
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    hint: createHash('sha256').update(der).digest('base64'),
  };
}

/** JSON bytes with members replaced at the top. */
export function edited(bytes: Uint8Array, over: Readonly<Record<string, unknown>>): Uint8Array {
  const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
  return Buffer.from(JSON.stringify({ ...Object(value), ...over }));
}

/** Document and statement, each signed with its key (undefined = not signed). */
export function signed(
  parts: { readonly document: Uint8Array; readonly statement: Uint8Array },
  keys: { readonly release?: TestKey | undefined; readonly channel?: TestKey | undefined },
): Artifact {
  const bundles = [
    ...(keys.release === undefined ? [] : [signBundle(parts.document, keys.release)]),
    ...(keys.channel === undefined ? [] : [signBundle(parts.statement, keys.channel)]),
  ];
  return { ...parts, bundles };
}
