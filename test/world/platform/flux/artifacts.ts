import { unpack } from 'host-service/edges/archive/unpack.ts';
import { createClient } from 'oci-client-lite/client.ts';
import { parseReference } from 'oci-client-lite/reference.ts';
import type { ClientOptions, ImageManifest, OciClient } from 'oci-client-lite/types.ts';
import { hashOf } from '../fields.ts';

/** What was pulled for a source: the stored bytes and what the status says about them. */
export interface Artifact {
  /** Digest of the manifest: with a pinned source the revision is exactly this. */
  readonly revision: string;
  /** Digest of what is stored. */
  readonly digest: string;
  readonly bytes: Uint8Array;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface SourceSpec {
  readonly url: string;
  readonly digest: string;
  readonly insecure: boolean;
  /** undefined = the first layer. */
  readonly mediaType: string | undefined;
}

const MAX_BYTES = 64 * 1024 * 1024;
/** One try for each look: the controller itself tries again. */
const OPTIONS: ClientOptions = {
  userAgent: 'flux-embedded',
  retry: { attempts: 1 },
  timeouts: { connectMs: 2000, headersMs: 4000, deadlineMs: 15_000 },
};

/** Storage of source-controller: in memory, so that a new start has to fetch again, as a new pod has. */
export class Artifacts {
  readonly #stored = new Map<string, Artifact>();
  readonly #client: OciClient = createClient(OPTIONS);

  async close(): Promise<void> {
    await this.#client.close();
  }

  get(source: string, revision: string): Artifact | undefined {
    const found = this.#stored.get(source);
    return found?.revision === revision ? found : undefined;
  }

  forget(source: string): void {
    this.#stored.delete(source);
  }

  /** The files of a bundle or chart, by path. @throws Problem release.bundle-invalid */
  files(artifact: Artifact): ReadonlyMap<string, Uint8Array> {
    return unpack(artifact.bytes);
  }

  /** Pulls manifest and layer; both are checked against their digests. @throws OciError, Error when there is no such layer */
  async pull(source: string, spec: SourceSpec, access: ClientOptions | undefined): Promise<Artifact> {
    const client = access === undefined ? this.#client : createClient({ ...OPTIONS, ...access });
    try {
      return await this.#pull(client, source, spec);
    } finally {
      if (client !== this.#client) await client.close();
    }
  }

  async #pull(client: OciClient, source: string, spec: SourceSpec): Promise<Artifact> {
    const ref = parseReference(`${spec.url.replace(/^oci:\/\//, '')}@${spec.digest}`);
    const found = await client.manifest(ref);
    if (found.kind !== 'manifest') throw new Error(`unsupported media type ${found.mediaType}`);
    const layer = layerOf(found.manifest, spec.mediaType);
    const bytes = await client.blob(ref, layer, { maxBytes: MAX_BYTES });
    const digest = `sha256:${hashOf(bytes)}`;
    if (digest !== layer.digest) throw new Error(`layer ${layer.digest} has the digest ${digest}`);
    const artifact = {
      revision: found.digest,
      digest,
      bytes,
      annotations: { ...found.manifest.annotations },
    };
    this.#stored.set(source, artifact);
    return artifact;
  }
}

function layerOf({ layers }: ImageManifest, mediaType: string | undefined): ImageManifest['layers'][number] {
  const found = mediaType === undefined ? layers[0] : layers.find((layer) => layer.mediaType === mediaType);
  if (found !== undefined) return found;
  throw new Error(
    mediaType === undefined
      ? 'no layers found in artifact'
      : `failed to find layer with media type '${mediaType}' in artifact`,
  );
}
