import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ProblemAnswer } from '../../contract/api/problem-answer.ts';
import { PROBLEMS, type ProblemCode } from '../../contract/problem.ts';

/** What could not even be read as a request, by Node's name for it. */
const CODES: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['request.too-large', 'the headers are too long'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['request.too-large', 'the chunk extensions are too long'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request.invalid', 'the request did not arrive in time'],
};

function bodyOf(code: ProblemCode, detail: string): { readonly status: number; readonly text: string } {
  const { http: status, title, remedy } = PROBLEMS[code];
  const body: ProblemAnswer = { code, title, remedy, detail, requestId: randomUUID() };
  return { status, text: JSON.stringify(body) };
}

const HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  connection: 'close',
} as const;

/** A problem for a request that never reached the API. */
export function problemResponse(code: ProblemCode, detail: string): Response {
  const { status, text } = bodyOf(code, detail);
  return new Response(text, { status, headers: HEADERS });
}

/** Answers what is no HTTP, is too long or too slow, and ends the connection. */
export function answerBrokenRequest(error: Error & { readonly code?: string }, socket: Duplex): void {
  // A peer that has gone, or an answer that is already on its way: nothing more may be written.
  if (error.code === 'ECONNRESET' || !socket.writable || hasBegun(socket)) return void socket.destroy();
  const [code, detail] = CODES[error.code ?? ''] ?? ['request.invalid', 'this is not HTTP/1.1'];
  const { status, text } = bodyOf(code, detail);
  const head = Object.entries({ ...HEADERS, 'content-length': String(Buffer.byteLength(text)) });
  const lines = head.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines}\r\n${text}`);
  // Whoever does not end its side either keeps nothing of ours.
  socket.once('finish', () => socket.destroy());
}

/** Node keeps the answer under way on the socket, under a private name. */
function hasBegun(socket: Duplex): boolean {
  const message: unknown = Reflect.get(socket, '_httpMessage');
  return typeof message === 'object' && message !== null && Reflect.get(message, 'headersSent') === true;
}
