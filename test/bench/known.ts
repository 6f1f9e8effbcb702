import type { Digest } from 'host-service/contract/names.ts';
import type { ReleaseObject } from 'host-service/contract/objects.ts';
import type { KnownRelease } from 'host-service/core/plan/observed.ts';
import { parseReleaseDocument } from 'host-service/core/release/parse.ts';

/** Release objects as the engine knows them after OBSERVE. */
export function knownFrom(objects: readonly ReleaseObject[]): ReadonlyMap<Digest, KnownRelease> {
  const known = objects.map((object): KnownRelease => {
    const parsed = parseReleaseDocument(Buffer.from(object.spec.document, 'base64'));
    if (!parsed.ok || parsed.value.kind !== 'release') throw new Error('a stored release cannot be read');
    return { object, release: parsed.value.release, digest: object.spec.digest };
  });
  return new Map(known.map((entry) => [entry.digest, entry]));
}
