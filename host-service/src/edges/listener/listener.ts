import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerBrokenRequest, problemResponse } from './broken-request.ts';

/** What is known about a connection, for whoever answers. */
export interface Connection {
  readonly peer: string;
  /** Ends the connection although the other side has not read everything. */
  readonly cut: () => void;
}
export type Serve = (request: Request, connection: Connection) => Response | Promise<Response>;

export interface Drain {
  /** Longest time of serving on after drain() in milliseconds. */
  readonly serveOnMs: number;
  /** Nobody routes to us by a list that may be late: serving on ends when the last connection has. */
  readonly endsEarly: boolean;
  /** Called when serving on is over: event streams have to end now. */
  readonly onServedOn: () => void;
  /** Longest time for requests under way after that, in milliseconds. */
  readonly graceMs: number;
}

export interface Listener {
  /** `host:port` that it listens on. */
  readonly address: string;
  /** Open connections. */
  connections(): number;
  /** Serves on for a while and says with each answer that the connection ends; then lets what is under way finish (design §6). */
  drain(how: Drain): Promise<void>;
  close(): Promise<void>;
}

/** Limits of a connection; times in milliseconds. Tests shorten them. */
export interface ListenerLimits {
  /** From the first byte to the last header line. */
  readonly headersMs: number;
  /** From the first byte to the last one of the body. An answer may take as long as it likes: event streams do. */
  readonly requestMs: number;
  /** Without any byte moving, in either direction. */
  readonly silentMs: number;
  readonly keepAliveMs: number;
  readonly headerBytes: number;
  readonly connections: number;
}
const LIMITS: ListenerLimits = {
  headersMs: 5_000,
  requestMs: 15_000,
  silentMs: 30_000,
  keepAliveMs: 20_000,
  headerBytes: 16 * 1024,
  connections: 1_024,
};
/** Milliseconds between looks while it drains. */
const LOOK_MS = 25;

/**
 * Listens on `host:port` as in `127.0.0.1:8080` or `[::1]:8080` and has `serve` answer.
 * Rejects when the address cannot be had.
 */
export async function listen(
  address: string,
  serve: Serve,
  overrides: Partial<ListenerLimits> = {},
): Promise<Listener> {
  const limits = { ...LIMITS, ...overrides };
  const state = { isDraining: false };
  const server = open(serve, limits, state);
  const colon = address.lastIndexOf(':');
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(address.slice(colon + 1)), address.slice(0, colon).replace(/^\[|\]$/g, ''), () => {
      server.off('error', reject);
      resolve();
    });
  });
  const sockets = new Set<unknown>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    address: nameOf(server.address()),
    connections: () => sockets.size,
    drain: async (how) => {
      state.isDraining = true;
      await drain(server, () => sockets.size, how);
      await close();
    },
    close,
  };
}

function open(serve: Serve, limits: ListenerLimits, state: { readonly isDraining: boolean }): Server {
  const listener = getRequestListener(
    (request, bindings) => {
      const incoming = bindings.incoming as IncomingMessage;
      const outgoing = bindings.outgoing as ServerResponse;
      // A client that keeps its connection would come back to a program that is about to go.
      if (state.isDraining) outgoing.setHeader('connection', 'close');
      return serve(request, {
        peer: incoming.socket.remoteAddress ?? '',
        cut: () => {
          if (!outgoing.writableFinished) outgoing.destroy();
        },
      });
    },
    {
      overrideGlobalObjects: false,
      // HTTP/1.0 has no Host header.
      hostname: 'localhost',
      errorHandler: () => problemResponse('request.invalid', 'the address of the request cannot be read'),
    },
  );
  const answer = (request: IncomingMessage, response: ServerResponse): void =>
    void listener(request, response);
  const server = createServer(
    {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: Math.min(1_000, limits.headersMs),
      keepAliveTimeout: limits.keepAliveMs,
      maxHeaderSize: limits.headerBytes,
    },
    answer,
  );
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    // While answers before this one are under way, Node would put its "go on" between our head and our body.
    if (response.socket !== null) response.writeContinue();
    answer(request, response);
  });
  server.maxConnections = limits.connections;
  // Bounded by their bytes. A number would drop the rest in silence, and with it perhaps the header that a check needs.
  server.maxHeadersCount = 0;
  server.setTimeout(limits.silentMs);
  server.on('clientError', answerBrokenRequest);
  return server;
}

async function drain(server: Server, open: () => number, how: Drain): Promise<void> {
  const until = async (deadline: number, isOver: () => boolean): Promise<void> => {
    while (!isOver() && performance.now() < deadline) await sleep(LOOK_MS);
  };
  const servedOn = performance.now() + how.serveOnMs;
  await until(servedOn, () => {
    if (!how.endsEarly) return false;
    server.closeIdleConnections();
    return open() === 0;
  });
  how.onServedOn();
  server.close();
  await until(performance.now() + how.graceMs, () => {
    server.closeIdleConnections();
    return open() === 0;
  });
}

function nameOf(address: string | AddressInfo | null): string {
  if (address === null || typeof address === 'string') return address ?? '';
  return address.family === 'IPv6'
    ? `[${address.address}]:${address.port}`
    : `${address.address}:${address.port}`;
}
