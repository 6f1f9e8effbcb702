import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a path answers. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Listener {
  /** `host:port` that it listens on. */
  readonly address: string;
  close(): Promise<void>;
}

/** Milliseconds: whoever is slower than this to send a few header lines is no probe. */
const HEADERS_MS = 5_000;

/**
 * Answers GET for the given paths with JSON; everything else is 404 or 405. `host` and `port` as in `127.0.0.1:8080` or `[::1]:8080`.
 * Rejects when the address cannot be had.
 */
export async function listen(address: string, answers: ReadonlyMap<string, () => Answer>): Promise<Listener> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  const server = createServer(
    { headersTimeout: HEADERS_MS, requestTimeout: HEADERS_MS },
    (request, response) => respond(request, response, answers),
  );
  server.maxConnections = 256;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(address.slice(colon + 1)), host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    address: nameOf(server.address()),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answers: ReadonlyMap<string, () => Answer>,
): void {
  request.resume();
  const [path = ''] = (request.url ?? '').split('?', 1);
  const answer = answers.get(path);
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const { status, body } =
    answer === undefined
      ? { status: 404, body: { code: 'not-found' } }
      : isRead
        ? answer()
        : { status: 405, body: { code: 'method-not-allowed' } };
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    ...(status === 503 ? { connection: 'close' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : `${JSON.stringify(body)}\n`);
}

function nameOf(address: string | AddressInfo | null): string {
  if (address === null || typeof address === 'string') return address ?? '';
  return address.family === 'IPv6'
    ? `[${address.address}]:${address.port}`
    : `${address.address}:${address.port}`;
}
