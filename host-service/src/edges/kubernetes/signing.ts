import { Problem } from '../../contract/problem.ts';
import type { KubeInput, KubeObject } from '../../engine/ports.ts';
import { Api } from './api.ts';
import { Credentials, type KubeAuth } from './connect/auth.ts';
import { LIMITS } from './connect/limits.ts';
import { Transport, whatOf, type Request } from './connect/transport.ts';
import { parseObject } from './objects.ts';

const KIND = { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest' } as const;
const PATH = '/apis/certificates.k8s.io/v1/certificatesigningrequests';

/** Requests for certificates, and their approval: its own small client, because nothing else of ours may approve. All throw Problem cluster.*. */
export interface CertificateSigning {
  create(object: KubeInput, signal: AbortSignal): Promise<KubeObject>;
  /** PUT of the subresource approval, with the resourceVersion it carries. */
  approve(object: KubeObject, signal: AbortSignal): Promise<void>;
  get(name: string, signal: AbortSignal): Promise<KubeObject | undefined>;
  remove(name: string, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Connects as who `auth` is. */
export function createSigning(options: {
  readonly auth: KubeAuth;
  readonly userAgent: string;
}): CertificateSigning {
  const { auth, userAgent } = options;
  const credentials = new Credentials({
    auth,
    lookEveryMs: LIMITS.lookEveryMs,
    monotonic: () => performance.now(),
    onFailure: () => undefined,
  });
  const transport = new Transport({ credentials, userAgent, limits: LIMITS });
  const api = new Api(transport, LIMITS);
  const at = (name: string): string => `${PATH}/${encodeURIComponent(name)}`;
  const send = async (
    method: 'POST' | 'PUT',
    path: string,
    object: object,
    signal: AbortSignal,
  ): Promise<KubeObject> => {
    const request: Request = { method, path, body: JSON.stringify(object), signal };
    return parseObject(await api.ask(request), KIND, whatOf(request));
  };
  return {
    create: (object, signal) => send('POST', PATH, object, signal),
    approve: async (object, signal) => {
      await send('PUT', `${at(object.metadata.name)}/approval`, object, signal);
    },
    async get(name, signal) {
      const request: Request = { method: 'GET', path: at(name), repeatable: true, signal };
      try {
        return parseObject(await api.ask(request), KIND, whatOf(request));
      } catch (error) {
        if (error instanceof Problem && error.code === 'cluster.not-found') return undefined;
        throw error;
      }
    },
    async remove(name, signal) {
      await api.ask({ method: 'DELETE', path: at(name), repeatable: true, signal });
    },
    close: () => transport.close(),
  };
}
