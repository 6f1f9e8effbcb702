import { z } from 'zod';
import { Actor } from '../appliance.ts';
import { Digest, ObjectName, Timestamp, Version } from '../names.ts';
import { Continuation, OperationEvent, OperationVerb, Pause, StepRecord } from '../operation.ts';
import { ProblemBody } from '../problem.ts';

const Side = z.object({ digest: Digest, version: Version });

/** A step with what is usual for it. Milliseconds, from this box's history, else baked (E-05). */
export const StepView = StepRecord.extend({ usualMs: z.int().optional(), worstMs: z.int().optional() });
export type StepView = z.infer<typeof StepView>;

/** An operation as people look at it. */
export const OperationView = z.object({
  name: ObjectName,
  verb: OperationVerb,
  from: Side.optional(),
  to: Side,
  intentRevision: z.int(),
  actor: Actor,
  /** What led to it: the operation that failed, for a way back by itself. */
  cause: z.object({ operation: ObjectName.optional(), problem: ProblemBody.optional() }).optional(),
  outcome: z.enum(['running', 'succeeded', 'failed', 'cancelled']),
  startedAt: Timestamp,
  endedAt: Timestamp.optional(),
  /** How often it was taken up again after a stop of the control plane. */
  resumes: z.int(),
  continued: Continuation.optional(),
  /** Who has stopped it; absent while it goes on. */
  paused: Pause.pick({ by: true, via: true, at: true, reason: true }).optional(),
  steps: z.array(StepView),
  problem: ProblemBody.optional(),
  /** Number of its newest event; 0 = none. */
  lastEvent: z.int(),
});
export type OperationView = z.infer<typeof OperationView>;

export const OperationDetail = OperationView.extend({ events: z.array(OperationEvent) });
export type OperationDetail = z.infer<typeof OperationDetail>;
/** Newest first. */
export const OperationsView = z.object({ operations: z.array(OperationView) });
export type OperationsView = z.infer<typeof OperationsView>;
