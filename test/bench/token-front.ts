import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface TokenFront {
  /** host:port */
  readonly address: string;
  readonly realm: string;
  /** Counts since the last reset. */
  counts(): { readonly requests: number; readonly connections: number };
  reset(delayMs: number): void;
  close(): Promise<void>;
}

/**
 * A registry that wants a bearer token, as ghcr does, in front of one that does not. Adds `delayMs` to every request, to stand for a network.
 * Counts requests and TCP connections, so that clients of any kind can be compared.
 */
export async function startTokenFront(upstream: string): Promise<TokenFront> {
  let requests = 0;
  let connections = 0;
  let delay = 0;
  const [host = '127.0.0.1', upstreamPort = '5000'] = upstream.split(':');
  const realm = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;

  const challenge = (incoming: IncomingMessage, response: ServerResponse): void => {
    const repository = /^\/v2\/(.+?)\/(?:manifests|blobs|tags|referrers)\//.exec(incoming.url ?? '')?.[1];
    const action = incoming.method === 'GET' || incoming.method === 'HEAD' ? 'pull' : 'pull,push';
    const scope = repository === undefined ? '' : `,scope="repository:${repository}:${action}"`;
    response.writeHead(401, {
      'www-authenticate': `Bearer realm="${realm()}",service="bench"${scope}`,
      'content-type': 'application/json',
    });
    response.end('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}');
  };

  const relay = (incoming: IncomingMessage, response: ServerResponse): void => {
    // The name by which the registry was asked stays: it makes the addresses of its answers from it.
    const headers = { ...incoming.headers };
    delete headers.authorization;
    const outgoing = request(
      {
        host,
        port: Number(upstreamPort),
        method: incoming.method,
        path: incoming.url,
        headers,
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  };

  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    requests += 1;
    if (delay > 0) await sleep(delay);
    if (incoming.url?.startsWith('/token') === true) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"token":"bench-token","expires_in":300}');
      return;
    }
    if (incoming.headers.authorization !== 'Bearer bench-token') return challenge(incoming, response);
    relay(incoming, response);
  };

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 60_000;
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    realm: realm(),
    counts: () => ({ requests, connections }),
    reset: (delayMs) => {
      requests = 0;
      connections = 0;
      delay = delayMs;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
