import { z } from 'zod';
import { ApplianceSpec, ApplianceStatus } from './appliance.ts';
import { EndpointReport, EndpointWish, MAX_ENDPOINTS, MeasureMark } from './host/endpoint.ts';
import { HostNetwork, HostRegistry } from './host/network-wish.ts';
import {
  API_GROUP,
  Channel,
  Digest,
  GROUP_VERSION,
  Key,
  Label,
  Line,
  ObjectName,
  Repository,
  Size,
  Timestamp,
  Version,
} from './names.ts';
import { OperationSpec, OperationStatus } from './operation.ts';
import { ProblemBody } from './problem.ts';

/** Metadata as we read it from the cluster. Loose: the cluster owns it. */
export const ObjectMeta = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  generation: z.int().optional(),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
export type ObjectMeta = z.infer<typeof ObjectMeta>;

/** A release that was seen and verified, kept so that it can be used without the registry (design §5). */
export const ReleaseObjectSpec = z.looseObject({
  /** Digest of the release document: the identity. */
  digest: Digest,
  ociDigest: Digest.optional(),
  version: Version,
  repository: Repository,
  source: z.enum(['channel', 'pin', 'baked', 'imported']),
  /** The published bytes, base64; v1 documents as the v2 document they were read as, with `upgradedFrom` set. */
  document: z.string().max(400 * 1024),
  upgradedFrom: z.literal('v1').optional(),
  /** Signature bundles over the document, base64 each. */
  signatures: z
    .array(z.string().max(96 * 1024))
    .max(16)
    .default([]),
  signed: z.boolean(),
  keyIds: z.array(Key).max(16).default([]),
  admittedAt: Timestamp,
});
export type ReleaseObjectSpec = z.infer<typeof ReleaseObjectSpec>;

export const ReleaseObjectStatus = z.looseObject({
  roles: z
    .array(z.enum(['candidate', 'running', 'last-good', 'target', 'quarantined', 'baked']))
    .max(6)
    .default([]),
  confirmedAt: Timestamp.optional(),
  attempts: z.int().default(0),
  quarantine: z
    .strictObject({ reason: ProblemBody, at: Timestamp, evidence: z.string().max(4096).optional() })
    .optional(),
});
export type ReleaseObjectStatus = z.infer<typeof ReleaseObjectStatus>;

/** What the engine wants from a host; the agent of that host carries it out (later issue widens it). */
export const HostSpec = z.looseObject({
  /** Images to pull ahead and to keep: repository@digest. */
  images: z.array(z.string().max(400)).max(256).default([]),
  /** Bytes of those images as their release says, by digest: the smallest comes first. What is left out is not known. */
  imageBytes: z.record(z.string().max(71), Size).optional(),
  /** Addresses that the wanted release needs: measured from this host. */
  endpoints: z.array(EndpointWish).max(MAX_ENDPOINTS).optional(),
  /** A person wants all of it measured again. */
  measure: MeasureMark.optional(),
  /** The way to other hosts, as far as a person has set it. */
  network: HostNetwork.optional(),
  registries: z.array(HostRegistry).max(16).optional(),
});
export type HostSpec = z.infer<typeof HostSpec>;

export const HostStatus = z.looseObject({
  observedGeneration: z.int().optional(),
  version: Version.optional(),
  architecture: z.enum(['amd64', 'arm64']).optional(),
  facts: z.record(Key, z.union([z.string().max(512), z.number(), z.boolean()])).default({}),
  pulled: z
    .array(
      z.looseObject({
        image: z.string().max(400),
        /** `failed`: the last try failed; it is tried again. */
        state: z.enum(['waiting', 'pulling', 'present', 'failed']),
        /** Bytes that lie on this host, of `total`; left out while nobody knows. */
        bytes: z.int().optional(),
        total: z.int().optional(),
        /** Tries that failed. */
        retries: z.int().optional(),
        /** Since when it is in this state. */
        since: Timestamp.optional(),
        /** Why it failed: a code of the problem table, and one sentence. */
        code: z.string().max(64).optional(),
        detail: Line.optional(),
      }),
    )
    .max(256)
    .default([]),
  problems: z.array(ProblemBody).max(50).default([]),
  /** What the guard of this host sees of the control plane, and what it did last (design §6.6). */
  guard: z
    .looseObject({
      state: z.enum(['watching', 'waiting', 'acting', 'blind']),
      /** One sentence, the same that systemd shows. */
      detail: Line,
      at: Timestamp,
      last: z
        .looseObject({ at: Timestamp, from: Digest.optional(), to: Digest, reason: ProblemBody })
        .optional(),
    })
    .optional(),
  rejected: z
    .array(z.strictObject({ what: Line, code: z.string().max(64), at: Timestamp }))
    .max(50)
    .default([]),
  endpoints: z.array(EndpointReport).max(MAX_ENDPOINTS).optional(),
  /** When facts and endpoints were measured last, and for which wish. */
  measured: z.strictObject({ id: z.string().max(64).optional(), at: Timestamp }).optional(),
});
export type HostStatus = z.infer<typeof HostStatus>;
/** One image that a host was asked for. */
export type PulledImage = HostStatus['pulled'][number];

const kind = <K extends string, S extends z.ZodType, T extends z.ZodType>(name: K, spec: S, status: T) =>
  z.looseObject({
    apiVersion: z.literal(GROUP_VERSION),
    kind: z.literal(name),
    metadata: ObjectMeta,
    spec,
    status: status.optional(),
  });

export const Appliance = kind('Appliance', ApplianceSpec, ApplianceStatus);
export type Appliance = z.infer<typeof Appliance>;
export const ReleaseObject = kind('Release', ReleaseObjectSpec, ReleaseObjectStatus);
export type ReleaseObject = z.infer<typeof ReleaseObject>;
export const Operation = kind('Operation', OperationSpec, OperationStatus);
export type Operation = z.infer<typeof Operation>;
export const Host = kind('Host', HostSpec, HostStatus);
export type Host = z.infer<typeof Host>;

/** One channel's entry in ConfigMap `appliance-floor`: the highest state ever admitted. Written before the release is used. */
export const Floor = z.strictObject({
  product: Label,
  repository: Repository,
  channel: Channel,
  sequence: z.int(),
  /** Digest of the channel statement's bytes: the same sequence with other bytes is a fork. */
  statement: Digest,
  release: z.strictObject({ digest: Digest, version: Version }),
  /** Once a signed release was admitted, unsigned ones are refused here for good. */
  signedSeen: z.boolean(),
  at: Timestamp,
});
export type Floor = z.infer<typeof Floor>;

/** The one Appliance. */
export const APPLIANCE_NAME = 'appliance';
/** Annotation on the OCIRepository: the release document whose bundle it carries. */
export const RELEASE_ANNOTATION = `${API_GROUP}/release`;
/** Label on a Job whose name carries a hash of its work: the member of the expected set that it is (R7). */
export const COMPONENT_LABEL = `${API_GROUP}/component`;
export const FLOOR_CONFIGMAP = 'appliance-floor';
export const ObjectRef = z.strictObject({
  apiVersion: z.string(),
  kind: z.string(),
  namespace: Label.optional(),
  name: ObjectName,
});
export type ObjectRef = z.infer<typeof ObjectRef>;
