import { z } from 'zod';
import { CAPS, Digest, MEDIA, Size } from '../../contract/names.ts';
import { Problem } from '../../contract/problem.ts';
import type { Blobs } from './blobs.ts';

/** Entries of an index or manifest that are looked at; a release has a few dozen. */
const MAX_ENTRIES = 1024;

const Descriptor = z.looseObject({
  mediaType: z.string().max(255),
  digest: Digest,
  size: Size,
  data: z.string().max(CAPS.manifest).optional(),
  annotations: z.record(z.string(), z.string()).nullish(),
  platform: z.looseObject({ architecture: z.string().optional() }).nullish(),
});
export type Descriptor = z.infer<typeof Descriptor>;

/** Go writes an empty list as null. */
const Descriptors = z
  .array(Descriptor)
  .max(MAX_ENTRIES)
  .nullish()
  .transform((list) => list ?? []);

const Manifest = z.looseObject({
  schemaVersion: z.literal(2),
  artifactType: z.string().optional(),
  config: Descriptor,
  layers: Descriptors,
});
export type Manifest = z.infer<typeof Manifest>;

const Index = z.looseObject({ schemaVersion: z.literal(2), manifests: Descriptors });
const LayoutFile = z.looseObject({ imageLayoutVersion: z.literal('1.0.0') });

/** A JSON text as what it has to be. @throws the Problem that `bad` makes of the reason */
function parse<S extends z.ZodType>(text: string, schema: S, bad: (why: string) => Problem): z.output<S> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw bad(error instanceof Error ? error.message : 'is no JSON');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw bad(issue === undefined ? 'is not as it should be' : `${issue.path.join('.')}: ${issue.message}`);
}

/**
 * The manifests that index.json names.
 * @throws Problem config.invalid when the folder is not an image layout, release.damaged when its files cannot be understood, config.unreadable
 */
export function readIndex(blobs: Blobs): readonly Descriptor[] {
  const wrong =
    (name: string) =>
    (why: string): Problem =>
      new Problem('release.damaged', `${name} of the baked release: ${why}`);
  parse(blobs.text('oci-layout', 4096), LayoutFile, wrong('oci-layout'));
  return parse(blobs.text('index.json', CAPS.manifest), Index, wrong('index.json')).manifests;
}

/** Enough to tell one from the other. */
const Shape = z.looseObject({ manifests: z.unknown().optional(), config: z.unknown().optional() });

export type AnyManifest =
  | { readonly kind: 'manifest'; readonly manifest: Manifest }
  | { readonly kind: 'index'; readonly manifests: readonly Descriptor[] };

/**
 * A manifest or index by its digest; undefined when the layout does not have it.
 * @throws Problem release.damaged, config.unreadable
 */
export function readManifest(blobs: Blobs, digest: Digest): AnyManifest | undefined {
  const bytes = blobs.read(digest, CAPS.manifest);
  if (bytes === undefined) return undefined;
  const bad = (why: string): Problem => new Problem('release.damaged', `${digest}: ${why}`);
  const text = new TextDecoder().decode(bytes);
  // A document that is both would mean one thing to us and another to others (CVE-2021-41190).
  const shape = parse(text, Shape, bad);
  if (shape.manifests === undefined) return { kind: 'manifest', manifest: parse(text, Manifest, bad) };
  if (shape.config !== undefined) throw bad('it is an index and a manifest');
  return { kind: 'index', manifests: parse(text, Index, bad).manifests };
}

/** The only layer of a type, or none. @throws Problem release.damaged when there are several */
export function onlyLayer(manifest: Manifest, mediaType: string): Descriptor | undefined {
  const layers = manifest.layers.filter((layer) => layer.mediaType === mediaType);
  if (layers.length > 1) {
    throw new Problem('release.damaged', `${layers.length} layers of type ${mediaType}; one is the most`);
  }
  return layers[0];
}

/** Whether a manifest is that of a release (design §4); documents of v1 are not baked. */
export const isRelease = ({ config, artifactType }: Manifest): boolean =>
  config.mediaType === MEDIA.releaseConfig &&
  (artifactType === undefined || artifactType === MEDIA.releaseArtifact);
