import type { ClientOptions } from 'oci-client-lite/types.ts';
import { credentialsFromDockerConfig } from 'oci-client-lite/docker-config.ts';
import { recordAt, textAt, type Thing } from '../fields.ts';
import type { Machine } from '../machine.ts';

/** Keys of a Secret that a source names, in the clear. @throws Error in the words of the real one when it is not there */
async function secretOf(
  { client }: Machine,
  source: Thing,
  member: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  const name = textAt(source, 'spec', member, 'name');
  if (name === '') return undefined;
  const namespace = source.metadata.namespace ?? '';
  const found = await client.get({ apiVersion: 'v1', kind: 'Secret', namespace, name });
  if (found === undefined)
    throw new Error(`failed to get secret '${namespace}/${name}': secrets "${name}" not found`);
  return Object.fromEntries(
    Object.entries(recordAt(found, 'data')).map(([key, text]) => [
      key,
      Buffer.from(String(text), 'base64').toString('utf8'),
    ]),
  );
}

/** How a source says that its registry is reached: credential, authorities, proxy. undefined = it says nothing. @throws Error */
export async function accessOf(machine: Machine, source: Thing): Promise<ClientOptions | undefined> {
  const [docker, certificates, proxy] = await Promise.all(
    ['secretRef', 'certSecretRef', 'proxySecretRef'].map((member) => secretOf(machine, source, member)),
  );
  if (docker === undefined && certificates === undefined && proxy === undefined) return undefined;
  return {
    ...(docker === undefined
      ? {}
      : {
          registries: Object.fromEntries(
            [...credentialsFromDockerConfig(docker['.dockerconfigjson'] ?? '{}')].map(
              ([host, credential]) => [host, { credential }],
            ),
          ),
        }),
    ...(certificates === undefined ? {} : { ca: [caOf(certificates, source)] }),
    ...(proxy === undefined ? {} : { proxy: proxyOf(proxy) }),
  };
}

function caOf({ 'ca.crt': ca }: Readonly<Record<string, string>>, { metadata }: Thing): string {
  if (ca !== undefined) return ca;
  throw new Error(
    `invalid TLS secret for '${metadata.name}': must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'`,
  );
}

/** The real one sends everything of a source through its proxy and knows no exceptions. */
function proxyOf({ address = '', username = '', password = '' }: Readonly<Record<string, string>>): {
  readonly http: string;
  readonly https: string;
} {
  const url = new URL(address);
  url.username = encodeURIComponent(username);
  url.password = encodeURIComponent(password);
  return { http: url.href, https: url.href };
}
