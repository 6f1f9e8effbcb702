import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createPlain } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTls } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Log } from 'host-service/engine/ports.ts';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Whether the client showed a certificate of `Tls.clientCa`. */
  readonly authorized: boolean;
}
export type Handler = (seen: Seen, answer: ServerResponse) => void | Promise<void>;

/** A server that does exactly what a test says, over real sockets. */
export interface ScriptedServer {
  readonly url: string;
  readonly seen: readonly Seen[];
  readonly connections: () => number;
  handle: Handler;
  /** Cuts all connections, as a power cut of the server does. */
  cut(): void;
  stop(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

export interface Tls {
  readonly cert: string;
  readonly key: string;
  /** Asks for client certificates of this authority, and lets the handler decide, as the API server does. */
  readonly clientCa?: string;
}

export async function startScripted(handle: Handler, tls?: Tls, port = 0): Promise<ScriptedServer> {
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const listener = (request: IncomingMessage, answer: ServerResponse): void => {
    void bodyOf(request)
      .then(async (body) => {
        const url = new URL(request.url ?? '/', 'http://x');
        const one = {
          method: request.method ?? '',
          path: url.pathname,
          query: url.searchParams,
          headers: request.headers,
          body,
          authorized: 'authorized' in request.socket && request.socket.authorized === true,
        };
        seen.push(one);
        await server.handle(one, answer);
      })
      .catch(() => answer.destroy());
  };
  const http =
    tls === undefined
      ? createPlain(listener)
      : createTls(
          {
            cert: tls.cert,
            key: tls.key,
            ...(tls.clientCa === undefined
              ? {}
              : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: false }),
          },
          listener,
        );
  http.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  http.listen(port, '127.0.0.1');
  await once(http, 'listening');
  const server: ScriptedServer = {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(http.address() as AddressInfo).port}`,
    seen,
    connections: () => connections,
    handle,
    cut,
    stop: async () => {
      cut();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return server;
}

export function json(
  answer: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  answer.writeHead(status, { 'content-type': 'application/json', ...headers });
  answer.end(JSON.stringify(body));
}

export const status = (code: number, reason: string, message: string, details: object = {}): object => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  code,
  reason,
  message,
  details,
});

export const configMap = (
  name: string,
  resourceVersion = '1',
  data: Record<string, string> = {},
): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name,
    namespace: 'default',
    uid: `uid-${name}`,
    resourceVersion,
    managedFields: [{ manager: 'x' }],
  },
  data,
});

export interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: Record<string, unknown>;
}

/** A log that keeps what is written. */
export function keptLog(): { readonly log: Log; readonly lines: readonly Line[] } {
  const lines: Line[] = [];
  const at =
    (level: string) =>
    (message: string, fields: Record<string, unknown> = {}): void =>
      void lines.push({ level, message, fields });
  return { lines, log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } };
}

/** A self-signed certificate for loopback, which is its own authority. */
export async function selfSigned(name: string): Promise<Tls> {
  const folder = await mkdtemp(join(tmpdir(), 'tls-'));
  try {
    const file = (end: string): string => join(folder, end);
    await promisify(execFile)('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-keyout', file('key'), '-out', file('cert'), '-subj', `/CN=${name}`],
      ...['-addext', 'subjectAltName=IP:127.0.0.1'],
    ]);
    return { cert: await readFile(file('cert'), 'utf8'), key: await readFile(file('key'), 'utf8') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Asks until it holds; the deadline is generous because it only ends tests that have failed. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
