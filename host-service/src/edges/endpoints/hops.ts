import { lookup, type LookupAddress } from 'node:dns';
import { request } from 'node:http';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, getCACertificates, type TLSSocket } from 'node:tls';
import { safeLine, type ProblemBody, type ProblemCode } from '../../contract/problem.ts';

/** Milliseconds that one hop may take. */
export const HOP_MS = 5_000;

/** Why a hop did not come off. */
export class HopError extends Error {
  readonly problem: ProblemBody;
  /** Of an HTTP answer that came instead. */
  readonly status: number | undefined;

  constructor(code: ProblemCode, detail: string, status?: number) {
    super(detail);
    this.problem = { code, detail: safeLine(detail) };
    this.status = status;
  }
}

/** One hop that ends exactly once: by its outcome, by the time or by the caller. `undo` takes back what came too late. */
async function hop<T>(
  signal: AbortSignal,
  late: () => HopError,
  start: (resolve: (value: T) => void, reject: (error: HopError) => void) => () => void,
): Promise<T> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const held: { undo: () => void } = { undo: () => undefined };
    const end = (act: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stopped);
      act();
    };
    const fail = (error: Error): void =>
      end(() => {
        held.undo();
        reject(error);
      });
    const stopped = (): void => fail(new HopError('registry.cancelled', 'the measurement was stopped'));
    const timer = setTimeout(() => fail(late()), HOP_MS);
    signal.addEventListener('abort', stopped, { once: true });
    held.undo = start((value) => end(() => resolve(value)), fail);
  });
}

const codeOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
/** A URL writes an address of the new kind in brackets; nobody else does. */
export const bareHost = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');
export const portOf = ({ port, protocol }: URL): number =>
  port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port);

/** The system's resolver, as far as it is asked here. */
export type AskNames = (
  name: string,
  options: { readonly all: true },
  callback: (error: Error | null, found: readonly LookupAddress[]) => void,
) => void;

/** All addresses of a name, of both kinds (B-73). @throws HopError registry.dns */
export function addressesOf(
  name: string,
  signal: AbortSignal,
  ask: AskNames = lookup,
): Promise<readonly string[]> {
  if (isIP(name) !== 0) return Promise.resolve([name]);
  const late = (): HopError =>
    new HopError('registry.dns', `${name}: the name servers did not answer in time`);
  return hop(signal, late, (resolve, reject) => {
    ask(name, { all: true }, (error, found) => {
      if (error !== null) reject(new HopError('registry.dns', `${name}: ${dnsText(codeOf(error))}`));
      else if (found.length === 0) reject(new HopError('registry.dns', `${name} has no address`));
      else resolve(found.map(({ address }) => address));
    });
    return () => undefined;
  });
}

function dnsText(code: string): string {
  if (code === 'ENOTFOUND' || code === 'ENODATA') return 'there is no such name';
  if (code === 'EAI_AGAIN' || code === 'ETIMEOUT') return 'the name servers do not answer';
  return `the name was not found (${code})`;
}

/** A connection to the first of the addresses that answers. @throws HopError registry.connect, registry.timeout */
export function open(addresses: readonly string[], port: number, signal: AbortSignal): Promise<Socket> {
  const at = `${addresses[0] ?? ''} port ${port}`;
  const late = (): HopError => new HopError('registry.timeout', `${at}: no answer within ${HOP_MS / 1000} s`);
  return hop(signal, late, (resolve, reject) => {
    const socket = connect({ host: 'measured', port, lookup: answerWith(addresses), autoSelectFamily: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', (error) => reject(new HopError('registry.connect', `${at}: ${connectText(error)}`)));
    return () => socket.destroy();
  });
}

/** What was looked up is what is dialled: a second look could answer something else. */
const answerWith =
  (addresses: readonly string[]): LookupFunction =>
  (_, options, callback) => {
    const found = addresses.map((address) => ({ address, family: isIP(address) }));
    const [first] = found;
    if (options.all === true || first === undefined) callback(null, found);
    else callback(null, first.address, first.family);
  };

function connectText(error: Error): string {
  const [first] = error instanceof AggregateError ? (error.errors as readonly unknown[]) : [error];
  const code = first instanceof Error ? codeOf(first) : 'unknown';
  if (code === 'ECONNREFUSED') return 'nothing listens there, or a firewall refuses';
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return 'there is no way to that address';
  if (code === 'ECONNRESET') return 'the connection was cut';
  return `no connection (${code})`;
}

/** Headers for the proxy, such as the one with its password. */
export type ProxyHeaders = Readonly<Record<string, string>>;

/** A tunnel through a forward proxy. @throws HopError registry.proxy */
export function tunnel(
  proxy: Socket,
  target: URL,
  extra: ProxyHeaders,
  signal: AbortSignal,
): Promise<Socket> {
  const path = `${target.hostname}:${portOf(target)}`;
  const late = (): HopError => new HopError('registry.proxy', `the proxy did not lead to ${path} in time`);
  return hop(signal, late, (resolve, reject) => {
    const asked = request({
      createConnection: () => proxy,
      method: 'CONNECT',
      path,
      headers: { host: path, ...extra },
    });
    asked.once('connect', (answer, socket, rest) => {
      const status = answer.statusCode ?? 0;
      if (status !== 200)
        return reject(new HopError('registry.proxy', `the proxy answers ${status} for ${path}`, status));
      if (rest.length > 0) socket.unshift(rest);
      resolve(socket);
    });
    asked.once('error', (error) =>
      reject(new HopError('registry.proxy', `the proxy cut the connection (${codeOf(error)})`)),
    );
    asked.end();
    return () => proxy.destroy();
  });
}

/** Public authorities, those of the system, and those that were added. */
export const authorities = (ca: string | undefined): string[] => [
  ...new Set([
    ...getCACertificates('default'),
    ...getCACertificates('system'),
    ...(ca === undefined ? [] : [ca]),
  ]),
];

/**
 * A safe connection, also to somebody who is not trusted: that is what is to be found out. Nothing secret ever goes through it.
 *
 * @throws HopError registry.tls when no safe connection comes about at all
 */
export function secure(
  socket: Socket,
  target: URL,
  ca: string | undefined,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const name = bareHost(target);
  const late = (): HopError =>
    new HopError('registry.tls', `${name}: no safe connection within ${HOP_MS / 1000} s`);
  return hop(signal, late, (resolve, reject) => {
    const safe = connectTls({
      ...{ socket, ca: authorities(ca), rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] },
      // The certificate is compared with this name; only names are sent, as the protocol wants it.
      ...{ host: name, ...(isIP(name) === 0 ? { servername: name } : {}) },
    });
    safe.once('secureConnect', () => resolve(safe));
    safe.once('error', (error: Error) => reject(new HopError('registry.tls', `${name}: ${codeOf(error)}`)));
    return () => safe.destroy();
  });
}

/** Status and date of the answer to one GET; the body is not read. @throws HopError registry.connect, registry.timeout, registry.protocol */
export function ask(
  socket: Socket,
  target: URL,
  proxied: ProxyHeaders | undefined,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly date: string | undefined }> {
  const { host } = target;
  const late = (): HopError =>
    new HopError('registry.timeout', `${host}: no answer within ${HOP_MS / 1000} s`);
  return hop(signal, late, (resolve, reject) => {
    const asked = request({
      ...{ createConnection: () => socket, method: 'GET', host: bareHost(target) },
      path: proxied === undefined ? target.pathname : target.href,
      headers: { host, 'user-agent': 'appliance-check', connection: 'close', ...proxied },
    });
    asked.once('response', (answer) => {
      resolve({ status: answer.statusCode ?? 0, date: answer.headers.date });
      socket.destroy();
    });
    asked.on('error', (error) => {
      const code = codeOf(error).startsWith('HPE_') ? 'registry.protocol' : 'registry.connect';
      reject(new HopError(code, `${host}: the connection was cut (${codeOf(error)})`));
    });
    asked.end();
    return () => socket.destroy();
  });
}
