import { X509Certificate } from 'node:crypto';
import { getCACertificates, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import type { EndpointReport } from '../../contract/host/endpoint.ts';
import { safeLine } from '../../contract/problem.ts';

type Shown = NonNullable<EndpointReport['tls']>;

/** What the other side has shown, and whether it is believed. */
export function certificateOf(socket: TLSSocket): Shown {
  const certificate = socket.getPeerCertificate(true);
  const { authorized } = socket;
  const until = Date.parse(certificate.valid_to);
  return {
    issuer: nameOf(certificate.issuer),
    subject: nameOf(certificate.subject),
    ...(Number.isNaN(until) ? {} : { validTo: new Date(until).toISOString() }),
    trusted: authorized,
    public: authorized && isPublic(certificate),
    ...(authorized ? {} : { reason: reasonOf(socket) }),
  };
}

function nameOf(name: Readonly<Record<string, unknown>> | undefined): string {
  const said = [name?.['O'], name?.['CN']].flat().find((one) => typeof one === 'string' && one !== '');
  const text = typeof name?.['CN'] === 'string' && name['CN'] !== '' ? name['CN'] : said;
  return safeLine(typeof text === 'string' ? text : 'without a name').slice(0, 200);
}

/** OpenSSL's word. The types promise an Error; Node gives its code. */
function reasonOf({ authorizationError: error }: { readonly authorizationError: unknown }): string {
  const text = error instanceof Error && 'code' in error ? error.code : error;
  return typeof text === 'string' ? text.slice(0, 64) : 'UNTRUSTED';
}

/** Whether the last of the chain is one of the authorities that Node itself brings along. */
function isPublic(certificate: DetailedPeerCertificate): boolean {
  const known = publicPrints();
  const seen = new Set<string>();
  for (
    let one: DetailedPeerCertificate | undefined = certificate;
    one !== undefined;
    one = one.issuerCertificate
  ) {
    if (seen.has(one.fingerprint256)) break;
    seen.add(one.fingerprint256);
    if (known.has(one.fingerprint256)) return true;
  }
  return false;
}

const kept: { prints: ReadonlySet<string> | undefined } = { prints: undefined };

/** Read once: there are more than a hundred. */
function publicPrints(): ReadonlySet<string> {
  kept.prints ??= new Set(getCACertificates('bundled').map((pem) => new X509Certificate(pem).fingerprint256));
  return kept.prints;
}
