import { z } from 'zod';
import { Digest, Key, Line, Size, Timestamp, Version } from '../names.ts';
import { ProblemBody } from '../problem.ts';
import { TraceRule } from '../trace.ts';

/** A release that this box knows, and why it would or would not take it. */
export const ReleaseView = z.object({
  digest: Digest,
  ociDigest: Digest.optional(),
  version: Version,
  source: z.enum(['channel', 'pin', 'baked', 'imported']),
  signed: z.boolean(),
  keyIds: z.array(Key),
  admittedAt: Timestamp,
  /** When it last passed its health gate here. */
  confirmedAt: Timestamp.optional(),
  quarantine: z.object({ reason: ProblemBody, at: Timestamp, attempts: z.int() }).optional(),
  isRunning: z.boolean(),
  isLastGood: z.boolean(),
  /** Offered now: approving it would start an update. */
  isAvailable: z.boolean(),
  /** Going back to it is possible from what runs now; else the reason. */
  goBack: z.object({ isPossible: z.boolean(), reason: Line.optional() }),
  /** Updating from what runs now to it can be undone. */
  isReversible: z.boolean(),
  notes: z.string().optional(),
  released: Timestamp.optional(),
  /** All that it pins, in bytes. */
  size: Size,
  /** The rules that looked at this release in the last decision. */
  trace: z.array(TraceRule),
});
export type ReleaseView = z.infer<typeof ReleaseView>;
/** Newest version first. */
export const ReleasesView = z.object({ releases: z.array(ReleaseView) });
export type ReleasesView = z.infer<typeof ReleasesView>;
