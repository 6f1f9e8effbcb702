import { X509Certificate } from 'node:crypto';
import type { AuthorityView } from '../../contract/network/view.ts';
import type { z } from 'zod';
import { accept, refuse, safeLine, type Verdict } from '../../contract/problem.ts';

type View = z.infer<typeof AuthorityView>;

/** As many as the page lists. */
const MAX = 32;
const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,64})-----[A-Za-z0-9+/=\s]*?-----END \1-----/g;

/** Certificates of authorities: their canonical text, and what people read of them. */
export interface Authorities {
  readonly pem: string;
  readonly views: readonly View[];
}

/**
 * Certificates that a person adds to those that are trusted. Problem network.authority for text that is none, a private key, a certificate of no
 * authority, one that has expired or is not valid yet. What stands around the certificates is left out, so that nothing else is stored.
 */
export function readAuthorities(text: string, now: Date): Verdict<Authorities> {
  const blocks = [...text.matchAll(BLOCK)];
  const other = blocks.find(([, label = '']) => label !== 'CERTIFICATE');
  if (other !== undefined || /PRIVATE KEY/.test(text))
    return no('the text holds something else than certificates; a private key must never leave its place');
  if (blocks.length === 0) return no('there is no certificate in the text (-----BEGIN CERTIFICATE-----)');
  if (blocks.length > MAX) return no(`there are ${blocks.length} certificates; ${MAX} are the most`);
  const found = new Map<string, X509Certificate>();
  for (const [index, [pem]] of blocks.entries()) {
    const certificate = parsed(pem);
    if (certificate === undefined) return no(`certificate ${index + 1} cannot be read`);
    const problem = mistakeIn(certificate, now);
    if (problem !== undefined) return no(`${nameOf(certificate.subject)} ${problem}`);
    found.set(certificate.fingerprint256, certificate);
  }
  const all = [...found.values()];
  return accept({ pem: all.map((one) => one.toString().trim()).join('\n') + '\n', views: all.map(viewOf) });
}

/** What people read of certificates that are stored; those that cannot be read are left out. */
export function authorityViews(text: string | undefined): readonly View[] {
  return [...(text ?? '').matchAll(BLOCK)].slice(0, MAX).flatMap(([pem]) => {
    const certificate = parsed(pem);
    return certificate === undefined ? [] : [viewOf(certificate)];
  });
}

const no = (detail: string): Verdict<never> => refuse('network.authority', detail, 'ca');

function mistakeIn(certificate: X509Certificate, now: Date): string | undefined {
  if (!certificate.ca) return 'is the certificate of a server, not of an authority';
  if (Date.parse(certificate.validTo) <= now.getTime()) return `has expired: ${certificate.validTo}`;
  if (Date.parse(certificate.validFrom) > now.getTime())
    return `is not valid before ${certificate.validFrom}; is the clock of this box right?`;
  return undefined;
}

function parsed(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function viewOf(certificate: X509Certificate): View {
  return {
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    validTo: new Date(Date.parse(certificate.validTo)).toISOString(),
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
  };
}

/** The common name, else the organisation, else all of it. */
function nameOf(name: string | undefined): string {
  const member = (key: string): string | undefined => new RegExp(`^${key}=(.+)$`, 'm').exec(name ?? '')?.[1];
  const text = safeLine(member('CN') ?? member('O') ?? name ?? '').slice(0, 200);
  return text === '' ? 'without a name' : text;
}
