import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { Problem } from '../../../contract/problem.ts';
import { readSmall } from '../small-text.ts';
import { writeWhole } from '../whole-file.ts';
import { requestKey } from './request.ts';

/** Where the admin's kubeconfig leads to. */
export interface Door {
  readonly server: string;
  /** PEM. */
  readonly ca: string | undefined;
}

const MAX_BYTES = 256 * 1024;
/** What we write ourselves, and all that we understand of it. */
const Own = z.looseObject({
  clusters: z.tuple([
    z.looseObject({
      cluster: z.looseObject({ server: z.string(), 'certificate-authority-data': z.string().optional() }),
    }),
  ]),
  users: z.tuple([z.looseObject({ user: z.looseObject({ 'client-certificate-data': z.string() }) })]),
});
type Own = z.infer<typeof Own>;

const encode = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const decode = (text: string): string => Buffer.from(text, 'base64').toString('utf8');

/** The kubeconfig of this host's own identity: its key is made here, lies in this file only (0600) and is never shown. */
export function createIdentityFiles(options: {
  readonly path: string;
  /** Throws Problem config.* when the admin's kubeconfig cannot be read. */
  readonly door: () => Door;
}): {
  present(): { readonly user: string; readonly notBefore: Date; readonly notAfter: Date } | undefined;
  leadsToTheSame(): boolean;
  prepare(subject: { readonly user: string; readonly group: string }): {
    readonly request: string;
    keep(certificate: string): Promise<void>;
  };
} {
  const { path, door } = options;
  return {
    present() {
      const certificate = certificateIn(readOwn(path));
      if (certificate === undefined) return undefined;
      const { validFromDate: notBefore, validToDate: notAfter } = certificate;
      return { user: userOf(certificate), notBefore, notAfter };
    },
    leadsToTheSame() {
      const own = readOwn(path)?.clusters[0].cluster;
      const { server, ca } = tryDoor(door) ?? { server: own?.server, ca: undefined };
      if (own === undefined || own.server !== server) return false;
      return ca === undefined || own['certificate-authority-data'] === encode(ca);
    },
    prepare(subject) {
      const { server, ca } = door();
      const { privateKey, request } = requestKey(subject);
      return {
        request,
        async keep(certificate) {
          const parsed = parseCertificate(certificate);
          if (parsed === undefined || !parsed.checkPrivateKey(privateKey) || userOf(parsed) !== subject.user)
            throw new Problem('agent.identity', 'the platform signed something else than was asked for');
          const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
          await writeWhole(path, kubeconfigOf({ server, ca }, { name: subject.user, certificate, key }));
        },
      };
    },
  };
}

function tryDoor(door: () => Door): Door | undefined {
  try {
    return door();
  } catch {
    return undefined;
  }
}

function readOwn(path: string): Own | undefined {
  try {
    return Own.safeParse(JSON.parse(readSmall(path, MAX_BYTES) ?? '')).data;
  } catch {
    return undefined;
  }
}

const certificateIn = (own: Own | undefined): X509Certificate | undefined =>
  own === undefined ? undefined : parseCertificate(decode(own.users[0].user['client-certificate-data']));

function parseCertificate(text: string): X509Certificate | undefined {
  try {
    return new X509Certificate(text);
  } catch {
    return undefined;
  }
}

/** The common name: who the platform takes us for. */
const userOf = ({ subject }: X509Certificate): string => /^CN=(.+)$/m.exec(subject)?.[1] ?? '';

function kubeconfigOf(
  { server, ca }: Door,
  user: { readonly name: string; readonly certificate: string; readonly key: string },
): string {
  const authority = ca === undefined ? {} : { 'certificate-authority-data': encode(ca) };
  const file = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'host' },
    clusters: [{ name: 'host', cluster: { server, ...authority } }],
    users: [
      {
        name: user.name,
        user: { 'client-certificate-data': encode(user.certificate), 'client-key-data': encode(user.key) },
      },
    ],
    contexts: [{ name: 'host', context: { cluster: 'host', user: user.name } }],
  };
  return `${JSON.stringify(file, undefined, 1)}\n`;
}
