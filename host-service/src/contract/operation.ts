import { z } from 'zod';
import { Digest, Label, Line, ObjectName, Timestamp, Version } from './names.ts';
import { ProblemBody } from './problem.ts';

/**
 * All that the engine can do today (design §3 names more; a later kind is added here together with its executor).
 * A kind without an executor does not compile.
 */
export const StepKind = z.enum([
  'register',
  'prepare-storage',
  'pull-images',
  'install-flux',
  'write-settings',
  'point-source',
  'migrate',
  'wait-components',
  'confirm',
  'revert',
  'prune',
  'roll-control-plane',
]);
export type StepKind = z.infer<typeof StepKind>;
/** Steps of the application's operations. */
export type PlanStepKind = Exclude<StepKind, 'roll-control-plane'>;

/** `roll`: the control plane updates itself; beside the application's operations, never instead of one. */
export const OperationVerb = z.enum(['install', 'update', 'revert', 'repair', 'roll']);
export type OperationVerb = z.infer<typeof OperationVerb>;

/** Which way somebody came who asked. */
const Via = z.enum(['ui', 'cli', 'console', 'boot', 'webhook', 'engine']);

/** Somebody has stopped the operation at a safe point: no step acts until it is resumed. */
export const Pause = z.strictObject({
  by: Line,
  via: Via,
  at: Timestamp,
  reason: Line.optional(),
  /** Id of the request that asked for it: the same request pauses once. */
  request: z.string().max(64),
});
export type Pause = z.infer<typeof Pause>;

/** A control plane has taken the operation up again. */
export const Continuation = z.strictObject({
  /** When the one before was last known to be alive. */
  stoppedAt: Timestamp.optional(),
  at: Timestamp,
  /** `power`: the machine has started anew since; `restart`: only the program has. */
  kind: z.enum(['power', 'restart']),
});
export type Continuation = z.infer<typeof Continuation>;

export const StepRecord = z.strictObject({
  kind: StepKind,
  title: Line,
  state: z.enum(['pending', 'running', 'done', 'failed', 'skipped']),
  attempts: z.int().default(0),
  startedAt: Timestamp.optional(),
  endedAt: Timestamp.optional(),
  /** Milliseconds of that time during which it was paused: they do not count as its own. */
  pausedMs: z.int().min(0).optional(),
  /** The current wait or the outcome in one sentence. */
  now: Line.optional(),
  problem: ProblemBody.optional(),
  /** Which pods run which digests and the like; at most 4 KiB of text. */
  evidence: z.string().max(4096).optional(),
});
export type StepRecord = z.infer<typeof StepRecord>;

export const OperationEvent = z.strictObject({
  /** Counts from 1 within the operation; never reused, never skipped. */
  n: z.int().min(1),
  at: Timestamp,
  level: z.enum(['info', 'warning', 'error']),
  step: StepKind.optional(),
  text: Line,
});
export type OperationEvent = z.infer<typeof OperationEvent>;

/** Written once, by the engine, when a plan starts. */
export const OperationSpec = z.looseObject({
  verb: OperationVerb,
  /** Release document by digest; of verb `roll` the image that ran before. */
  from: z.strictObject({ digest: Digest, version: Version }).optional(),
  /** Likewise; of verb `roll` it is the build: its digest is that of an image, not of a release document. */
  to: z.strictObject({ digest: Digest, version: Version }),
  profile: Label,
  intentRevision: z.int(),
  requestId: z.string().max(64).optional(),
  /** Why it was started: the operation that failed, for a revert by itself. */
  cause: z.strictObject({ operation: ObjectName.optional(), problem: ProblemBody.optional() }).optional(),
  actor: z.strictObject({
    by: Line,
    via: Via,
    reason: Line.optional(),
  }),
  steps: z.array(StepKind).min(1).max(16),
});
export type OperationSpec = z.infer<typeof OperationSpec>;

/** The journal. Written by the engine's APPLY only. Order of `steps` is that of `spec.steps`. */
export const OperationStatus = z.looseObject({
  outcome: z.enum(['running', 'succeeded', 'failed', 'cancelled']),
  startedAt: Timestamp,
  endedAt: Timestamp.optional(),
  /** How often a control plane took this operation up again after a stop. */
  resumes: z.int().default(0),
  /** The last time that it was taken up again. */
  continued: Continuation.optional(),
  /** Boot ids of the nodes, as last seen by whoever works on it: tells a power cut from a restart of the program. */
  boots: z.array(z.string().max(64)).max(16).optional(),
  /** Absent while it goes on. */
  pause: Pause.optional(),
  steps: z.array(StepRecord).max(16),
  events: z.array(OperationEvent).max(200),
  problem: ProblemBody.optional(),
});
export type OperationStatus = z.infer<typeof OperationStatus>;
