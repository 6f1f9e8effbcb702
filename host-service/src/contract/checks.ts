import { z } from 'zod';
import { Key, Line, Timestamp } from './names.ts';
import { ProblemBody } from './problem.ts';

/** Where a check stands on the screen; order of this list is order there. */
export const CheckGroup = z.enum(['machine', 'disk', 'time', 'network', 'registry', 'platform', 'release']);
export type CheckGroup = z.infer<typeof CheckGroup>;

/**
 * `failed` found a problem that stands in the way, `warning` one that does not; `unknown` could not be run, which is something else than a
 * problem (B-74); `waiting` has not been run yet.
 */
export const CheckState = z.enum(['passed', 'warning', 'failed', 'unknown', 'waiting']);
export type CheckState = z.infer<typeof CheckState>;

/** The control beside a failed check that mends it, or leads to where it is mended. `setting` names the question. */
export const CheckFix = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('network') }),
  z.strictObject({ kind: z.literal('time') }),
  z.strictObject({ kind: z.literal('proxy') }),
  z.strictObject({ kind: z.literal('ca'), issuer: Line.optional() }),
  z.strictObject({ kind: z.literal('credentials'), host: z.string().max(255) }),
  z.strictObject({ kind: z.literal('mirror'), host: z.string().max(255) }),
  z.strictObject({ kind: z.literal('release') }),
  z.strictObject({ kind: z.literal('setting'), setting: Key }),
]);
export type CheckFix = z.infer<typeof CheckFix>;

/** Somebody took the risk on themselves, where that is allowed. */
export const AcceptedRisk = z.strictObject({
  /** Id of the check and what exactly it was about. */
  check: Key,
  subject: z.string().max(255).optional(),
  by: Line,
  at: Timestamp,
  reason: Line.optional(),
});
export type AcceptedRisk = z.infer<typeof AcceptedRisk>;

/** One check as a person sees it (S4). Pure over facts: the same facts give the same result. */
export const CheckResult = z.strictObject({
  /** Stable, from the closed table of checks: title and reason are looked up by it, so that they can be translated. */
  id: Key,
  /** What of many: a host name, a disk. Id and subject together are unique. */
  subject: z.string().max(255).optional(),
  group: CheckGroup,
  state: CheckState,
  /** As people say it, with unit: `3.2 GB free`. */
  measured: Line.optional(),
  required: Line.optional(),
  /** One sentence; never a secret. */
  detail: Line,
  /** Why it failed or could not run, when there is a code for it. */
  problem: ProblemBody.optional(),
  fix: CheckFix.optional(),
  /** Whether a person may take the risk; `accepted` when somebody did. */
  mayAccept: z.boolean(),
  accepted: AcceptedRisk.optional(),
  measuredAt: Timestamp.optional(),
});
export type CheckResult = z.infer<typeof CheckResult>;
