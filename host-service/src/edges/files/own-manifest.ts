import { z } from 'zod';
import { Line, Timestamp, Version } from '../../contract/names.ts';
import { Problem } from '../../contract/problem.ts';
import { readSmallText } from './small-file.ts';

/** Bytes; it names one build. */
const MAX_BYTES = 64 * 1024;

/** `release-manifest.json` of an image: which build it is (design §8). Loose: the image's builder may say more. */
const OwnManifest = z.object({
  version: Version,
  sourceRevision: Line.min(1).max(96).optional(),
  built: Timestamp.optional(),
  contract: z.int().min(1).optional(),
});
export type OwnManifest = z.infer<typeof OwnManifest>;

/**
 * The manifest at `path`; undefined when there is none, as in a checkout.
 *
 * @throws Problem config.invalid when it cannot be understood: an image that cannot say what it is was built wrongly
 */
export function readOwnManifest(path: string): OwnManifest | undefined {
  let text: string;
  try {
    text = readSmallText(path, MAX_BYTES);
  } catch {
    return undefined;
  }
  try {
    return OwnManifest.parse(JSON.parse(text));
  } catch (cause) {
    throw new Problem('config.invalid', `${path} is not a release manifest`, { cause });
  }
}
