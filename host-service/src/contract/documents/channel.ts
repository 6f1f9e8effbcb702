import { z } from 'zod';
import {
  Channel,
  Digest,
  Key,
  Line,
  ProductId,
  Repository,
  SemverRange,
  Timestamp,
  Version,
} from '../names.ts';

/** A release named twice: `digest` is that of the release document, not of the OCI manifest. */
export const ReleaseName = z.strictObject({ digest: Digest, version: Version });
export type ReleaseName = z.infer<typeof ReleaseName>;

/** A release the vendor took back. `instead` is what to run in its place. */
export const Withdrawal = z.strictObject({ digest: Digest, reason: Line, instead: ReleaseName.optional() });
export type Withdrawal = z.infer<typeof Withdrawal>;

/** A stop for older boxes: who runs a version in `from` goes to `release` first. */
export const PathStop = z.strictObject({ from: SemverRange, release: ReleaseName });
export type PathStop = z.infer<typeof PathStop>;

/** Channel statement `appliance.channel/v1` (design §4): which release a channel means, from when to when. */
export const ChannelStatement = z.strictObject({
  schema: z.literal('appliance.channel/v1'),
  product: ProductId,
  repository: Repository,
  channel: Channel,
  /** max(previous + 1, unix milliseconds). */
  sequence: z.int().min(1),
  issued: Timestamp,
  expires: Timestamp,
  release: ReleaseName,
  previous: ReleaseName.optional(),
  withdrawn: z.array(Withdrawal).max(64).default([]),
  path: z.array(PathStop).max(16).default([]),
  rollout: z.strictObject({ percent: z.number().min(0).max(100) }).optional(),
  evidence: z
    .array(z.strictObject({ gate: Key, digest: Digest, result: z.enum(['passed', 'failed']) }))
    .max(32)
    .default([]),
});
export type ChannelStatement = z.infer<typeof ChannelStatement>;
