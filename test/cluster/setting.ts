import { execFile } from 'node:child_process';
import { generateKeyPairSync, randomBytes, randomInt } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Tools } from './build.ts';
import { USERS } from './components.ts';
import type { Pki, PodAddresses, Setting, User } from './components.ts';
import { addRoute, freePort } from './process.ts';

const run = promisify(execFile);

const FRESH = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-x509'];

/** A certificate of the world's authority as `<name>.crt` and `<name>.key`; `extensions` are openssl's own words. */
export async function makeLeaf(
  folder: string,
  name: string,
  subject: string,
  extensions: readonly string[],
): Promise<{ readonly cert: string; readonly key: string }> {
  const [cert, key] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  const signer = ['-CA', join(folder, 'ca.crt'), '-CAkey', join(folder, 'ca.key')];
  const all = ['basicConstraints=critical,CA:FALSE', ...extensions].flatMap((one) => ['-addext', one]);
  await run('openssl', ['req', ...FRESH, ...signer, '-keyout', key, '-out', cert, '-subj', subject, ...all]);
  return { cert, key };
}

/** Makes the certificates of one world with openssl: EC keys, valid for two days, names of the API server and loopback. */
async function makePki(folder: string, address: string | undefined): Promise<Pki> {
  const file = (name: string): string => join(folder, name);
  const [ca, caKey, serviceAccountKey] = [file('ca.crt'), file('ca.key'), file('sa.key')];
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  await writeFile(serviceAccountKey, key.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
  const authority = ['-subj', '/CN=cluster-test-ca', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
  await run('openssl', ['req', ...FRESH, '-keyout', caKey, '-out', ca, ...authority]);
  const names =
    'subjectAltName=IP:127.0.0.1,IP:10.96.0.1,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc';
  const server = await makeLeaf(folder, 'server', '/CN=cluster-test', [
    address === undefined ? names : `${names},IP:${address}`,
    'extendedKeyUsage=serverAuth',
  ]);
  const client = await makeLeaf(folder, 'client', '/O=system:masters/CN=kube-apiserver', [
    'extendedKeyUsage=clientAuth',
  ]);
  return { ca, caKey, ...server, serviceAccountKey, client };
}

/** Keys, tokens, kubeconfigs, port and pod addresses of one world. */
export async function makeSetting(
  options: {
    readonly audit: boolean;
    readonly podAddresses: PodAddresses;
    readonly address?: string | undefined;
  },
  tools: Tools,
  folder: string,
): Promise<Setting> {
  const pki = await makePki(folder, options.address);
  const caText = await readFile(pki.ca, 'utf8');
  const apiPort = await freePort();
  const tokens = new Map(USERS.map((user) => [user, randomBytes(16).toString('hex')]));
  const kubeconfig = (user: User): string => join(folder, `${user}.kubeconfig`);
  await mkdir(join(folder, 'artifacts'));
  for (const user of USERS) {
    await writeFile(
      kubeconfig(user),
      kubeconfigText(`https://127.0.0.1:${apiPort}`, caText, tokens.get(user)!),
      { mode: 0o600 },
    );
  }
  return {
    folder,
    pki,
    caText,
    apiPort,
    kubeconfig,
    token: (user) => tokens.get(user)!,
    audit: options.audit,
    address: options.address,
    pods: await podNetwork(folder, options.podAddresses),
    bin: (name) => {
      const path = tools.paths.get(name);
      if (path === undefined) {
        throw new Error(
          `${name}: ${tools.missing.find((one) => one.name === name)?.reason ?? 'unknown program'}`,
        );
      }
      return path;
    },
  };
}

function kubeconfigText(server: string, ca: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'default',
    clusters: [
      {
        name: 'default',
        cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') },
      },
    ],
    users: [{ name: 'default', user: { token } }],
    contexts: [{ name: 'default', context: { cluster: 'default', user: 'default' } }],
  });
}

/**
 * Where simulated pods have their addresses, another range for each world. `loopback` needs nothing; but Kubernetes
 * refuses such addresses in EndpointSlices. `routed` (root only) makes a range of the benchmark network local to `lo`.
 */
async function podNetwork(folder: string, kind: PodAddresses): Promise<Setting['pods']> {
  if (kind === 'loopback') {
    const prefix = `127.${randomInt(20, 250)}.`;
    return { prefix, cidr: `${prefix}0.0/16`, node: `${prefix}255.1` };
  }
  const prefix = `198.19.${randomInt(200, 250)}.`;
  const cidr = `${prefix}0/24`;
  await addRoute(folder, cidr);
  return { prefix, cidr, node: `${prefix}254` };
}
