import { z } from 'zod';
import { Digest, Line, Size, Timestamp } from '../names.ts';
import { ProblemCode } from '../problem.ts';

/** One download that is on its way to the box, as the slowest host that takes part says it (E-01). */
export const PullProgress = z.strictObject({
  /** What it is for, as people know it: titles of parts, else its name in the release. */
  what: Line,
  digest: Digest,
  /** Bytes that are here, of `total`; left out while nobody knows. */
  bytes: Size.optional(),
  total: Size.optional(),
  /** `failed`: the last try failed; it is tried again. */
  state: z.enum(['waiting', 'pulling', 'present', 'failed']),
  /** Tries that failed. */
  retries: z.int().min(0).optional(),
  /** Why the last one failed. */
  code: ProblemCode.optional(),
  /** Since when it is in this state: its last event. */
  since: Timestamp.optional(),
});
export type PullProgress = z.infer<typeof PullProgress>;
