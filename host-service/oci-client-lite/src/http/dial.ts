import { lookup as systemLookup } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { LookupFunction } from 'node:net';
import { connect as tlsConnect, getCACertificates } from 'node:tls';
import { buildConnector } from 'undici';
import { safeText } from '../text.ts';
import type { TlsFailure } from '../errors.ts';
import type { RegistrySettings } from '../types.ts';
import { addressClass } from './addresses.ts';
import type { AddressClass } from './addresses.ts';
import { HookError } from './failure.ts';

/** Judges an address a name resolved to; answers why not, or undefined. */
export type AddressGuard = (address: string, type: AddressClass) => string | undefined;

export interface DialSettings {
  readonly ca: readonly string[];
  readonly registry: RegistrySettings | undefined;
  readonly connectMs: number;
  readonly proxy: URL | undefined;
  /** Kind of the error when `judge` says no. */
  readonly refusal: 'redirect-refused' | 'realm-refused';
  readonly judge: AddressGuard;
  readonly onConnection: () => void;
}

export interface TlsTrust {
  readonly ca?: string[];
  readonly cert?: string;
  readonly key?: string;
  readonly rejectUnauthorized?: boolean;
}

/** Own certificates come on top of the system's and Node's roots: setting `ca` alone would replace them. */
export function tlsTrust(own: readonly string[], registry: RegistrySettings | undefined): TlsTrust {
  const extra = [...own, ...(registry?.ca ?? [])];
  return {
    ...(extra.length === 0
      ? {}
      : { ca: [...new Set([...getCACertificates('default'), ...getCACertificates('system'), ...extra])] }),
    ...(registry?.clientCert === undefined
      ? {}
      : { cert: registry.clientCert.cert, key: registry.clientCert.key }),
    ...(registry?.insecureSkipVerify === true ? { rejectUnauthorized: false } : {}),
  };
}

/** A lookup whose every answer is judged, so that a public name cannot point at a private address. */
function guardedLookup(settings: DialSettings): LookupFunction {
  return (hostname, options, callback) => {
    systemLookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      for (const { address } of found) {
        const why = settings.judge(address, addressClass(address) ?? 'special');
        if (why !== undefined) {
          callback(new HookError(settings.refusal, `${hostname} resolves to ${address}: ${why}`), []);
          return;
        }
      }
      const first = found[0];
      if (options.all === true || first === undefined) callback(null, found);
      else callback(null, first.address, first.family);
    });
  };
}

/** Opens a CONNECT tunnel through a forward proxy (RFC 9110 9.3.6). */
export function openTunnel(
  proxy: URL,
  target: string,
  settings: Pick<DialSettings, 'ca' | 'connectMs'>,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const secure = proxy.protocol === 'https:';
    const send = secure ? httpsRequest : httpRequest;
    const refuse = (why: string): void => reject(new HookError('proxy', why));
    const request = send({
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port === '' ? (secure ? 443 : 80) : Number(proxy.port),
      method: 'CONNECT',
      path: target,
      agent: false,
      headers: { host: target, ...proxyAuthorization(proxy) },
      ...(secure ? tlsTrust(settings.ca, undefined) : {}),
    });
    const timer = setTimeout(() => request.destroy(new Error('no answer in time')), settings.connectMs);
    request.once('connect', (answer, socket) => {
      clearTimeout(timer);
      if (answer.statusCode === 200) {
        resolve(socket);
        return;
      }
      socket.destroy();
      refuse(`the proxy ${proxy.host} answered ${answer.statusCode ?? 0} to CONNECT`);
    });
    request.once('response', (answer) => {
      clearTimeout(timer);
      request.destroy();
      refuse(`the proxy ${proxy.host} answered ${answer.statusCode ?? 0} to CONNECT`);
    });
    request.once('error', (error) => {
      clearTimeout(timer);
      refuse(`the proxy ${proxy.host} cannot be used: ${error.message}`);
    });
    request.end();
  });
}

/** `proxy-authorization` from the user information of the proxy's URL. */
export function proxyAuthorization(proxy: URL): Record<string, string> {
  if (proxy.username === '') return {};
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** Connector for one origin: judged addresses, own roots, tunnel when there is a proxy, counted connections. */
export function connectorFor(settings: DialSettings): buildConnector.connector {
  const direct = buildConnector({
    allowH2: false,
    timeout: settings.connectMs,
    lookup: guardedLookup(settings),
    ...tlsTrust(settings.ca, settings.registry),
  });
  return (options, callback) => {
    const done: buildConnector.Callback = (...args) => {
      if (args[0] === null) settings.onConnection();
      callback(...args);
    };
    if (settings.proxy === undefined) {
      direct(options, done);
      return;
    }
    const port = options.port === '' ? '443' : options.port;
    openTunnel(settings.proxy, `${options.hostname}:${port}`, settings).then(
      (socket) => direct({ ...options, httpSocket: socket }, done),
      (error: unknown) => callback(error instanceof Error ? error : new Error('tunnel failed'), null),
    );
  };
}

function nameOf(dn: unknown): string | undefined {
  if (typeof dn !== 'object' || dn === null) return undefined;
  const text = Object.entries(dn)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(', ');
  return text === '' ? undefined : safeText(text, 200);
}

/**
 * Looks at the certificate that was not trusted, to say whose it is. Opens one more connection on which nothing is
 * sent; only called after a TLS failure. `tunnel` leads there through a proxy.
 */
export function inspectCertificate(
  url: URL,
  code: string,
  limitMs: number,
  tunnel?: Socket,
): Promise<TlsFailure> {
  return new Promise((resolve) => {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const socket = tlsConnect({
      ...(tunnel === undefined ? { port: url.port === '' ? 443 : Number(url.port) } : { socket: tunnel }),
      host,
      ...(addressClass(host) === undefined ? { servername: host } : {}),
      // Nothing is sent and nothing is believed: the handshake already failed, this only names the certificate.
      rejectUnauthorized: false,
    });
    const finish = (failure: TlsFailure): void => {
      socket.destroy();
      tunnel?.destroy();
      resolve(failure);
    };
    socket.setTimeout(Math.min(limitMs, 5000), () => finish({ code }));
    socket.once('error', () => finish({ code }));
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerCertificate();
      const issuer = nameOf(certificate.issuer);
      const subject = nameOf(certificate.subject);
      finish({
        code,
        ...(issuer === undefined ? {} : { issuer }),
        ...(subject === undefined ? {} : { subject }),
      });
    });
  });
}
