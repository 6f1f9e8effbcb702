import { repositoryScope } from '../auth/scope.ts';
import { digestOf, isDigest } from '../content/digest.ts';
import { acceptFor, bareType } from '../content/media-types.ts';
import { parseManifest } from '../content/parse.ts';
import { OciError } from '../errors.ts';
import { contentLength, discard, readAll } from '../http/body.ts';
import type { RawAnswer } from '../http/transport.ts';
import { checkReference, formatReference, tagOrDigest } from '../reference.ts';
import type { Endpoint } from '../registry/endpoints.ts';
import type { Router } from '../registry/route.ts';
import type { Call, Session } from '../registry/session.ts';
import type {
  CallOptions,
  Digest,
  FetchedManifest,
  HeadAnswer,
  ManifestOptions,
  Reference,
  UnchangedManifest,
} from '../types.ts';

const ETAG = /^(?:W\/)?"[\x21\x23-\x7e]{0,256}"$/;

/** URL of a reference's manifest at an endpoint. */
export function manifestUrl(endpoint: Endpoint, ref: Reference): URL {
  return new URL(`${endpoint.repository(ref.repository)}/manifests/${tagOrDigest(ref)}`, endpoint.base);
}

/** Scope to read the repository, as this endpoint names it. */
export function pullScope(endpoint: Endpoint, ref: Reference): string {
  return repositoryScope(endpoint.repository(ref.repository), ['pull']);
}

/** Mirrors learn which registry they stand in for, as containerd tells them. */
export function forMirror(endpoint: Endpoint, url: URL): URL {
  if (endpoint.mirror) url.searchParams.set('ns', endpoint.registry);
  return url;
}

function dateOf(answer: RawAnswer): { readonly dateHeader?: string } {
  const date = answer.header('date');
  return date === undefined ? {} : { dateHeader: date.slice(0, 64) };
}

function callFor(endpoint: Endpoint, ref: Reference, method: 'GET' | 'HEAD', signal: AbortSignal): Call {
  return {
    method,
    url: forMirror(endpoint, manifestUrl(endpoint, ref)),
    scopes: [pullScope(endpoint, ref)],
    what: `manifest ${formatReference(ref)}`,
    signal,
  };
}

/** Bytes by digest must match it; by tag, what the registry claims must not differ (unless told to ignore that). */
function checkDigest(endpoint: Endpoint, ref: Reference, answer: RawAnswer, digest: Digest): void {
  const damaged = (why: string): OciError =>
    new OciError(
      'damaged',
      endpoint.registry,
      `manifest ${formatReference(ref)} from ${endpoint.base.host}: ${why}`,
    );
  if (ref.digest !== undefined && ref.digest !== digest) throw damaged(`the bytes are ${digest}`);
  const claimed = answer.header('docker-content-digest');
  if (claimed === undefined || ref.digest !== undefined || endpoint.settings?.trustDigestHeader === false)
    return;
  if (claimed.startsWith('sha256:') && claimed !== digest) {
    throw damaged(`the registry says ${claimed}, the bytes are ${digest}`);
  }
}

async function fetchFrom(
  session: Session,
  endpoint: Endpoint,
  ref: Reference,
  options: ManifestOptions,
  signal: AbortSignal,
): Promise<FetchedManifest | UnchangedManifest> {
  const { unless } = options;
  const etag = unless === undefined ? undefined : (unless.etag ?? `"${unless.digest}"`);
  const call = callFor(endpoint, ref, 'GET', signal);
  const answer = await session.send(endpoint, {
    ...call,
    attempts: 1,
    headers: {
      accept: acceptFor(options.accept ?? 'artifact'),
      ...(etag === undefined || !ETAG.test(etag) ? {} : { 'if-none-match': etag }),
    },
    ...(unless === undefined ? {} : { accepts: [304] }),
  });
  const servedBy = endpoint.base.origin;
  if (answer.status === 304 && unless !== undefined) {
    await discard(answer);
    return { kind: 'unchanged', digest: unless.digest, servedBy, ...dateOf(answer) };
  }
  const context = { runtime: session.runtime, registry: endpoint.registry, signal, what: call.what };
  const bytes = await readAll(answer, options.maxBytes ?? session.runtime.manifestBytes, context);
  const digest = digestOf(bytes);
  checkDigest(endpoint, ref, answer, digest);
  if (unless?.digest === digest) return { kind: 'unchanged', digest, servedBy, ...dateOf(answer) };
  const parsed = parseManifest(bytes, bareType(answer.header('content-type')), endpoint.registry);
  const tag = answer.header('etag');
  return {
    ...parsed,
    bytes,
    digest,
    servedBy,
    ...dateOf(answer),
    ...(tag === undefined ? {} : { etag: tag }),
  };
}

/** Fetches and checks a manifest at one endpoint. */
export function fetchManifestFrom(
  session: Session,
  endpoint: Endpoint,
  ref: Reference,
  options: ManifestOptions,
  signal: AbortSignal,
): Promise<FetchedManifest | UnchangedManifest> {
  return session.retrying(endpoint, signal, () => fetchFrom(session, endpoint, ref, options, signal));
}

/** Fetches and checks a manifest; see `OciClient.manifest`. */
export function fetchManifest(
  session: Session,
  router: Router,
  ref: Reference,
  options: ManifestOptions,
): Promise<FetchedManifest | UnchangedManifest> {
  checkReference(ref);
  tagOrDigest(ref);
  return router.read(ref.registry, ref.digest === undefined, options.signal, (endpoint, deadline) =>
    fetchManifestFrom(session, endpoint, ref, options, deadline.signal),
  );
}

/** What a reference names, without its bytes; undefined when it does not exist. Old registries are asked by GET. */
export function headManifest(
  session: Session,
  router: Router,
  ref: Reference,
  options: CallOptions,
): Promise<HeadAnswer | undefined> {
  checkReference(ref);
  tagOrDigest(ref);
  return router.read(ref.registry, ref.digest === undefined, options.signal, async (endpoint, deadline) => {
    const call = callFor(endpoint, ref, 'HEAD', deadline.signal);
    const headers = { accept: acceptFor('image') };
    // A mirror's "no" is not the registry's: only the registry itself may say that something does not exist.
    const answer = await session.send(endpoint, {
      ...call,
      headers,
      ...(endpoint.mirror ? {} : { accepts: [404] }),
    });
    await discard(answer);
    if (answer.status === 404) return undefined;
    const digest = answer.header('docker-content-digest');
    const size = contentLength(answer);
    const mediaType = bareType(answer.header('content-type'));
    const servedBy = endpoint.base.origin;
    if (isDigest(digest) && size !== undefined)
      return { digest, size, mediaType, servedBy, ...dateOf(answer) };
    const full = await fetchFrom(session, endpoint, ref, { accept: 'image' }, deadline.signal);
    if (full.kind === 'unchanged') return undefined;
    return {
      digest: full.digest,
      size: full.bytes.length,
      mediaType: full.mediaType,
      servedBy,
      ...dateOf(answer),
    };
  });
}
