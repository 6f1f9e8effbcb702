import { request } from 'node:http';
import { createServer } from 'node:https';
import type { Pair } from './certificates.ts';
import { listenHere } from './sockets.ts';

export interface FrontOptions {
  readonly pair: Pair;
  /** Port of the plain service behind it, on loopback. */
  readonly port: number;
  /** Basic credential that everything needs. */
  readonly credential?: { readonly user: string; readonly password: string } | undefined;
}

export interface Front {
  readonly port: number;
  /** Requests that were answered by the service behind it. */
  readonly answered: () => number;
  stop(): Promise<void>;
}

/** A safe connection in front of a plain service: what a registry on the public network looks like. */
export async function startFront({ pair, port, credential }: FrontOptions): Promise<Front> {
  let answered = 0;
  const wanted =
    credential === undefined
      ? undefined
      : `Basic ${Buffer.from(`${credential.user}:${credential.password}`).toString('base64')}`;
  const server = createServer(pair, (incoming, answer) => {
    if (wanted !== undefined && incoming.headers.authorization !== wanted) {
      answer.writeHead(401, { 'www-authenticate': 'Basic realm="private"' }).end('{"errors":[]}');
      return;
    }
    answered += 1;
    const headers = { ...incoming.headers };
    delete headers.authorization;
    const outgoing = request(
      { host: '127.0.0.1', port, method: incoming.method, path: incoming.url, headers },
      (inner) => {
        answer.writeHead(inner.statusCode ?? 502, inner.headers);
        inner.pipe(answer);
      },
    );
    outgoing.on('error', () => answer.destroy());
    incoming.pipe(outgoing);
  });
  const { port: own, stop } = await listenHere(server);
  return { port: own, answered: () => answered, stop };
}
