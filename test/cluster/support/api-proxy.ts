import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A write that the control plane is about to make, with a key that is the same when the same thing is written again. */
export interface Write {
  readonly method: string;
  readonly path: string;
  readonly key: string;
}

/** `before`: the API server never sees it. `after`: it is done, but the answer never arrives. */
export type Cut = 'pass' | 'before' | 'after';

export interface ApiProxy {
  readonly url: string;
  readonly writes: readonly Write[];
  /** Asked for every write; on a cut `kill` is awaited and the connection dropped. */
  arm(decide: (write: Write) => Cut, kill: () => Promise<void>): void;
  close(): Promise<void>;
}

const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

function parse(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
  } catch {
    return {};
  }
}

const pick = (value: unknown, ...path: string[]): unknown => {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = Reflect.get(at, key) as unknown;
  }
  return at;
};

/** What the write is about, without times, counters and sentences: those differ at every try and would never end. */
function essence(path: string, object: Record<string, unknown>): unknown {
  if (path.includes('/leases')) return pick(object, 'spec', 'holderIdentity') === '' ? 'release' : 'hold';
  if (path.includes('/appliances/')) {
    return [
      pick(object, 'status', 'phase'),
      pick(object, 'status', 'operation', 'step'),
      pick(object, 'status', 'operation', 'outcome'),
    ];
  }
  if (path.includes('/operations')) {
    const steps = pick(object, 'status', 'steps');
    const states = Array.isArray(steps) ? steps.map((step) => pick(step, 'state')) : [];
    return [pick(object, 'status', 'outcome'), states];
  }
  const data = object['data'];
  const keys = typeof data === 'object' && data !== null ? Object.keys(data) : undefined;
  return [keys ?? JSON.stringify(object['spec']), pick(object, 'status', 'roles')];
}

function keyOf(method: string, url: string, body: Buffer): Write {
  const path = url.split('?')[0] ?? url;
  const stable = path.replace(/operations\/\d{14}-/, 'operations/');
  const what = JSON.stringify(essence(path, parse(body))).replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'time');
  return { method, path, key: `${method} ${stable} ${what}` };
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Sits between control plane and API server over plain loopback HTTP and can kill the control plane at any write. */
export async function startApiProxy(target: {
  apiServer: string;
  ca: string;
  /** Added to the user agent, so that the audit log tells two control planes apart. */
  name?: string;
}): Promise<ApiProxy> {
  const writes: Write[] = [];
  let decide: (write: Write) => Cut = () => 'pass';
  let kill: () => Promise<void> = () => Promise.resolve();

  const forward = (incoming: IncomingMessage, body: Buffer | undefined): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const url = new URL(incoming.url ?? '/', target.apiServer);
      const agent = [incoming.headers['user-agent'], target.name].filter((part) => part !== undefined);
      const options = {
        method: incoming.method,
        headers: { ...incoming.headers, host: url.host, 'user-agent': agent.join(' ') },
        ca: target.ca,
      };
      const outgoing =
        url.protocol === 'https:' ? httpsRequest(url, options, resolve) : httpRequest(url, options, resolve);
      outgoing.on('error', reject);
      const hangUp = (): void => void outgoing.destroy();
      incoming.socket.once('close', hangUp);
      outgoing.once('close', () => incoming.socket.off('close', hangUp));
      outgoing.end(body);
    });

  const relay = (answer: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    response.flushHeaders();
    answer.on('error', () => response.destroy());
    answer.pipe(response);
  };

  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const method = incoming.method ?? 'GET';
    if (!WRITES.has(method)) return relay(await forward(incoming, undefined), response);
    const body = await bodyOf(incoming);
    const write = keyOf(method, incoming.url ?? '/', body);
    writes.push(write);
    const cut = decide(write);
    if (cut === 'pass') return relay(await forward(incoming, body), response);
    if (cut === 'after') await bodyOf(await forward(incoming, body));
    await kill();
    incoming.socket.destroy();
  };

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy());
  });
  server.requestTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    writes,
    arm: (nextDecide, nextKill) => {
      decide = nextDecide;
      kill = nextKill;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
