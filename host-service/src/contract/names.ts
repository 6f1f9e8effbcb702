import { z } from 'zod';

/** API group of the engine's own objects: a constant of the engine, not of a product (design §1). */
export const API_GROUP = 'appliance.nineminds.com';
export const API_VERSION = 'v1alpha1';
export const GROUP_VERSION = `${API_GROUP}/${API_VERSION}` as const;
/** The one field manager for every object we write; chosen once, because co-ownership never goes away (protocols §4.1). */
export const FIELD_MANAGER = 'appliance';
export const CONTROL_PLANE_NAMESPACE = 'alga-appliance-control-plane';

/** Media types of what lies in the registry (design §4). */
export const MEDIA = {
  releaseArtifact: 'application/vnd.appliance.release.v2',
  releaseConfig: 'application/vnd.appliance.release.v2+json',
  channelStatement: 'application/vnd.appliance.channel.v1+json',
  keys: 'application/vnd.appliance.keys.v1+json',
  sigstoreBundle: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  v1Config: 'application/vnd.alga.appliance.release.config.v1+json',
  fluxConfig: 'application/vnd.cncf.flux.config.v1+json',
  fluxContent: 'application/vnd.cncf.flux.content.v1.tar+gzip',
  helmConfig: 'application/vnd.cncf.helm.config.v1+json',
  helmContent: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
  imageManifest: 'application/vnd.oci.image.manifest.v1+json',
  imageIndex: 'application/vnd.oci.image.index.v1+json',
} as const;

/** Byte caps (design §4, protocols §1.8). All in bytes. */
export const CAPS = {
  manifest: 512 * 1024,
  release: 256 * 1024,
  statement: 64 * 1024,
  signatureBundle: 64 * 1024,
  signatures: 16,
  bundleCompressed: 20 * 1024 * 1024,
  bundleExpanded: 100 * 1024 * 1024,
  releaseObject: 400 * 1024,
  applianceStatus: 64 * 1024,
  operation: 128 * 1024,
  operationEvents: 200,
  stepEvidence: 4 * 1024,
  traceRules: 50,
  problems: 50,
} as const;

/** sha256 digest, lower-case hex only (OCI image-spec descriptor.md; product rule). */
export const Digest = z
  .string()
  .regex(/^sha256:[a-f0-9]{64}$/, 'is not sha256:<64 lower-case hex>')
  .brand('Digest');
export type Digest = z.infer<typeof Digest>;

/** Semantic version without build part: `+` cannot stand in a tag (design §4). */
export const Version = z
  .string()
  .max(64)
  .regex(
    /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/,
    'is not a semantic version without build part',
  )
  .brand('Version');
export type Version = z.infer<typeof Version>;

/** OCI tag (distribution-spec). */
export const Tag = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/, 'is not an OCI tag')
  .brand('Tag');
export type Tag = z.infer<typeof Tag>;

/** Repository with its registry host: `host[:port]/path`. No tag, no digest, no scheme. */
export const Repository = z
  .string()
  .max(255)
  .regex(
    /^[a-z0-9.-]+(:\d{1,5})?(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)+$/,
    'is not registry-host/repository in lower case',
  )
  .brand('Repository');
export type Repository = z.infer<typeof Repository>;

/** DNS-1123 label: names of namespaces, components, channels. */
export const Label = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'is not a DNS-1123 label');
/** DNS-1123 subdomain: names of most Kubernetes objects. */
export const ObjectName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'is not a DNS-1123 subdomain');
/** Keys of maps that come from outside: no `__proto__`, no surprises. */
export const Key = z
  .string()
  .max(128)
  .regex(/^(?!__proto__$|constructor$|prototype$)[A-Za-z][A-Za-z0-9_.-]*$/, 'is not a plain name');

/** RFC 3339 in UTC, to the second or finer. */
export const Timestamp = z.iso.datetime({ offset: false });

/** A semver range as the npm package semver reads it; checked by core. Length only here. */
export const SemverRange = z.string().min(1).max(128);

/** Text that people see: one line, no control or bidirectional override characters (protocols §8, terminal injection). */
export const Line = z
  .string()
  .max(512)
  // eslint-disable-next-line no-control-regex -- refusing control characters is the purpose
  .regex(/^[^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]*$/, 'has control characters');

/** Byte size of something: a safe integer. */
export const Size = z.int().min(0);

export const Channel = Label;
export const ProductId = Label;
