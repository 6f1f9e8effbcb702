import { z } from 'zod';
import { ApplianceStatus, Intent, SettingValue, UpdatePolicy } from '../appliance.ts';
import { Channel, Key, Line, ObjectName, Timestamp } from '../names.ts';
import { OperationEvent } from '../operation.ts';
import { SettingDefinition } from '../product.ts';
import { OperationView } from './operations.ts';

/** A channel that the product offers. */
export const ChannelChoice = z.object({ name: Channel, title: Line, description: Line });
export type ChannelChoice = z.infer<typeof ChannelChoice>;

/** All that the first page shows, in one piece (design §9: the screen is a function of the status). */
export const StatusView = z.object({
  /** Cursor of this snapshot in the stream of events; also what a resume names. Opaque. */
  cursor: z.string().max(512),
  /** Revision of the intent; what `If-Match` names. */
  intentRevision: z.int(),
  intent: Intent,
  updatePolicy: UpdatePolicy,
  settings: z.record(Key, SettingValue),
  /** Questions of the product. Secret answers are never in `settings`. */
  questions: z.record(Key, SettingDefinition),
  channels: z.array(ChannelChoice),
  defaultChannel: Channel,
  /** Absent until the engine has looked at this box for the first time. */
  status: ApplianceStatus.optional(),
  /** The operation under way, else the last one. */
  operation: OperationView.optional(),
  /** Whether this server sees the cluster now, and since when that is so. */
  cluster: z.object({ isConnected: z.boolean(), since: Timestamp }),
  build: z.string().max(128),
});
export type StatusView = z.infer<typeof StatusView>;

/**
 * What `GET /api/events` sends, by the name of the event. `id` of each is a cursor: `snapshot` and `operation` move it, `beat` and `bye` have none.
 * After a reconnect with `?after=CURSOR` or `Last-Event-ID`: the operation events since then, each once and in order, then a snapshot when
 * something else moved; an unknown cursor = one snapshot.
 */
export const LiveEvents = {
  snapshot: StatusView,
  operation: z.object({ operation: ObjectName, event: OperationEvent }),
  /** Every 5 s, so that a page knows that it is not looking at the past. */
  beat: z.object({ at: Timestamp, build: z.string().max(128) }),
  /** The server ends the stream: reconnect, or sign in again. */
  bye: z.object({ reason: z.enum(['draining', 'signed-out', 'too-slow']) }),
} as const;
export type LiveEvent = {
  [K in keyof typeof LiveEvents]: {
    readonly name: K;
    readonly id?: string;
    readonly data: z.infer<(typeof LiveEvents)[K]>;
  };
}[keyof typeof LiveEvents];
/** Milliseconds between beats. */
export const BEAT_MS = 5_000;
