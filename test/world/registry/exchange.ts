import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RegistryFault } from '../ports.ts';
import type { Content } from './content.ts';

/** Most bytes of one manifest (the least that registries have to take, distribution-spec "Pushing Manifests"), one blob, and of everything. */
export interface Limits {
  readonly manifestBytes: number;
  readonly blobBytes: number;
  readonly totalBytes: number;
}

/** One request with all that its answer needs. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly content: Content;
  readonly limits: Limits;
  readonly fault: RegistryFault;
}

/** An answer other than the one asked for, in the words of distribution-spec "Error Codes". */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export function sendRefusal(response: ServerResponse, refusal: Refusal): void {
  const { status, code, message, headers } = refusal;
  const body = Buffer.from(JSON.stringify({ errors: [{ code, message, detail: null }] }));
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': body.length,
    ...headers,
  });
  response.end(body);
}

export function sendJson(
  response: ServerResponse,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(200, { 'content-type': 'application/json', ...headers, 'content-length': body.length });
  response.end(body);
}

/** The request's whole body. @throws Refusal 413 before more than `max` bytes are kept */
export async function bodyOf(request: IncomingMessage, max: number): Promise<Buffer> {
  const tooLarge = (): Refusal => {
    // The rest is read and dropped: a client that is still sending would otherwise never see the answer.
    request.resume();
    return new Refusal(413, 'SIZE_INVALID', `more than ${max} bytes`);
  };
  if (Number(request.headers['content-length'] ?? 0) > max) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const piece of request.iterator({ destroyOnReturn: false })) {
    const chunk = piece as Buffer;
    size += chunk.length;
    if (size > max) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** `Range: bytes=a-b`, `a-` or `-n` of so many bytes, both ends included; undefined when it does not ask for one part. */
function rangeOf(header: string | undefined, size: number): readonly [number, number] | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  const [first, last] = [match[1] ?? '', match[2] ?? ''];
  if (first === '') return [Math.max(0, size - Number(last)), size - 1];
  return [Number(first), last === '' ? size - 1 : Math.min(Number(last), size - 1)];
}

/** What goes over the wire under a fault: the same number of announced bytes, but cut in half or with one bit turned. */
function deliver(exchange: Exchange, bytes: Buffer): void {
  const { response, request, fault } = exchange;
  if (request.method === 'HEAD') {
    response.end();
  } else if (fault.kind === 'truncate') {
    const half = bytes.subarray(0, Math.floor(bytes.length / 2));
    response.flushHeaders();
    // Only what the socket took can arrive: the connection goes when the half is handed over.
    if (half.length === 0) response.socket?.destroySoon();
    else response.write(half, () => response.socket?.destroySoon());
  } else if (fault.kind === 'lie' && bytes.length > 0) {
    const other = Buffer.from(bytes);
    const middle = Math.floor(bytes.length / 2);
    other.writeUInt8(other.readUInt8(middle) ^ 1, middle);
    response.end(other);
  } else {
    response.end(bytes);
  }
}

/** Answers GET and HEAD with bytes that have a digest: conditional, and in part when asked for. */
export function sendBytes(
  exchange: Exchange,
  bytes: Buffer,
  described: { readonly digest: string; readonly mediaType: string },
): void {
  const { request, response } = exchange;
  const etag = `"${described.digest}"`;
  const headers = {
    'docker-content-digest': described.digest,
    etag,
    'content-type': described.mediaType,
    'accept-ranges': 'bytes',
  };
  const known = (request.headers['if-none-match'] ?? '')
    .split(',')
    .map((one) => one.trim().replace(/^W\//, ''));
  if (known.includes(etag) || known.includes('*')) {
    response.writeHead(304, headers).end();
    return;
  }
  const range = request.method === 'GET' ? rangeOf(request.headers.range, bytes.length) : undefined;
  if (range === undefined) {
    response.writeHead(200, { ...headers, 'content-length': bytes.length });
    deliver(exchange, bytes);
    return;
  }
  const [first, last] = range;
  if (first > last) {
    const unsatisfied = { 'content-range': `bytes */${bytes.length}` };
    throw new Refusal(416, 'RANGE_INVALID', 'no such part', unsatisfied);
  }
  const part = bytes.subarray(first, last + 1);
  response.writeHead(206, {
    ...headers,
    'content-length': part.length,
    'content-range': `bytes ${first}-${last}/${bytes.length}`,
  });
  deliver(exchange, part);
}
