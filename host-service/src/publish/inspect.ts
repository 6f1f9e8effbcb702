import type { Descriptor, FetchedManifest, OciClient, Reference } from 'oci-client-lite/types.ts';
import { z } from 'zod';
import { Digest, Repository, Tag } from '../contract/names.ts';
import { Problem } from '../contract/problem.ts';
import { ANNOTATION } from '../core/publish/artifact.ts';
import { asProblem, referenceOf } from './registry.ts';

/** What stands behind a reference now: everything that a release document says about it. */
export interface Found {
  readonly repository: Repository;
  readonly digest: Digest;
  readonly tag: Tag | undefined;
  /** Bytes of the manifest and of all it points to. */
  readonly size: number;
  readonly labels: Readonly<Record<string, string>>;
}

const CONFIG_CAP = 1024 * 1024;
const CHILDREN_CAP = 16;
const ImageConfig = z.looseObject({
  config: z.looseObject({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
});

const isImageConfig = (descriptor: Descriptor): boolean =>
  ['application/vnd.oci.image.config.v1+json', 'application/vnd.docker.container.image.v1+json'].includes(
    descriptor.mediaType,
  );

function labelsIn(bytes: Uint8Array): Readonly<Record<string, string>> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return {};
  }
  const parsed = ImageConfig.safeParse(json);
  return parsed.success ? (parsed.data.config?.Labels ?? {}) : {};
}

interface Part {
  readonly size: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** a registry takes a manifest and may lose a blob later; each one is asked for. */
async function checkBlobs(client: OciClient, ref: Reference, blobs: readonly Descriptor[]): Promise<void> {
  const there = await Promise.all(blobs.map((blob) => client.hasBlob(ref, blob.digest)));
  const missing = blobs.find((_, index) => there[index] === false);
  if (missing !== undefined) {
    throw new Problem(
      'release.incomplete',
      `${ref.registry}/${ref.repository} has no ${missing.digest} (${missing.mediaType})`,
    );
  }
}

async function partOf(client: OciClient, ref: Reference, found: FetchedManifest): Promise<Part> {
  if (found.kind === 'index') {
    const children = found.index.manifests.slice(0, CHILDREN_CAP);
    const parts = await Promise.all(
      children.map(async ({ digest }) => {
        const child = { registry: ref.registry, repository: ref.repository, digest };
        return partOf(client, child, await client.manifest(child, { accept: 'image' }));
      }),
    );
    const size = parts.reduce((total, part) => total + part.size, found.bytes.length);
    return { size, labels: { ...parts[0]?.labels, ...found.index.annotations } };
  }
  const { config, layers, annotations } = found.manifest;
  const blobs = [...new Map([config, ...layers].map((blob) => [blob.digest, blob])).values()];
  await checkBlobs(client, ref, blobs);
  const bytes = isImageConfig(config) ? await client.blob(ref, config, { maxBytes: CONFIG_CAP }) : undefined;
  return {
    size: blobs.reduce((total, blob) => total + blob.size, found.bytes.length),
    labels: { ...annotations, ...(bytes === undefined ? {} : labelsIn(bytes)) },
  };
}

/**
 * Looks up a reference and everything below it.
 *
 * @throws Problem registry.*, release.incomplete when a blob or a platform is missing, request.invalid
 */
export async function inspect(client: OciClient, reference: string): Promise<Found> {
  const ref = await referenceOf(reference);
  return asProblem(async () => {
    const found = await client.manifest(ref, { accept: 'image' });
    const part = await partOf(client, { ...ref, digest: found.digest }, found);
    return {
      repository: Repository.parse(`${ref.registry}/${ref.repository}`),
      digest: Digest.parse(found.digest),
      tag: ref.tag === undefined ? undefined : Tag.parse(ref.tag),
      ...part,
    };
  });
}

/** The source revision that an image's builder wrote into it. */
export const revisionOf = (found: Found): string | undefined => found.labels[ANNOTATION.revision];
