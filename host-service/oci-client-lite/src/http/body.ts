import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Runtime } from '../defaults.ts';
import { OciError } from '../errors.ts';
import { abortReason } from './transport.ts';
import type { RawAnswer } from './transport.ts';
import { failureOf } from './failure.ts';
import { transient } from './retry.ts';

export interface BodyContext {
  readonly runtime: Runtime;
  readonly registry: string;
  readonly signal: AbortSignal;
  /** What is being read, for error texts. */
  readonly what: string;
}

/** Bytes announced; undefined when the header is missing or no plain number. */
export function contentLength(answer: RawAnswer): number | undefined {
  const text = answer.header('content-length');
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Only untransformed bytes can be hashed; a registry that compresses anyway is refused, never decompressed. */
export function requireIdentity(answer: RawAnswer, context: BodyContext): void {
  const encoding = answer.header('content-encoding')?.trim().toLowerCase();
  if (encoding === undefined || encoding === '' || encoding === 'identity') return;
  answer.body.destroy();
  throw new OciError(
    'protocol',
    context.registry,
    `${context.what}: content-encoding ${encoding} was not asked for`,
  );
}

function readFailure(error: unknown, context: BodyContext, received: number): OciError {
  if (context.signal.aborted) return abortReason(context.signal, context.registry, context.what);
  const failure = failureOf(error, context.registry, context.what);
  if (failure.kind === 'too-slow') {
    const detail = `${context.what}: nothing arrived for ${context.runtime.rateWindowMs} ms`;
    return new OciError('too-slow', context.registry, detail);
  }
  if (failure.kind !== 'connect' && failure.kind !== 'cancelled') return failure;
  const detail = `${context.what}: the body ended early after ${received} bytes`;
  return transient(new OciError('damaged', context.registry, detail, { cause: error }));
}

/**
 * The body piece by piece. Ends the connection when bytes come slower than the minimum rate.
 *
 * @throws OciError `too-slow`, `damaged` (cut short), `cancelled`, `timeout`
 */
export async function* chunksOf(answer: RawAnswer, context: BodyContext): AsyncGenerator<Uint8Array> {
  const { runtime } = context;
  let received = 0;
  // Only time spent waiting for the network counts: a slow reader is not the registry's fault.
  let waited = 0;
  let windowBytes = 0;
  let asked = runtime.now();
  try {
    for await (const piece of answer.body) {
      const chunk: unknown = piece;
      if (!(chunk instanceof Uint8Array)) throw new OciError('protocol', context.registry, 'a body of text');
      answer.count(chunk.length);
      received += chunk.length;
      windowBytes += chunk.length;
      waited += runtime.now() - asked;
      yield chunk;
      asked = runtime.now();
      if (waited < runtime.rateWindowMs) continue;
      if (windowBytes * 1000 < runtime.minBytesPerSecond * waited) {
        const rate = Math.round((windowBytes * 1000) / waited);
        throw new OciError('too-slow', context.registry, `${context.what}: only ${rate} bytes a second`);
      }
      waited = 0;
      windowBytes = 0;
    }
    // One turn of the event loop: only then does the pool know that this connection is free again.
    await nextTurn();
  } catch (error) {
    answer.body.destroy();
    throw readFailure(error, context, received);
  }
}

/**
 * The whole body, at most `max` bytes. More, announced or real, ends the connection.
 *
 * @throws OciError `too-large` and those of `chunksOf`
 */
export async function readAll(answer: RawAnswer, max: number, context: BodyContext): Promise<Uint8Array> {
  requireIdentity(answer, context);
  const tooLarge = (): OciError =>
    new OciError('too-large', context.registry, `${context.what}: more than ${max} bytes`, {
      status: answer.status,
    });
  if ((contentLength(answer) ?? 0) > max) {
    answer.body.destroy();
    throw tooLarge();
  }
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of chunksOf(answer, context)) {
    total += chunk.length;
    if (total > max) {
      answer.body.destroy();
      throw tooLarge();
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, total);
}

/** Reads and drops a small body, so that the connection can be used again; a large one ends the connection. */
export async function discard(answer: RawAnswer): Promise<void> {
  const LIMIT = 65_536;
  if ((contentLength(answer) ?? 0) > LIMIT) {
    answer.body.destroy();
    return;
  }
  let total = 0;
  try {
    for await (const piece of answer.body) {
      const chunk: unknown = piece;
      total += chunk instanceof Uint8Array ? chunk.length : 0;
      if (total > LIMIT) break;
    }
  } catch {
    // The answer's status was already read; how its unwanted body ended changes nothing.
  }
  answer.count(total);
  await nextTurn();
}
