import { z } from 'zod';
import { Digest, Key, Line, Repository } from '../names.ts';

/**
 * `alga.appliance.release/v1` as the predecessor publishes it, both shapes: `profileValues` inside, or the values as files in the
 * config bundle (seed 004). Unsigned; tags instead of digests. Loose, because the format is frozen in the field and not ours.
 */
export const ReleaseV1 = z.looseObject({
  schema: z.literal('alga.appliance.release/v1').optional(),
  version: z.string().min(1).max(64),
  channel: z.string().max(64).optional(),
  valuesProfile: z.string().max(63).optional(),
  images: z.looseObject({ algaCore: z.string().min(1).max(200) }).catchall(z.string().max(300)),
  controlPlane: z.string().max(300).optional(),
  config: z.looseObject({
    repository: Repository,
    digest: Digest,
    version: Line.optional(),
    tag: Line.optional(),
  }),
  profileValues: z.record(z.string().max(128), z.string().max(64 * 1024)).optional(),
  charts: z.record(Key, z.string().max(64)).optional(),
  publishedAt: z.string().max(64).optional(),
});
export type ReleaseV1 = z.infer<typeof ReleaseV1>;
