import { z } from 'zod';
import { CheckResult } from '../checks.ts';
import { Key, Line, Timestamp } from '../names.ts';

/** Answer of `GET /api/checks`: failed first within each group is the page's business, the order here is that of the table. */
export const ChecksView = z.object({
  checks: z.array(CheckResult).max(128),
  /** Nothing failed that nobody has accepted: installing may begin. */
  mayInstall: z.boolean(),
  /** A host was asked to measure again and has not answered yet. */
  measuring: z.boolean().optional(),
  /** When the facts were measured last; absent = no host reports any. */
  measuredAt: Timestamp.optional(),
});
export type ChecksView = z.infer<typeof ChecksView>;

/** Body of `POST /api/checks`. `run` measures again (all, or one by id and subject); `accept` takes the risk of one, `refuse` takes that back. */
export const CheckRequest = z.strictObject({
  action: z.enum(['run', 'accept', 'refuse']),
  check: Key.optional(),
  subject: z.string().max(255).optional(),
  reason: Line.optional(),
});
export type CheckRequest = z.infer<typeof CheckRequest>;
