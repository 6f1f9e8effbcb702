import { z } from 'zod';
import {
  Digest,
  Key,
  Label,
  Line,
  ObjectName,
  ProductId,
  Repository,
  SemverRange,
  Size,
  Tag,
  Timestamp,
  Version,
} from './names.ts';

/** The schema this program writes. A higher minor is read by its envelope only; a higher major is refused (design §4). */
export const RELEASE_SCHEMA = 'appliance.release/v2.0';
export const ReleaseSchemaName = z.string().regex(/^appliance\.release\/v\d{1,3}\.\d{1,3}$/);

/** An artifact in a registry, pinned. `size` is that of the manifest and all it points to, in bytes. */
export const PinnedArtifact = z.strictObject({ repository: Repository, digest: Digest, size: Size });
export type PinnedArtifact = z.infer<typeof PinnedArtifact>;

export const ControlPlanePin = z.strictObject({
  repository: Repository,
  digest: Digest,
  version: Version,
  size: Size,
});
export const ChartPin = ControlPlanePin;
export type ChartPin = z.infer<typeof ChartPin>;

export const ImagePin = z.strictObject({
  repository: Repository,
  digest: Digest,
  tag: Tag.optional(),
  size: Size,
  sourceRevision: Line.optional(),
});
export type ImagePin = z.infer<typeof ImagePin>;

/** What a box must have before this release may be installed. Ranges as npm semver reads them. */
export const Requires = z.strictObject({
  controlPlane: SemverRange.optional(),
  host: SemverRange.optional(),
  kubernetes: SemverRange.optional(),
  /** Versions from which one may come; absent = any. A first install is always allowed. */
  from: z.array(SemverRange).max(16).optional(),
  architectures: z
    .array(z.enum(['amd64', 'arm64']))
    .min(1)
    .max(4)
    .optional(),
});
export type Requires = z.infer<typeof Requires>;

/** Where in a component's values file a fact of this box or of this release goes. Path: dots between keys. */
export const Injection = z.strictObject({
  component: Label,
  path: z
    .string()
    .min(1)
    .max(256)
    .regex(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/),
  /** Exactly one of these three (core checks it): an image of the release, a setting of the box, a fixed value. */
  image: Key.optional(),
  setting: Key.optional(),
  literal: z.union([z.string().max(256), z.boolean(), z.int()]).optional(),
  /**
   * image: `digest` = sha256:…; `tag-at-digest` = tag@sha256:… for charts that render repository:tag; `repository` = host/path.
   * setting: `value` (default), `host` = host part of a URL setting, `port`.
   */
  form: z.enum(['digest', 'tag-at-digest', 'repository', 'value', 'host', 'port']).optional(),
});
export type Injection = z.infer<typeof Injection>;

export const Tier = z.enum(['platform', 'core', 'login', 'background']);
export type Tier = z.infer<typeof Tier>;

/** How a component proves that it serves. A port is a number or the name of a container port. */
export const Probe = z.strictObject({
  /** `sign-in` is `http` on the page to sign in; the first installation also signs in there where product.yaml says how (`signIn`). */
  type: z.enum(['http', 'tcp', 'sign-in']),
  port: z.int().min(1).max(65535),
  path: z.string().max(256).regex(/^\//).optional(),
  /** Accepted HTTP status codes; default 200-399. */
  expectStatus: z.array(z.int().min(100).max(599)).max(8).optional(),
});
export type Probe = z.infer<typeof Probe>;

/** One member of the expected set: what must be there and healthy for this release to count as running (B-75). */
export const ReleaseComponent = z.strictObject({
  name: ObjectName,
  kind: z.enum(['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'HelmRelease', 'Kustomization']),
  namespace: Label,
  tier: Tier,
  title: Line,
  /** Keys of `images` whose digests must run here. */
  images: z.array(Key).max(8).default([]),
  /** Key of `charts`, for HelmRelease components. */
  chart: Key.optional(),
  probe: Probe.optional(),
  /** A gated component (a migration Job): must have completed before core is waited for (step `migrate`). */
  gate: z.boolean().default(false),
});
export type ReleaseComponent = z.infer<typeof ReleaseComponent>;

/** The frozen envelope: readable in every v2.x, for ever (design §4). Unknown members are ignored here only. */
export const ReleaseEnvelope = z.looseObject({
  schema: ReleaseSchemaName,
  product: ProductId,
  version: Version,
  controlPlane: ControlPlanePin.loose(),
  config: PinnedArtifact.loose(),
  requires: Requires.loose(),
});
export type ReleaseEnvelope = z.infer<typeof ReleaseEnvelope>;

/** Release document `appliance.release/v2.0`. Immutable; the digest of its bytes is the release's identity. */
export const Release = z.strictObject({
  schema: z.literal(RELEASE_SCHEMA),
  product: ProductId,
  version: Version,
  released: Timestamp,
  sourceRevision: Line,
  config: PinnedArtifact,
  controlPlane: ControlPlanePin,
  hostBundle: ControlPlanePin.optional(),
  charts: z.record(Key, ChartPin),
  images: z.record(Key, ImagePin),
  defaultProfile: Label,
  /** component -> profile -> YAML text. */
  values: z.record(Label, z.record(Label, z.string().max(64 * 1024))),
  inject: z.array(Injection).max(128),
  components: z.array(ReleaseComponent).max(128),
  requires: Requires,
  /** Versions to which one may come back from this release; empty = one-way. */
  reversible: z.array(SemverRange).max(16),
  notes: z
    .string()
    .max(16 * 1024)
    .default(''),
});
export type Release = z.infer<typeof Release>;
