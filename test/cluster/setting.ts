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

/** Makes the certificates of one world with openssl: EC keys, valid for two days, names of the API server and loopback. */
async function makePki(folder: string): Promise<Pki> {
  const file = (name: string): string => join(folder, name);
  const pki: Pki = {
    ca: file('ca.crt'),
    caKey: file('ca.key'),
    cert: file('server.crt'),
    key: file('server.key'),
    serviceAccountKey: file('sa.key'),
  };
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  await writeFile(pki.serviceAccountKey, key.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
  const fresh = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-x509'];
  await run('openssl', [
    'req',
    ...fresh,
    '-keyout',
    pki.caKey,
    '-out',
    pki.ca,
    '-subj',
    '/CN=cluster-test-ca',
    '-addext',
    'keyUsage=critical,keyCertSign,cRLSign',
  ]);
  const names =
    'subjectAltName=IP:127.0.0.1,IP:10.96.0.1,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc';
  const leaf = [
    '-addext',
    names,
    '-addext',
    'basicConstraints=critical,CA:FALSE',
    '-addext',
    'extendedKeyUsage=serverAuth',
  ];
  const signer = ['-CA', pki.ca, '-CAkey', pki.caKey];
  await run('openssl', [
    'req',
    ...fresh,
    ...signer,
    '-keyout',
    pki.key,
    '-out',
    pki.cert,
    '-subj',
    '/CN=cluster-test',
    ...leaf,
  ]);
  return pki;
}

/** Keys, tokens, kubeconfigs, port and pod addresses of one world. */
export async function makeSetting(
  options: { readonly audit: boolean; readonly podAddresses: PodAddresses },
  tools: Tools,
  folder: string,
): Promise<Setting> {
  const pki = await makePki(folder);
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
