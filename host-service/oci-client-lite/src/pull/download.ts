import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { OciError, isOciError } from '../errors.ts';
import { chunksOf, contentLength, requireIdentity } from '../http/body.ts';
import type { Deadline } from '../http/deadline.ts';
import { backoffMs, isTransient, transient } from '../http/retry.ts';
import { abortReason } from '../http/transport.ts';
import type { RawAnswer } from '../http/transport.ts';
import type { Endpoint } from '../registry/endpoints.ts';
import type { Session } from '../registry/session.ts';
import type { BlobSink, Descriptor, Digest, Reference } from '../types.ts';
import { forMirror, pullScope } from './manifest.ts';

const MAX_RESUMES = 100;

/** URL of a blob at an endpoint. */
export function blobUrl(endpoint: Endpoint, ref: Reference, digest: Digest): URL {
  return forMirror(
    endpoint,
    new URL(`${endpoint.repository(ref.repository)}/blobs/${digest}`, endpoint.base),
  );
}

/** How far a download is; survives cuts and changes of endpoint, because the digest judges the whole. */
export class Progress {
  offset = 0;
  hash: Hash = createHash('sha256');
  /** Set when what the sink got is wrong and cannot be taken back. */
  spoiled: OciError | undefined;
  readonly sink: BlobSink;

  constructor(sink: BlobSink) {
    this.sink = sink;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.hash.update(chunk);
    this.offset += chunk.length;
    await this.sink.write(chunk);
  }

  /** Starts over if the sink can; else remembers that nothing more can be done. */
  async spoil(error: OciError): Promise<void> {
    if (this.offset === 0) return;
    if (this.sink.reset === undefined) {
      this.spoiled = error;
      return;
    }
    await this.sink.reset();
    this.offset = 0;
    this.hash = createHash('sha256');
  }
}

/** Fetches one blob from one endpoint, piece by piece. */
export class Download {
  private readonly session: Session;
  private readonly endpoint: Endpoint;
  private readonly ref: Reference;
  private readonly descriptor: Descriptor;
  private readonly progress: Progress;
  private readonly deadline: Deadline;

  constructor(
    session: Session,
    endpoint: Endpoint,
    ref: Reference,
    descriptor: Descriptor,
    progress: Progress,
    deadline: Deadline,
  ) {
    this.session = session;
    this.endpoint = endpoint;
    this.ref = ref;
    this.descriptor = descriptor;
    this.progress = progress;
    this.deadline = deadline;
  }

  private get what(): string {
    return `blob ${this.descriptor.digest} of ${this.ref.repository} from ${this.endpoint.base.host}`;
  }

  private error(kind: 'damaged' | 'protocol', why: string): OciError {
    return new OciError(kind, this.endpoint.registry, `${this.what}: ${why}`);
  }

  /** Bytes of the answer to skip: the server may ignore the range and send everything. */
  private skipOf(answer: RawAnswer): number {
    const { offset } = this.progress;
    const { size } = this.descriptor;
    const announced = contentLength(answer);
    if (answer.status === 206) {
      const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(answer.header('content-range') ?? '');
      if (range === null || Number(range[1]) !== offset || offset === 0) {
        throw this.error('protocol', 'not the range that was asked for');
      }
      if (range[3] !== '*' && Number(range[3]) !== size)
        throw this.error('damaged', `${range[3] ?? ''} bytes, not ${size}`);
    } else if (announced !== undefined && announced !== size) {
      throw this.error('damaged', `${announced} bytes announced, not ${size}`);
    }
    return answer.status === 206 ? 0 : offset;
  }

  /** One request: from where we are to the end, or to the next cut. */
  private async piece(): Promise<void> {
    const { signal } = this.deadline;
    const { progress, endpoint, descriptor, session } = this;
    const answer = await session.send(endpoint, {
      method: 'GET',
      url: blobUrl(endpoint, this.ref, descriptor.digest),
      headers: progress.offset === 0 ? {} : { range: `bytes=${progress.offset}-` },
      scopes: [pullScope(endpoint, this.ref)],
      what: this.what,
      signal,
      attempts: 1,
    });
    const context = { runtime: session.runtime, registry: endpoint.registry, signal, what: this.what };
    requireIdentity(answer, context);
    let skip = this.skipOrDrop(answer);
    this.deadline.suspend();
    try {
      for await (const whole of chunksOf(answer, context)) {
        const chunk = whole.subarray(Math.min(skip, whole.length));
        skip -= whole.length - chunk.length;
        if (progress.offset + chunk.length > descriptor.size) {
          answer.body.destroy();
          throw this.error('damaged', `more than ${descriptor.size} bytes`);
        }
        if (chunk.length > 0) await progress.write(chunk);
      }
    } finally {
      this.deadline.restart();
    }
    if (progress.offset < descriptor.size) {
      throw transient(this.error('damaged', `ended after ${progress.offset} of ${descriptor.size} bytes`));
    }
  }

  private skipOrDrop(answer: RawAnswer): number {
    try {
      return this.skipOf(answer);
    } catch (error) {
      answer.body.destroy();
      throw error;
    }
  }

  /** All pieces, then the verdict. Tries count anew after every progress. */
  async run(): Promise<void> {
    const { runtime } = this.session;
    const { signal } = this.deadline;
    const attempts = this.endpoint.mirror ? 2 : runtime.attempts;
    for (let failed = 0, resumes = 0; ; resumes += 1) {
      const before = this.progress.offset;
      try {
        await this.piece();
        this.judge();
        return;
      } catch (error) {
        if (!isOciError(error)) throw error;
        failed = this.progress.offset > before ? 1 : failed + 1;
        if (!isTransient(error) || failed >= attempts || resumes >= MAX_RESUMES || signal.aborted) {
          if (error.kind === 'damaged' && !isTransient(error)) await this.progress.spoil(error);
          throw error;
        }
        if ((error.retryAfterMs ?? 0) > runtime.retryAfterCapMs) throw error;
        await runtime.sleep(backoffMs(runtime, failed, error.retryAfterMs), signal).catch(() => {
          throw abortReason(signal, this.endpoint.registry, this.what);
        });
      }
    }
  }

  private judge(): void {
    const computed: Digest = `sha256:${this.progress.hash.digest('hex')}`;
    if (computed === this.descriptor.digest) return;
    throw this.error('damaged', `the bytes are ${computed}`);
  }
}
