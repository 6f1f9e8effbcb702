import { createServer, type IncomingMessage } from 'node:http';
import { connect, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Pair } from './certificates.ts';
import { listenHere } from './sockets.ts';

export interface ProxyOptions {
  /** Ports on loopback by what clients ask for (`name:port`): the names of the outside world, which only this proxy can find. */
  readonly hosts: ReadonlyMap<string, number>;
  readonly credential?: { readonly user: string; readonly password: string } | undefined;
  /** Opens safe connections and shows this certificate instead, by name; what comes out goes on in the clear to `hosts`. */
  readonly inspects?: ReadonlyMap<string, Pair> | undefined;
}

export interface RecordingProxy {
  readonly address: string;
  /** What was asked for, `name:port`, each time; refused requests as well. */
  readonly asked: readonly string[];
  /** How many were refused because they came without the password. */
  readonly unauthorized: () => number;
  stop(): Promise<void>;
}

/** A forward proxy that writes down where everybody wants to go, and leads to nowhere but `hosts`. */
export async function startProxy({ hosts, credential, inspects }: ProxyOptions): Promise<RecordingProxy> {
  const asked: string[] = [];
  let unauthorized = 0;
  const wanted =
    credential === undefined
      ? undefined
      : `Basic ${Buffer.from(`${credential.user}:${credential.password}`).toString('base64')}`;
  const isLetIn = ({ headers }: IncomingMessage): boolean =>
    wanted === undefined || headers['proxy-authorization'] === wanted;
  const server = createServer((incoming, answer) => {
    asked.push(URL.parse(incoming.url ?? '')?.host ?? String(incoming.url));
    // Plain requests lead nowhere: nobody ought to make one.
    answer.writeHead(isLetIn(incoming) ? 502 : 407).end();
  });
  server.on('connect', (incoming: IncomingMessage, client: Duplex, head: Buffer) => {
    const target = incoming.url ?? '';
    asked.push(target);
    client.on('error', () => client.destroy());
    if (!(client instanceof Socket)) return;
    if (!isLetIn(incoming)) {
      unauthorized += 1;
      client.end(
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="corp"\r\n\r\n',
      );
      return;
    }
    const port = hosts.get(target);
    if (port === undefined) {
      client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
      return;
    }
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (head.length > 0) client.unshift(head);
    lead(client, connect({ host: '127.0.0.1', port }), inspects?.get(target.replace(/:\d+$/, '')));
  });
  const { port, stop } = await listenHere(server);
  return { address: `http://127.0.0.1:${port}`, asked, unauthorized: () => unauthorized, stop };
}

function lead(client: Socket, upstream: Socket, pair: Pair | undefined): void {
  const near = pair === undefined ? client : new TLSSocket(client, { isServer: true, ...pair });
  const end = (): void => {
    near.destroy();
    client.destroy();
    upstream.destroy();
  };
  for (const one of [near, client, upstream]) one.on('error', end).on('close', end);
  near.pipe(upstream);
  upstream.pipe(near);
}
