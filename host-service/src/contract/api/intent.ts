import { z } from 'zod';
import { SettingValue, VerbRequest } from '../appliance.ts';
import { Channel, Digest, Key, Line, Version } from '../names.ts';
import { PlanDescription } from './plan.ts';
import { ProblemBody } from '../problem.ts';
import { TraceRule } from '../trace.ts';

/** Body of `PUT /api/intent`: only what is given changes; `null` takes away. With `?dry_run=1` nothing changes and the answer is an IntentPreview. */
export const IntentChange = z.strictObject({
  channel: Channel.optional(),
  /** A version or either digest. */
  pin: z.string().min(1).max(128).nullable().optional(),
  hold: z.boolean().optional(),
  whenOlder: z.enum(['wait', 'go-back']).optional(),
  updatePolicy: z
    .strictObject({
      install: z.enum(['auto', 'approve']).optional(),
      update: z.enum(['auto', 'approve', 'hold']).optional(),
    })
    .optional(),
  settings: z.record(Key, SettingValue.nullable()).optional(),
  /** Answers that nobody reads back. */
  secrets: z.record(Key, z.string().min(1).max(65_536)).optional(),
  /** A release by version or either digest; `irreversible`: there is no way back and the person has said so; `retry`: although it failed here. */
  approve: z
    .strictObject({
      release: z.string().min(1).max(128),
      irreversible: z.boolean().default(false),
      retry: z.boolean().default(false),
    })
    .optional(),
  reason: Line.optional(),
});
export type IntentChange = z.infer<typeof IntentChange>;

/** Answer 202 of everything that changes what is wanted: `status.intentRevision` reaches it when the engine has read it. */
export const Accepted = z.object({ intentRevision: z.int() });
export type Accepted = z.infer<typeof Accepted>;

/** What another answer to a question touches; parts by their titles. */
export const SettingTouch = z.object({
  setting: Key,
  /** Set up anew with the answer; they restart where it makes a difference to them. */
  restarts: z.array(Line).max(64),
  /** Nothing restarts: they read it when they start next. */
  readBy: z.array(Line).max(64),
});
export type SettingTouch = z.infer<typeof SettingTouch>;

/** What a change would lead to, without doing it. */
export const IntentPreview = z.object({
  intentRevision: z.int(),
  changes: z.array(z.object({ path: z.string(), from: z.unknown().optional(), to: z.unknown().optional() })),
  /** What of the product the changed answers touch; absent from programs that are older than this. */
  touches: z.array(SettingTouch).max(64).default([]),
  /** The release that would be wanted, and the one that would be offered. */
  target: z.object({ digest: Digest, version: Version }).optional(),
  available: z.object({ digest: Digest, version: Version }).optional(),
  direction: z.enum(['none', 'install', 'update', 'back']),
  plan: PlanDescription,
  trace: z.array(TraceRule),
  /** What stands against it; nothing = it would be done. */
  problem: ProblemBody.optional(),
});
export type IntentPreview = z.infer<typeof IntentPreview>;

/** Body of `POST /api/requests`. The id makes it safe to send twice. */
export const VerbBody = VerbRequest.pick({ id: true, verb: true, release: true }).extend({
  reason: Line.optional(),
});
export type VerbBody = z.infer<typeof VerbBody>;
