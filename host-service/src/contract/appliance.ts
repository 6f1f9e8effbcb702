import { z } from 'zod';
import { AcceptedRisk } from './checks.ts';
import { FailedBuildView, RollState } from './control-plane.ts';
import { Channel, Digest, Key, Label, Line, ObjectName, Timestamp, Version } from './names.ts';
import { PullProgress } from './host/pull.ts';
import { NetworkSettings } from './network/settings.ts';
import { Continuation, OperationVerb, Pause, StepKind } from './operation.ts';
import { PlanDescription } from './api/plan.ts';
import { ProblemBody } from './problem.ts';
import { Tier } from './release.ts';
import { TraceRule } from './trace.ts';

/** Who asked, by which way, why: recorded with every intent and operation (design §5). */
export const Actor = z.strictObject({
  by: Line,
  via: z.enum(['ui', 'cli', 'console', 'boot', 'webhook', 'engine']),
  reason: Line.optional(),
});
export type Actor = z.infer<typeof Actor>;

/** What the person wants. Written by the API (or the CLI), read by DECIDE. Its revision is `metadata.generation`. */
export const Intent = z.strictObject({
  channel: Channel.optional(),
  /** A version or either digest of a release; skips channel rules, nothing else (design §4). */
  pin: z.string().max(128).optional(),
  /** Digest of the release document that a person has approved. */
  approvedRelease: Digest.optional(),
  /** Approved although there is no way back; must equal approvedRelease to count. */
  approvedIrreversible: Digest.optional(),
  /** Approved for another try although it is quarantined here. */
  approvedRetry: Digest.optional(),
  hold: z.boolean().default(false),
  /** When the chosen channel's release is older than what runs: wait for it to overtake, or go back if possible. */
  whenOlder: z.enum(['wait', 'go-back']).default('wait'),
  actor: Actor.optional(),
});
export type Intent = z.infer<typeof Intent>;

/** `auto` acts at once; `approve` waits for a person; `hold` shows what there is and does nothing. */
export const UpdatePolicy = z.strictObject({
  install: z.enum(['auto', 'approve']).default('auto'),
  update: z.enum(['auto', 'approve', 'hold']).default('approve'),
});
export type UpdatePolicy = z.infer<typeof UpdatePolicy>;

/** A verb with its idempotency key: the same id is the same request, however often it is sent. */
export const VerbRequest = z.strictObject({
  id: z
    .string()
    .min(8)
    .max(64)
    .regex(/^[A-Za-z0-9-]+$/),
  verb: z.enum(['check-now', 'retry', 'cancel', 'pause', 'resume', 'revert', 'retry-control-plane']),
  /** For `revert`: the release to go back to (document digest); absent = the last good one. */
  release: Digest.optional(),
  at: Timestamp,
  actor: Actor,
});
export type VerbRequest = z.infer<typeof VerbRequest>;

export const SettingValue = z.union([z.string().max(4096), z.boolean(), z.number()]);

/** A registry as this box reaches it: rendered for our client, Flux and (on the host) containerd. */
export const RegistryOverride = z.strictObject({
  host: z.string().min(1).max(255),
  mirrors: z.array(z.url().max(512)).max(8).default([]),
  /** PEM. */
  ca: z
    .string()
    .max(64 * 1024)
    .optional(),
  plainHttp: z.boolean().default(false),
  /** Secret of type kubernetes.io/dockerconfigjson in the control plane's namespace. */
  credentialSecret: ObjectName.optional(),
});
export type RegistryOverride = z.infer<typeof RegistryOverride>;

export const ApplianceSpec = z.looseObject({
  intent: Intent.prefault({}),
  settings: z.record(Key, SettingValue).default({}),
  updatePolicy: UpdatePolicy.prefault({}),
  profile: Label.optional(),
  registries: z.array(RegistryOverride).max(16).default([]),
  /** The way to other hosts, on top of what the control plane's own file says. */
  network: NetworkSettings.optional(),
  requests: z.array(VerbRequest).max(32).default([]),
  /** Risks of failed checks that somebody took on themselves. */
  acceptedRisks: z.array(AcceptedRisk).max(32).optional(),
});
export type ApplianceSpec = z.infer<typeof ApplianceSpec>;

/** A release as the status speaks of it. */
export const ReleaseRef = z.strictObject({
  /** Of the release document: the identity. */
  digest: Digest,
  /** Of the OCI manifest that carried it, as last seen. */
  ociDigest: Digest.optional(),
  version: Version,
  /** `unsigned` documents are read only under a dated policy; every surface says so. */
  signed: z.boolean(),
  keyIds: z.array(Key).max(16).default([]),
  since: Timestamp.optional(),
  notes: z.string().max(1024).optional(),
});
export type ReleaseRef = z.infer<typeof ReleaseRef>;

export const Phase = z.enum([
  'starting',
  'needs-you',
  'installing',
  'running',
  'updating',
  'reverting',
  'degraded',
  'blocked',
  'held',
  'paused',
]);
export type Phase = z.infer<typeof Phase>;

/** Health of one expected component, decided from what is seen now and from nothing else (B-74). */
export const ComponentHealth = z.strictObject({
  name: ObjectName,
  kind: z.string().max(63),
  namespace: Label,
  tier: Tier,
  title: Line,
  state: z.enum(['ready', 'progressing', 'failed', 'missing', 'unknown']),
  /** One sentence about what it waits for or what is wrong. */
  detail: Line,
  code: z.string().max(64).optional(),
  /** Digests that its newest ready pods run, per image key. */
  digests: z.record(Key, Digest).default({}),
  pods: z.array(ObjectName).max(16).default([]),
});
export type ComponentHealth = z.infer<typeof ComponentHealth>;

export const TierState = z.enum(['ready', 'progressing', 'failed', 'unknown']);

/** What the channel said last, and how fresh that is. */
export const ChannelState = z.strictObject({
  name: Channel,
  tag: z.string().max(128),
  sequence: z.int().optional(),
  issued: Timestamp.optional(),
  expires: Timestamp.optional(),
  checkedAt: Timestamp.optional(),
  lastSuccessAt: Timestamp.optional(),
  nextCheckAt: Timestamp.optional(),
  servedBy: z.string().max(255).optional(),
  requests: z.int().optional(),
  problem: ProblemBody.optional(),
});
export type ChannelState = z.infer<typeof ChannelState>;

export const OperationSummary = z.strictObject({
  name: ObjectName,
  verb: OperationVerb,
  from: Version.optional(),
  to: Version.optional(),
  /** Revision of the intent that this operation serves. */
  intentRevision: z.int(),
  step: StepKind.optional(),
  /** The current wait in one sentence. */
  now: Line,
  stepSince: Timestamp.optional(),
  usualMs: z.int().optional(),
  worstMs: z.int().optional(),
  startedAt: Timestamp,
  endedAt: Timestamp.optional(),
  outcome: z.enum(['running', 'succeeded', 'failed', 'cancelled']),
  paused: Pause.pick({ by: true, via: true, at: true, reason: true }).optional(),
  continued: Continuation.optional(),
});
export type OperationSummary = z.infer<typeof OperationSummary>;

const Condition = z.strictObject({
  type: z.enum(['Ready', 'Reconciling', 'Stalled', 'ChannelFresh']),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string().max(128),
  message: z.string().max(512),
  lastTransitionTime: Timestamp,
  observedGeneration: z.int().optional(),
});

/** Written by the engine only; the UI renders it and nothing else (design §3 REPORT). */
export const ApplianceStatus = z.looseObject({
  phase: Phase,
  /** Revision (metadata.generation) of the intent that the last cycle has read. */
  intentRevision: z.int(),
  conditions: z.array(Condition).max(8).default([]),
  running: ReleaseRef.optional(),
  lastGood: ReleaseRef.optional(),
  available: ReleaseRef.optional(),
  target: ReleaseRef.optional(),
  channel: ChannelState.optional(),
  trace: z.array(TraceRule).max(50).default([]),
  components: z.array(ComponentHealth).max(128).default([]),
  tiers: z.partialRecord(Tier, TierState).default({}),
  problems: z.array(ProblemBody).max(50).default([]),
  operation: OperationSummary.optional(),
  /** Only while something is still to come; what is outstanding first. */
  pulls: z.array(PullProgress).max(64).optional(),
  /** What is under way, else what approving the available release would do. */
  plan: PlanDescription.optional(),
  quarantined: z
    .array(
      z.strictObject({
        digest: Digest,
        version: Version,
        reason: ProblemBody,
        attempts: z.int(),
        at: Timestamp,
      }),
    )
    .max(16)
    .default([]),
  /** Ids of requests that were taken up; the newest 32. */
  handledRequests: z.array(z.string().max(64)).max(32).default([]),
  controlPlane: z.strictObject({
    version: z.string().max(64),
    build: z.string().max(128),
    leader: z.string().max(253),
    /** Of its image; absent where it does not run from one. */
    digest: Digest.optional(),
    roll: RollState.optional(),
    failed: z.array(FailedBuildView).max(16).optional(),
  }),
  updatedAt: Timestamp,
});
export type ApplianceStatus = z.infer<typeof ApplianceStatus>;
