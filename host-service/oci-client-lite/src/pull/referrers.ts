import { bareType, OCI_INDEX } from '../content/media-types.ts';
import { parseManifest } from '../content/parse.ts';
import { OciError, isOciError } from '../errors.ts';
import { checkReference, formatReference } from '../reference.ts';
import type { Endpoint } from '../registry/endpoints.ts';
import type { Router } from '../registry/route.ts';
import type { Session } from '../registry/session.ts';
import type { CallOptions, Descriptor, Digest, Reference } from '../types.ts';
import { fetchManifestFrom, forMirror, pullScope } from './manifest.ts';
import { pagesOf } from './pages.ts';

const FORGET_MS = 24 * 3_600_000;
/** What registries without the referrers API answer. */
const NO_API: readonly number[] = [400, 404, 405, 406, 501];

export interface ReferrersOptions extends CallOptions {
  readonly artifactType?: string | undefined;
}

/** Tag under which clients keep the referrers of a digest where the registry has no API for them. */
export function fallbackTag(digest: Digest): string {
  return digest.replace(':', '-');
}

/** Lists referrers; remembers for a day which endpoints have no API for it. */
export class Referrers {
  private readonly session: Session;
  private readonly router: Router;
  private readonly without = new Map<string, number>();

  constructor(session: Session, router: Router) {
    this.session = session;
    this.router = router;
  }

  /** See `OciClient.referrers`. */
  list(ref: Reference, options: ReferrersOptions): Promise<readonly Descriptor[]> {
    checkReference(ref);
    const { digest } = ref;
    if (digest === undefined) {
      throw new OciError('invalid-reference', ref.registry, `${formatReference(ref)} names no digest`);
    }
    return this.router.read(ref.registry, false, options.signal, async (endpoint, deadline) => {
      const found =
        (await this.byApi(endpoint, ref, digest, options.artifactType, deadline.signal)) ??
        (await this.byTag(endpoint, ref, digest, deadline.signal));
      // A mirror often does not carry referrers; its silence is not the registry's.
      if (endpoint.mirror && found.length === 0)
        throw new OciError('not-found', ref.registry, 'no referrers here');
      return found;
    });
  }

  private async byApi(
    endpoint: Endpoint,
    ref: Reference,
    digest: Digest,
    artifactType: string | undefined,
    signal: AbortSignal,
  ): Promise<readonly Descriptor[] | undefined> {
    const key = endpoint.base.href;
    if ((this.without.get(key) ?? 0) > this.session.runtime.now()) return undefined;
    const url = forMirror(
      endpoint,
      new URL(`${endpoint.repository(ref.repository)}/referrers/${digest}`, endpoint.base),
    );
    if (artifactType !== undefined) url.searchParams.set('artifactType', artifactType);
    const call = {
      method: 'GET' as const,
      url,
      headers: { accept: OCI_INDEX },
      scopes: [pullScope(endpoint, ref)],
      accepts: NO_API,
      what: `referrers of ${digest}`,
      signal,
    };
    const found: Descriptor[] = [];
    let supported = false;
    const isListing = (answer: { status: number; header(name: string): string | undefined }): boolean =>
      answer.status === 200 && bareType(answer.header('content-type')) === OCI_INDEX;
    for await (const { answer, bytes } of pagesOf(this.session, endpoint, call, isListing)) {
      supported = true;
      const parsed = parseManifest(bytes, OCI_INDEX, endpoint.registry);
      if (parsed.kind !== 'index') continue;
      const filtered = /\bartifactType\b/.test(answer.header('oci-filters-applied') ?? '');
      found.push(
        ...parsed.index.manifests.filter(
          (entry) => artifactType === undefined || filtered || entry.artifactType === artifactType,
        ),
      );
    }
    if (supported) return found;
    this.without.set(key, this.session.runtime.now() + FORGET_MS);
    return undefined;
  }

  /** Entries of the fallback index carry wrong artifact types in the wild, so they are not filtered. */
  private async byTag(
    endpoint: Endpoint,
    ref: Reference,
    digest: Digest,
    signal: AbortSignal,
  ): Promise<readonly Descriptor[]> {
    const tagged: Reference = {
      registry: ref.registry,
      repository: ref.repository,
      tag: fallbackTag(digest),
    };
    try {
      const fetched = await fetchManifestFrom(this.session, endpoint, tagged, {}, signal);
      return fetched.kind === 'index' ? fetched.index.manifests : [];
    } catch (error) {
      if (isOciError(error) && error.kind === 'not-found') return [];
      throw error;
    }
  }
}
