import { z } from 'zod';
import { API_GROUP, Digest, Line, Repository, Timestamp, Version } from './names.ts';
import { ProblemBody } from './problem.ts';

/** Names that installed boxes know (predecessor §1.4). The Deployment, its ServiceAccount and its Lease share the first. */
export const CONTROL_PLANE_NAME = 'appliance-control-plane';
export const CONTROL_PLANE_CONTAINER = 'control-plane';
/** Held by whoever acts when no control plane does (design §6.6): the guard of one host, never two. */
export const GUARD_LEASE = 'appliance-guard';
/** Label that says which version an object or a pod belongs to: a build of ours, or the delivery engine's. */
export const VERSION_LABEL = 'app.kubernetes.io/version';

/** Label of the image: the kind of documents and objects that its program reads (design §4). */
export const CONTRACT_LABEL = 'appliance.control-plane.contract';
/** What this program writes there for itself. */
export const CONTRACT_NUMBER = 1;
/** Labels that this program may be followed by: its own kind and the next one. */
export const CONTRACT_RANGE = { lowest: CONTRACT_NUMBER, highest: CONTRACT_NUMBER + 1 } as const;

/**
 * Annotation of the Appliance: form of the stored objects. Raised only when a control plane has cleared its own probation; one that does not
 * know it never becomes Ready (design §5).
 */
export const STORAGE_VERSION_ANNOTATION = `${API_GROUP}/storage-version`;
export const STORAGE_VERSION = 1;

/** Annotations of the Deployment while and after it rolls (design §6.2). Absent `probation-until` = no probation. */
export const ROLL_ANNOTATIONS = {
  previousDigest: `${API_GROUP}/previous-digest`,
  probationUntil: `${API_GROUP}/probation-until`,
  changedBy: `${API_GROUP}/changed-by`,
  /** Release document whose bundle the Deployment came from; absent = baked without one. */
  release: `${API_GROUP}/release`,
} as const;

/** One build of the control plane. */
export const ControlPlaneBuild = z.looseObject({
  repository: Repository,
  digest: Digest,
  version: Version,
  /** Release document that named it. */
  release: Digest.optional(),
});
export type ControlPlaneBuild = z.infer<typeof ControlPlaneBuild>;

/** A build that failed here: never tried again by itself. */
export const FailedBuild = ControlPlaneBuild.extend({
  reason: ProblemBody,
  at: Timestamp,
  /** Tries so far. A missing image counts, but is tried again with growing waits before it is given up. */
  attempts: z.int().min(1),
  /** Given up: only a person or another digest changes that. */
  quarantined: z.boolean(),
  /** Who put the former one back: `engine:<pod>`, `guard:<node>`, `boot:<node>`. */
  by: Line,
  /** End of its log, redacted. */
  evidence: z.string().max(4096).optional(),
  /** Names the last try, so that one try recorded twice counts once. Unreadable = unknown, as in records of the first form. */
  attempt: z.string().max(1024).optional().catch(undefined),
  /** Id of the person's request for another try that was taken up last: each counts once. */
  request: z.string().max(1024).optional().catch(undefined),
  /** That request waits for its try: no waiting time counts. The next failure takes it away. */
  dueNow: z.boolean().optional().catch(undefined),
});
export type FailedBuild = z.infer<typeof FailedBuild>;

/** What the status says of one: neither its log nor how tries are told apart. What a newer program adds stays in the record. */
export const FailedBuildView = FailedBuild.pick({
  repository: true,
  digest: true,
  version: true,
  release: true,
  reason: true,
  at: true,
  attempts: true,
  quarantined: true,
  by: true,
}).strip();
export type FailedBuildView = z.infer<typeof FailedBuildView>;

/** A build that lies on a host. */
export const BakedBuild = ControlPlaneBuild.extend({
  /** Name of that host; absent where only one was ever asked. */
  node: z.string().max(253).optional(),
});
export type BakedBuild = z.infer<typeof BakedBuild>;

/**
 * ConfigMap `appliance-control-plane-record`, key `record.json`: what is known about builds of the control plane. Written with resourceVersion
 * by whoever rolls: the leader, else the guard or the boot script. Read loosely: a newer program may know more.
 */
export const ControlPlaneRecord = z.looseObject({
  schema: z.literal('appliance.control-plane-record/v1'),
  /** Cleared its probation last; where one goes back to when `previous-digest` fails too. */
  lastGood: ControlPlaneBuild.extend({ at: Timestamp }).optional(),
  /** Was the last good one before it: the way back when that fails later. One that cannot be read is none. */
  formerGood: ControlPlaneBuild.optional().catch(undefined),
  /** What came with the box; the last way back. Written by the boot script or the guard. */
  baked: BakedBuild.optional(),
  failed: z.array(FailedBuild).max(16).default([]),
});
export type ControlPlaneRecord = z.infer<typeof ControlPlaneRecord>;
export const CONTROL_PLANE_RECORD = 'appliance-control-plane-record';
export const CONTROL_PLANE_RECORD_KEY = 'record.json';

/** What the status says about the control plane's own update. */
export const RollState = z.strictObject({
  state: z.enum(['current', 'rolling', 'probation', 'held', 'unknown']),
  /** The build that the decided release names, when it is not the one that runs. */
  wanted: z.strictObject({ digest: Digest, version: Version }).optional(),
  /** One sentence. */
  detail: Line,
  problem: ProblemBody.optional(),
  /** Name of the Operation that rolls now or rolled last. */
  operation: z.string().max(253).optional(),
  /** While it rolls or is on probation: since when. */
  since: Timestamp.optional(),
});
export type RollState = z.infer<typeof RollState>;
