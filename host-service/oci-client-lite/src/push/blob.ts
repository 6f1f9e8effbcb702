import { Readable } from 'node:stream';
import { repositoryScope } from '../auth/scope.ts';
import { isDigest } from '../content/digest.ts';
import { OciError, isOciError } from '../errors.ts';
import { discard } from '../http/body.ts';
import { Deadline } from '../http/deadline.ts';
import { nextHop } from '../http/redirect.ts';
import { withRetries } from '../http/retry.ts';
import type { RawAnswer } from '../http/transport.ts';
import { checkReference, isRepository } from '../reference.ts';
import { originEndpoint } from '../registry/endpoints.ts';
import type { Endpoint } from '../registry/endpoints.ts';
import type { Session } from '../registry/session.ts';
import type { BlobSource, Digest, PushBlobOptions, Reference } from '../types.ts';
import { blobUrl } from '../pull/download.ts';
import { contentOf, slicesOf, verifySource, withDigest } from './source.ts';
import type { Content } from './source.ts';

const OCTETS = { 'content-type': 'application/octet-stream' };

/** One upload of one blob. */
class Upload {
  private readonly session: Session;
  private readonly endpoint: Endpoint;
  private readonly ref: Reference;
  private readonly content: Content;
  private readonly options: PushBlobOptions;
  private readonly deadline: Deadline;

  constructor(
    session: Session,
    endpoint: Endpoint,
    ref: Reference,
    content: Content,
    options: PushBlobOptions,
    deadline: Deadline,
  ) {
    this.session = session;
    this.endpoint = endpoint;
    this.ref = ref;
    this.content = content;
    this.options = options;
    this.deadline = deadline;
  }

  private get what(): string {
    return `upload of ${this.content.digest} to ${this.ref.repository}`;
  }

  private call(
    method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH',
    url: URL,
    extra: object = {},
  ): Promise<RawAnswer> {
    const { mountFrom } = this.options;
    const scopes = [repositoryScope(this.ref.repository, ['pull', 'push'])];
    if (mountFrom !== undefined) scopes.push(repositoryScope(mountFrom, ['pull']));
    const { signal } = this.deadline;
    return this.session.send(this.endpoint, {
      method,
      url,
      scopes,
      what: this.what,
      signal,
      attempts: 1,
      ...extra,
    });
  }

  /** Where to continue: the answer's `Location`, under the rules for redirects. */
  private location(answer: RawAnswer): URL {
    const own = { host: this.endpoint.base.host, type: this.session.classOf(this.endpoint) };
    const next = nextHop(answer.url, answer.header('location'), own);
    if (next.ok) return next.url;
    throw new OciError('redirect-refused', this.endpoint.registry, `${this.what}: ${next.why}`);
  }

  async run(): Promise<void> {
    const head = await this.call('HEAD', blobUrl(this.endpoint, this.ref, this.content.digest), {
      accepts: [404, 302, 307],
    });
    await discard(head);
    if (head.status !== 404) return;
    const location = await this.start();
    if (location === undefined) return;
    const { chunkBytes } = this.options;
    if (chunkBytes === undefined || chunkBytes >= this.content.size) await this.whole(location);
    else await this.chunked(location, Math.max(1, chunkBytes));
  }

  /** Address of a new upload; undefined when the registry mounted the blob instead. */
  private async start(): Promise<{ url: URL; minimum: number } | undefined> {
    const uploads = new URL(`${this.ref.repository}/blobs/uploads/`, this.endpoint.base);
    const { mountFrom } = this.options;
    let answer: RawAnswer | undefined;
    if (mountFrom !== undefined) {
      const mount = new URL(uploads);
      mount.searchParams.set('mount', this.content.digest);
      mount.searchParams.set('from', mountFrom);
      try {
        answer = await this.call('POST', mount);
      } catch (error) {
        // Not every registry can mount, and the source may be closed to us: the upload itself decides.
        if (!isOciError(error) || this.deadline.signal.aborted) throw error;
      }
    }
    answer ??= await this.call('POST', uploads);
    await discard(answer);
    if (answer.status === 201) return undefined;
    const minimum = Number(/^\d{1,12}$/.exec(answer.header('oci-chunk-min-length') ?? '')?.[0] ?? 0);
    return { url: this.location(answer), minimum };
  }

  private async sending(task: () => Promise<RawAnswer>): Promise<RawAnswer> {
    // A body under way is limited by the connection's own timeouts, not by the limit on the whole operation.
    this.deadline.suspend();
    try {
      return await task();
    } finally {
      this.deadline.restart();
    }
  }

  private async whole(start: { url: URL }): Promise<void> {
    const { content } = this;
    const answer = await this.sending(() =>
      this.call('PUT', withDigest(start.url, content.digest), {
        headers: { ...OCTETS, 'content-length': String(content.size) },
        body: () =>
          content.size === 0 ? new Uint8Array(0) : Readable.from(content.open(), { objectMode: false }),
      }),
    );
    await this.finish(answer);
  }

  private async chunked(start: { url: URL; minimum: number }, chunkBytes: number): Promise<void> {
    const size = Math.max(chunkBytes, start.minimum);
    let url = start.url;
    let sent = 0;
    for (let restarts = 0; sent < this.content.size; restarts += 1) {
      if (restarts > 3)
        throw new OciError(
          'outage',
          this.endpoint.registry,
          `${this.what}: the registry keeps losing chunks`,
        );
      for await (const chunk of slicesOf(this.content, sent, () => size)) {
        const range = `${sent}-${sent + chunk.length - 1}`;
        const headers = { ...OCTETS, 'content-length': String(chunk.length), 'content-range': range };
        const answer = await this.sending(() =>
          this.call('PATCH', url, { headers, body: () => chunk, accepts: [416] }),
        );
        await discard(answer);
        if (answer.status === 416) {
          ({ url, sent } = await this.whereWeAre(url));
          break;
        }
        url = this.location(answer);
        sent += chunk.length;
      }
    }
    await this.finish(
      await this.call('PUT', withDigest(url, this.content.digest), { headers: { 'content-length': '0' } }),
    );
  }

  /** After a chunk out of order the registry says how much it has (distribution-spec "Pushing a blob in chunks"). */
  private async whereWeAre(location: URL): Promise<{ url: URL; sent: number }> {
    const answer = await this.call('GET', location);
    await discard(answer);
    const last = /^(?:bytes=)?0-(\d{1,15})$/.exec(answer.header('range') ?? '')?.[1];
    const url = answer.header('location') === undefined ? location : this.location(answer);
    return { url, sent: last === undefined || last === '0' ? 0 : Number(last) + 1 };
  }

  private async finish(answer: RawAnswer): Promise<void> {
    await discard(answer);
    const said = answer.header('docker-content-digest');
    if (said !== undefined && isDigest(said) && said !== this.content.digest) {
      throw new OciError('damaged', this.endpoint.registry, `${this.what}: the registry stored ${said}`);
    }
  }
}

/** Pushes a blob to the registry itself (never to a mirror); see `OciClient.pushBlob`. */
export async function uploadBlob(
  session: Session,
  ref: Reference,
  source: BlobSource,
  options: PushBlobOptions,
): Promise<Digest> {
  checkReference(ref);
  if (options.mountFrom !== undefined && !isRepository(options.mountFrom)) {
    throw new OciError('invalid-reference', ref.registry, 'the repository to mount from is not valid');
  }
  const content = contentOf(source);
  if (!(source instanceof Uint8Array)) await verifySource(ref, content);
  const deadline = new Deadline(session.runtime.deadlineMs, options.signal);
  const endpoint = originEndpoint(session.runtime, ref.registry);
  try {
    await withRetries(session.runtime, session.runtime.attempts, deadline.signal, () =>
      new Upload(session, endpoint, ref, content, options, deadline).run(),
    );
  } finally {
    deadline.end();
  }
  return content.digest;
}
