import { z } from 'zod';
import { ProblemCode } from './problem.ts';
import { Digest, Line, Timestamp, Version } from './names.ts';

/** Rules that a decision looks at, in this order; the ids are stable and shown to people in words. */
export const RuleId = z.enum([
  'pin',
  'channel-answer',
  'signature',
  'freshness',
  'sequence',
  'withdrawn',
  'quarantine',
  'path',
  'rollout',
  'requires',
  'direction',
  'control-plane-first',
  'confirmation',
  'hold',
  'policy',
  'already-running',
]);
export type RuleId = z.infer<typeof RuleId>;

/** One rule looked at, for one candidate: what it said and when that can change. */
export const TraceRule = z.strictObject({
  rule: RuleId,
  candidate: z.strictObject({ digest: Digest, version: Version }).optional(),
  verdict: z.enum(['pass', 'skip', 'wait', 'refuse']),
  code: ProblemCode.optional(),
  detail: Line,
  /** When the verdict will change, if that is known: a time, or the event in words. */
  changes: z.strictObject({ at: Timestamp.optional(), when: Line.optional() }).optional(),
});
export type TraceRule = z.infer<typeof TraceRule>;
