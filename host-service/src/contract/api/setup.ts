import { z } from 'zod';
import { SettingValue } from '../appliance.ts';
import { Channel, Key, Label, Line, Timestamp, Version, Digest, Size } from '../names.ts';
import { ProblemBody } from '../problem.ts';

/** Why an answer cannot be used: a closed list, so that pages translate it. The value is never repeated. */
export const AnswerMistake = z.enum([
  'missing',
  'too-long',
  'too-short',
  'characters',
  'not-an-email',
  'not-an-address',
  'not-a-choice',
  'too-large',
  'fixed',
  'unknown',
]);
export type AnswerMistake = z.infer<typeof AnswerMistake>;

/** One question of the product with what is known of its answer (S3). */
export const SetupQuestion = z.object({
  name: Key,
  type: z.enum(['text', 'email', 'url', 'password', 'choice', 'secret', 'file']),
  title: Line,
  help: Line.optional(),
  required: z.boolean(),
  choices: z.array(Line).optional(),
  minLength: z.int().optional(),
  maxLength: z.int(),
  /** May change after installation. */
  editable: z.boolean(),
  /** Title of the block of questions that it stands in. */
  group: Line,
  /** Of open answers only; secrets are never answered back, they have `isAnswered` alone (S2). */
  answer: SettingValue.optional(),
  isAnswered: z.boolean(),
  /** Where the answer comes from. */
  source: z.enum(['none', 'default', 'person', 'registration', 'site']),
  mistake: AnswerMistake.optional(),
  /** Ready-made answers, for example addresses under which this box was reached. */
  proposals: z.array(Line).max(8).default([]),
});
export type SetupQuestion = z.infer<typeof SetupQuestion>;

/** What the vendor's licence service said about the install code. */
export const Registration = z.object({
  /** `unsure`: asked, the answer was lost; the same question is asked again with the same key and changes nothing twice. */
  state: z.enum(['none', 'asking', 'done', 'refused', 'unsure']),
  problem: ProblemBody.optional(),
  /** In plain words: edition, company, until when. `perpetual` instead of a far-away date (B-90). */
  edition: Line.optional(),
  company: Line.optional(),
  expires: z.union([Timestamp, z.literal('perpetual')]).optional(),
  at: Timestamp.optional(),
});
export type Registration = z.infer<typeof Registration>;

/** One channel to choose from (S3). */
export const ChannelCard = z.object({
  name: Channel,
  title: Line,
  description: Line,
  isChosen: z.boolean(),
  release: z
    .object({
      version: Version,
      digest: Digest,
      released: Timestamp.optional(),
      bytes: Size.optional(),
      notes: z.string().max(1024).optional(),
    })
    .optional(),
  problem: ProblemBody.optional(),
});
export type ChannelCard = z.infer<typeof ChannelCard>;

/** Answer of `GET /api/setup`: the draft as it lies on the server, the same for every device (E-07, R-08). */
export const SetupView = z.object({
  /** Goes up with each change of the draft, by whomever; If-Match of changes. */
  revision: z.string().max(128),
  /** `draft`: everything can still be changed; `begun`: the plan was approved; `done`: something is installed. */
  state: z.enum(['draft', 'begun', 'done']),
  questions: z.array(SetupQuestion).max(64),
  channels: z.array(ChannelCard).max(16),
  pin: z.string().max(128).optional(),
  profile: Label,
  registration: Registration,
  /** Nothing is missing and nothing is wrong: the plan can be made. */
  isComplete: z.boolean(),
  /** Who changed the draft last. */
  lastChange: z.object({ by: Line, via: Line, at: Timestamp }).optional(),
});
export type SetupView = z.infer<typeof SetupView>;

/**
 * Body of `PATCH /api/setup`: only what is given changes, `null` takes an answer away. Answers that break their question are kept and
 * marked, so that nothing typed is lost; unknown names are refused (B-66).
 */
export const DraftChange = z.strictObject({
  answers: z.record(Key, SettingValue.nullable()).optional(),
  /** Write-only; `null` removes. */
  secrets: z.record(Key, z.string().min(1).max(65_536).nullable()).optional(),
  channel: Channel.optional(),
  pin: z.string().min(1).max(128).nullable().optional(),
});
export type DraftChange = z.infer<typeof DraftChange>;

/** Body of `POST /api/setup/approve`: the draft becomes what is wanted, and the installation begins. `release` is what the person saw in the plan. */
export const SetupApproval = z.strictObject({
  release: z.string().min(1).max(128).optional(),
  reason: Line.optional(),
});
export type SetupApproval = z.infer<typeof SetupApproval>;
