import { z } from 'zod';
import { Digest, Line, Size, Version } from '../names.ts';
import { OperationVerb, StepKind } from '../operation.ts';
import { ProblemBody } from '../problem.ts';

const Side = z.strictObject({ digest: Digest, version: Version });

/** A plan as a person sees it before the first byte (design §3). Only what is outstanding counts. */
export const PlanDescription = z.strictObject({
  kind: z.enum(['nothing', 'blocked', 'steps']),
  problem: ProblemBody.optional(),
  verb: OperationVerb.optional(),
  from: Side.optional(),
  to: Side.optional(),
  steps: z.array(z.strictObject({ kind: StepKind, done: z.boolean(), text: Line })).max(16),
  /** `Kind namespace/name` of objects that the engine writes; those inside the bundle are the delivery engine's. */
  creates: z.array(Line).max(512),
  changes: z.array(Line).max(512),
  removes: z.array(Line).max(512),
  /** Bytes to pull at most: what the release pins and neither what runs nor every host has by digest. */
  pullBytes: Size,
  /** Bytes of what the release pins that are on the box already. */
  presentBytes: Size.optional(),
  /** `present`: it is on the box already; what is still to come stands first. */
  pulls: z
    .array(z.strictObject({ what: Line, digest: Digest, bytes: Size, present: z.boolean().optional() }))
    .max(256),
  /** What cannot be undone, in sentences. Empty = one can come back. */
  irreversible: z.array(Line).max(16),
  /** Hosts that are contacted. */
  hosts: z.array(z.string().max(255)).max(32),
  /** Usual and worst time of what is outstanding, in milliseconds: from this box's history, else baked medians (E-05). */
  timeMs: z.strictObject({ usual: Size, worst: Size }).optional(),
  /** Disk of the box in bytes, when its host reports it: total, free now, free after the pull. */
  disk: z.strictObject({ total: Size, freeNow: Size, freeAfter: z.int() }).optional(),
});
export type PlanDescription = z.infer<typeof PlanDescription>;
