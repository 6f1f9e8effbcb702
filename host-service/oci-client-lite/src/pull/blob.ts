import { isDigest } from '../content/digest.ts';
import { embeddedContent } from '../content/embedded.ts';
import { OciError } from '../errors.ts';
import { discard } from '../http/body.ts';
import { checkReference } from '../reference.ts';
import type { Router } from '../registry/route.ts';
import type { Session } from '../registry/session.ts';
import type { BlobOptions, BlobSink, CallOptions, Descriptor, Digest, Reference } from '../types.ts';
import { Download, Progress, blobUrl } from './download.ts';
import { pullScope } from './manifest.ts';

function checkDescriptor(ref: Reference, descriptor: Descriptor, maxBytes: number): void {
  checkReference(ref);
  const { digest, size } = descriptor;
  if (!isDigest(digest) || !Number.isSafeInteger(size) || size < 0) {
    throw new OciError('protocol', ref.registry, 'the descriptor has no usable digest or size');
  }
  if (size > maxBytes) {
    throw new OciError(
      'too-large',
      ref.registry,
      `blob ${digest} has ${size} bytes, at most ${maxBytes} are allowed`,
    );
  }
}

/** Streams a blob into a sink; see `OciClient.blobTo`. */
export async function downloadBlob(
  session: Session,
  router: Router,
  ref: Reference,
  descriptor: Descriptor,
  sink: BlobSink,
  options: BlobOptions,
): Promise<void> {
  checkDescriptor(ref, descriptor, options.maxBytes);
  const embedded = embeddedContent(descriptor);
  if (embedded !== undefined) {
    await sink.write(embedded);
    return;
  }
  const progress = new Progress(sink);
  await router.read(ref.registry, false, options.signal, (endpoint, deadline) => {
    if (progress.spoiled !== undefined) throw progress.spoiled;
    return new Download(session, endpoint, ref, descriptor, progress, deadline).run();
  });
}

/** The whole blob in memory; see `OciClient.blob`. */
export async function fetchBlob(
  session: Session,
  router: Router,
  ref: Reference,
  descriptor: Descriptor,
  options: BlobOptions,
): Promise<Uint8Array> {
  let chunks: Uint8Array[] = [];
  const sink: BlobSink = { write: (chunk) => void chunks.push(chunk), reset: () => void (chunks = []) };
  await downloadBlob(session, router, ref, descriptor, sink, options);
  return Buffer.concat(chunks);
}

/** Whether the registry has a blob. Storage that refuses a HEAD on a signed address counts as yes. */
export function blobExists(
  session: Session,
  router: Router,
  ref: Reference,
  digest: Digest,
  options: CallOptions,
): Promise<boolean> {
  checkReference(ref);
  if (!isDigest(digest)) throw new OciError('invalid-reference', ref.registry, 'that is no sha256 digest');
  return router.read(ref.registry, false, options.signal, async (endpoint, deadline) => {
    const answer = await session.send(endpoint, {
      method: 'HEAD',
      url: blobUrl(endpoint, ref, digest),
      scopes: [pullScope(endpoint, ref)],
      what: `blob ${digest} of ${ref.repository}`,
      signal: deadline.signal,
      accepts: endpoint.mirror ? [307, 302] : [404, 307, 302],
    });
    await discard(answer);
    return answer.status !== 404;
  });
}
