import { repositoryScope } from '../auth/scope.ts';
import { digestOf } from '../content/digest.ts';
import { acceptFor, OCI_EMPTY, OCI_INDEX } from '../content/media-types.ts';
import { parseManifest } from '../content/parse.ts';
import { OciError, isOciError } from '../errors.ts';
import { discard } from '../http/body.ts';
import { Deadline } from '../http/deadline.ts';
import type { RawAnswer } from '../http/transport.ts';
import { fetchManifestFrom } from '../pull/manifest.ts';
import { fallbackTag } from '../pull/referrers.ts';
import { checkReference, isTag } from '../reference.ts';
import { originEndpoint } from '../registry/endpoints.ts';
import type { Endpoint } from '../registry/endpoints.ts';
import type { Session } from '../registry/session.ts';
import type { Descriptor, Digest, FetchedManifest, PushManifestOptions, Reference } from '../types.ts';

const MAX_TRIES = 4;

interface Target {
  readonly session: Session;
  readonly endpoint: Endpoint;
  readonly ref: Reference;
  readonly signal: AbortSignal;
}

function call(target: Target, method: 'HEAD' | 'PUT', name: string, extra: object): Promise<RawAnswer> {
  const { session, endpoint, ref, signal } = target;
  return session.send(endpoint, {
    method,
    url: new URL(`${ref.repository}/manifests/${name}`, endpoint.base),
    scopes: [repositoryScope(ref.repository, ['pull', 'push'])],
    what: `push of manifest ${ref.repository}:${name}`,
    signal,
    // The same bytes under the same name twice change nothing, so a PUT may be repeated.
    attempts: session.runtime.attempts,
    ...extra,
  });
}

async function put(
  target: Target,
  name: string,
  bytes: Uint8Array,
  mediaType: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  const answer = await call(target, 'PUT', name, {
    headers: { ...headers, 'content-type': mediaType, 'content-length': String(bytes.length) },
    body: () => bytes,
  });
  await discard(answer);
  const said = answer.header('docker-content-digest');
  const digest = digestOf(bytes);
  if (said?.startsWith('sha256:') === true && said !== digest) {
    throw new OciError('damaged', target.ref.registry, `the registry stored ${said}, not ${digest}`);
  }
  return answer;
}

async function refuseOther(target: Target, name: string, digest: Digest): Promise<void> {
  const answer = await call(target, 'HEAD', name, {
    headers: { accept: acceptFor('image') },
    accepts: [404],
  });
  await discard(answer);
  const there = answer.header('docker-content-digest');
  if (answer.status === 404 || there === digest) return;
  throw new OciError(
    'conflict',
    target.ref.registry,
    `${target.ref.repository}:${name} already names ${there ?? 'another manifest'}`,
  );
}

async function current(target: Target, tag: string): Promise<FetchedManifest | undefined> {
  const ref: Reference = { registry: target.ref.registry, repository: target.ref.repository, tag };
  try {
    const fetched = await fetchManifestFrom(target.session, target.endpoint, ref, {}, target.signal);
    return fetched.kind === 'unchanged' ? undefined : fetched;
  } catch (error) {
    if (isOciError(error) && error.kind === 'not-found') return undefined;
    throw error;
  }
}

function indexWith(before: FetchedManifest | undefined, entry: Descriptor): Uint8Array {
  const old = before?.kind === 'index' ? before.index.manifests : [];
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [...old, entry] }));
}

function lists(found: FetchedManifest | undefined, digest: Digest): boolean {
  return found?.kind === 'index' && found.index.manifests.some((entry) => entry.digest === digest);
}

/**
 * Keeps the fallback index of a subject (distribution-spec "Referrers tag schema") where the registry does not index
 * subjects itself. Several writers may race for the tag: compare, write, read again.
 */
async function appendReferrer(target: Target, subject: Digest, entry: Descriptor): Promise<void> {
  const tag = fallbackTag(subject);
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const before = await current(target, tag);
    if (lists(before, entry.digest)) return;
    try {
      const match: Record<string, string> = before?.etag === undefined ? {} : { 'if-match': before.etag };
      await put(target, tag, indexWith(before, entry), OCI_INDEX, match);
    } catch (error) {
      if (!isOciError(error) || error.kind !== 'conflict') throw error;
      continue;
    }
    if (lists(await current(target, tag), entry.digest)) return;
  }
  throw new OciError('conflict', target.ref.registry, `other writers keep changing ${tag}`);
}

/** Pushes a manifest or index to the registry itself; see `OciClient.pushManifest`. */
export async function uploadManifest(
  session: Session,
  ref: Reference,
  bytes: Uint8Array,
  mediaType: string,
  options: PushManifestOptions,
): Promise<Digest> {
  checkReference(ref);
  const parsed = parseManifest(bytes, mediaType, ref.registry);
  const digest = digestOf(bytes);
  const tag = options.tag ?? ref.tag;
  if (tag !== undefined && !isTag(tag))
    throw new OciError('invalid-reference', ref.registry, 'the tag is not valid');
  if (tag === undefined && ref.digest !== undefined && ref.digest !== digest) {
    throw new OciError('damaged', ref.registry, `the bytes are ${digest}, not ${ref.digest}`);
  }
  const deadline = new Deadline(session.runtime.deadlineMs, options.signal);
  const endpoint = originEndpoint(session.runtime, ref.registry);
  const target: Target = { session, endpoint, ref, signal: deadline.signal };
  try {
    if (tag !== undefined && options.immutable === true) await refuseOther(target, tag, digest);
    const answer = await put(target, tag ?? digest, bytes, mediaType);
    const document = parsed.kind === 'manifest' ? parsed.manifest : parsed.index;
    if (document.subject !== undefined && answer.header('oci-subject') === undefined) {
      const config = parsed.kind === 'manifest' ? parsed.manifest.config.mediaType : undefined;
      const artifactType = document.artifactType ?? (config === OCI_EMPTY ? undefined : config);
      await appendReferrer(target, document.subject.digest, {
        mediaType,
        digest,
        size: bytes.length,
        ...(document.annotations === undefined ? {} : { annotations: document.annotations }),
        ...(artifactType === undefined ? {} : { artifactType }),
      });
    }
  } finally {
    deadline.end();
  }
  return digest;
}
