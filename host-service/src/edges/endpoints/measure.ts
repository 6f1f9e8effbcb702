import type { Socket } from 'node:net';
import type { EndpointReport, EndpointWish } from '../../contract/host/endpoint.ts';
import { isUntrusted } from '../../contract/host/untrusted.ts';
import { safeLine, type ProblemBody } from '../../contract/problem.ts';
import { certificateOf } from './certificate.ts';
import {
  addressesOf,
  ask,
  bareHost,
  HopError,
  open,
  portOf,
  secure,
  tunnel,
  type ProxyHeaders,
} from './hops.ts';

type Report = { -readonly [K in keyof EndpointReport]: EndpointReport[K] };

interface Clock {
  now(): Date;
  /** Milliseconds. */
  monotonic(): number;
}

/** What goes along with a measurement and stands in no object. */
export interface Along {
  /** For the proxy; the address itself never gets it. */
  readonly proxyCredential?: { readonly username: string; readonly password: string } | undefined;
}

/**
 * Goes to an address as the box will go there and writes down each hop: name, connection, proxy, certificate, answer (R-32). Never rejects, takes at
 * most as long as its hops, sends no credential but that of the proxy, and leaves nothing open.
 */
export async function measureEndpoint(
  wish: EndpointWish,
  clock: Clock,
  signal: AbortSignal,
  along: Along = {},
): Promise<EndpointReport> {
  const report: Report = { url: wish.url, at: clock.now().toISOString(), via: 'direct' };
  const sockets: Socket[] = [];
  try {
    await walk({ wish, report, sockets, clock, along: headersOf(along) }, signal);
  } catch (error) {
    if (!(error instanceof HopError)) throw error;
    report.problem = error.problem;
    if (error.status !== undefined && error.status >= 100) report.status = error.status;
  } finally {
    for (const socket of sockets) {
      socket.on('error', () => undefined);
      socket.destroy();
    }
  }
  return report;
}

interface Walk {
  readonly wish: EndpointWish;
  readonly report: Report;
  readonly sockets: Socket[];
  readonly clock: Clock;
  readonly along: ProxyHeaders;
}

const headersOf = ({ proxyCredential: given }: Along): ProxyHeaders =>
  given === undefined
    ? {}
    : {
        'proxy-authorization': `Basic ${Buffer.from(`${given.username}:${given.password}`).toString('base64')}`,
      };

async function walk({ wish, report, sockets, clock, along }: Walk, signal: AbortSignal): Promise<void> {
  const target = new URL(wish.url);
  const proxy = wish.proxy === undefined ? undefined : new URL(wish.proxy);
  if (proxy !== undefined) report.via = proxy.host;
  const keep = <S extends Socket>(socket: S): S => {
    sockets.push(socket);
    return socket;
  };
  const began = clock.monotonic();
  let socket = keep(await reach(proxy ?? target, proxy === undefined ? report : undefined, clock, signal));
  if (proxy?.protocol === 'https:') socket = keep(await trustedProxy(socket, proxy, wish.ca, signal));
  if (proxy !== undefined && target.protocol === 'https:') {
    socket = keep(await through(socket, target, { report, along }, signal));
  }
  report.tcpMs = spent(clock, began + (report.dnsMs ?? 0));
  if (target.protocol === 'https:') {
    const safe = keep(await secure(socket, target, wish.ca, signal));
    report.tls = certificateOf(safe);
    socket = safe;
  }
  const proxied = proxy !== undefined && target.protocol === 'http:' ? along : undefined;
  const sentAt = clock.monotonic();
  const { status, date } = await ask(socket, target, proxied, signal);
  if (status >= 100 && status < 600) report.status = status;
  const skew = skewOf(date, clock.now().getTime() - spent(clock, sentAt) / 2);
  if (skew !== undefined) report.dateSkewMs = skew;
  report.problem = problemOf(report, target, status);
}

/** A connection to the address or, where there is one, to the proxy; only the former's name is worth telling. */
async function reach(
  url: URL,
  report: Report | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<Socket> {
  try {
    const began = clock.monotonic();
    const addresses = await addressesOf(bareHost(url), signal);
    if (report !== undefined) {
      report.dnsMs = spent(clock, began);
      report.addresses = addresses.slice(0, 8);
    }
    return await open(addresses, portOf(url), signal);
  } catch (error) {
    if (report !== undefined || !(error instanceof HopError)) throw error;
    throw new HopError('registry.proxy', `the proxy cannot be reached: ${error.problem.detail}`);
  }
}

async function trustedProxy(
  socket: Socket,
  proxy: URL,
  ca: string | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  const safe = await secure(socket, proxy, ca, signal);
  if (safe.authorized) return safe;
  safe.destroy();
  throw new HopError('registry.proxy', 'the proxy shows a certificate that this box does not trust');
}

/** A proxy that wants a password was reached: then the connection itself is good. */
async function through(
  socket: Socket,
  target: URL,
  { report, along }: Pick<Walk, 'report' | 'along'>,
  signal: AbortSignal,
): Promise<Socket> {
  try {
    return await tunnel(socket, target, along, signal);
  } catch (error) {
    if (error instanceof HopError && error.status === 407) report.tcpMs = 0;
    throw error;
  }
}

const spent = (clock: Clock, since: number): number =>
  Math.min(600_000, Math.max(0, Math.round(clock.monotonic() - since)));

/** HTTP dates have no fractions: half a second is the likely rest. */
function skewOf(date: string | undefined, now: number): number | undefined {
  const there = Date.parse(date ?? '');
  return Number.isNaN(there) ? undefined : Math.round(there + 500 - now);
}

function problemOf({ tls, via }: Report, { host }: URL, status: number): ProblemBody | undefined {
  if (tls?.trusted === false) {
    const guess = isUntrusted(tls.reason) ? '; this looks like a TLS-inspecting proxy' : '';
    const detail = `${host}: ${tls.reason ?? 'not trusted'}, issued by ${tls.issuer} for ${tls.subject}${guess}`;
    return { code: 'registry.tls', detail: safeLine(detail) };
  }
  if (status === 407)
    return { code: 'registry.proxy', detail: `the proxy ${via} wants a name and a password` };
  if (status === 403) return { code: 'registry.denied', detail: `${host} answers 403` };
  if (status >= 500) return { code: 'registry.outage', detail: `${host} answers ${status}` };
  return undefined;
}
