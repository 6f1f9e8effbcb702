import { writeFile } from 'node:fs/promises';
import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import { join } from 'node:path';

import { freePort } from './process.ts';
import type { Command } from './process.ts';
import { KWOK_CONFIG } from './stages.ts';

/** Programs that talk to the API server, each as a user of its own, so that the audit log tells them apart. */
export const USERS = [
  'admin',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok',
  'source-controller',
  'kustomize-controller',
  'helm-controller',
] as const;
export type User = (typeof USERS)[number];

/** Files of a throw-away certificate authority, one server certificate and the service account key. */
export interface Pki {
  readonly ca: string;
  readonly caKey: string;
  readonly cert: string;
  readonly key: string;
  readonly serviceAccountKey: string;
  /** What the API server shows to a kubelet. */
  readonly client: { readonly cert: string; readonly key: string };
}

export const FLUX = ['source-controller', 'kustomize-controller', 'helm-controller'] as const;

export type PodAddresses = 'loopback' | 'routed';

export interface Setting {
  readonly folder: string;
  readonly bin: (name: string) => string;
  readonly pki: Pki;
  readonly caText: string;
  readonly apiPort: number;
  readonly token: (user: User) => string;
  readonly kubeconfig: (user: User) => string;
  readonly audit: boolean;
  /** Where pods of a real node reach the API server and the registry; else both are on loopback only. */
  readonly address: string | undefined;
  readonly pods: { readonly cidr: string; readonly prefix: string; readonly node: string };
}

/** True when the address answers 200. */
export function answers(url: string, ca?: string, token?: string): () => Promise<boolean> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return async () =>
    new Promise((resolve, reject) => {
      const get = url.startsWith('https:') ? httpsGet : httpGet;
      const request = get(url, { headers, timeout: 2000, ...(ca === undefined ? {} : { ca }) }, (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      });
      request.on('timeout', () => request.destroy(new Error('timeout')));
      request.on('error', reject);
    });
}

function command(
  setting: Setting,
  name: string,
  rest: Pick<Command, 'args' | 'ready'> & Partial<Command>,
): Command {
  return {
    name,
    path: setting.bin(name),
    cwd: setting.folder,
    logFile: join(setting.folder, `${name}.log`),
    ...rest,
  };
}

const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'None', users: ['system:apiserver'] },
    { level: 'None', users: USERS.filter((user) => user !== 'admin'), verbs: ['get', 'list', 'watch'] },
    { level: 'None', userGroups: ['system:nodes'], verbs: ['get', 'list', 'watch'] },
    {
      level: 'None',
      nonResourceURLs: ['/healthz*', '/readyz*', '/livez*', '/version', '/openapi*', '/api*'],
    },
    { level: 'Request', verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'] },
    { level: 'Metadata' },
  ],
};

export async function etcd(setting: Setting): Promise<Command & { readonly url: string }> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const args = [
    `--data-dir=${join(setting.folder, 'etcd')}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
  return { ...command(setting, 'etcd', { args, ready: answers(`${url}/health`) }), url };
}

/** Where the API server listens, and what it says about that to pods. */
function placeOf({ address, pki }: Setting): readonly string[] {
  if (address === undefined) {
    // A loopback address is not allowed in Endpoints: nothing to reconcile.
    return ['--bind-address=127.0.0.1', '--advertise-address=127.0.0.1', '--endpoint-reconciler-type=none'];
  }
  return [
    '--bind-address=0.0.0.0',
    `--advertise-address=${address}`,
    '--kubelet-preferred-address-types=InternalIP',
    `--kubelet-client-certificate=${pki.client.cert}`,
    `--kubelet-client-key=${pki.client.key}`,
  ];
}

export async function apiServer(setting: Setting, etcdUrl: string): Promise<Command> {
  const { folder, pki } = setting;
  const tokens = USERS.map((user) => `${setting.token(user)},${user},${user},"system:masters"`).join('\n');
  await writeFile(join(folder, 'tokens.csv'), `${tokens}\n`, { mode: 0o600 });
  await writeFile(join(folder, 'audit-policy.json'), JSON.stringify(AUDIT_POLICY));
  const args = [
    `--etcd-servers=${etcdUrl}`,
    `--secure-port=${setting.apiPort}`,
    ...placeOf(setting),
    `--tls-cert-file=${pki.cert}`,
    `--tls-private-key-file=${pki.key}`,
    `--client-ca-file=${pki.ca}`,
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    '--authorization-mode=Node,RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${pki.serviceAccountKey}`,
    `--service-account-signing-key-file=${pki.serviceAccountKey}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--allow-privileged=true',
    '--shutdown-delay-duration=0s',
    ...(setting.audit
      ? [
          `--audit-policy-file=${join(folder, 'audit-policy.json')}`,
          `--audit-log-path=${join(folder, 'audit.log')}`,
        ]
      : []),
  ];
  const ready = answers(
    `https://127.0.0.1:${setting.apiPort}/readyz`,
    setting.caText,
    setting.token('admin'),
  );
  return command(setting, 'kube-apiserver', { args, ready });
}

export async function controllerManager(setting: Setting): Promise<Command> {
  const { pki } = setting;
  const port = await freePort();
  const args = [
    `--kubeconfig=${setting.kubeconfig('kube-controller-manager')}`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--tls-cert-file=${pki.cert}`,
    `--tls-private-key-file=${pki.key}`,
    `--service-account-private-key-file=${pki.serviceAccountKey}`,
    `--root-ca-file=${pki.ca}`,
    `--cluster-signing-cert-file=${pki.ca}`,
    `--cluster-signing-key-file=${pki.caKey}`,
    '--node-monitor-grace-period=40s',
  ];
  return command(setting, 'kube-controller-manager', {
    args,
    ready: answers(`https://127.0.0.1:${port}/healthz`, setting.caText),
  });
}

export async function scheduler(setting: Setting): Promise<Command> {
  const port = await freePort();
  const args = [
    `--kubeconfig=${setting.kubeconfig('kube-scheduler')}`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--tls-cert-file=${setting.pki.cert}`,
    `--tls-private-key-file=${setting.pki.key}`,
  ];
  return command(setting, 'kube-scheduler', {
    args,
    ready: answers(`https://127.0.0.1:${port}/healthz`, setting.caText),
  });
}

export async function kwok(setting: Setting): Promise<Command> {
  const port = await freePort();
  const config = join(setting.folder, 'kwok.yaml');
  await writeFile(config, KWOK_CONFIG);
  const args = [
    `--kubeconfig=${setting.kubeconfig('kwok')}`,
    `--config=${config}`,
    '--manage-all-nodes',
    `--cidr=${setting.pods.cidr}`,
    // Pods on the node's network answer at the node's address, which is one of the world's own.
    `--node-ip=${setting.pods.node}`,
    '--node-lease-duration-seconds=40',
    `--server-address=127.0.0.1:${port}`,
  ];
  return command(setting, 'kwok', { args, ready: answers(`http://127.0.0.1:${port}/healthz`) });
}

/** One Flux controller, outside the cluster. The artifact server of the source controller keeps its port over restarts. */
export async function flux(setting: Setting, name: (typeof FLUX)[number]): Promise<Command> {
  const health = `127.0.0.1:${await freePort()}`;
  const artifacts = `127.0.0.1:${await freePort()}`;
  const own =
    name === 'source-controller'
      ? [
          `--storage-path=${join(setting.folder, 'artifacts')}`,
          `--storage-addr=${artifacts}`,
          `--storage-adv-addr=${artifacts}`,
        ]
      : ['--requeue-dependency=5s'];
  const args = [
    '--enable-leader-election=false',
    '--events-addr=',
    '--metrics-addr=0',
    `--health-addr=${health}`,
    '--log-encoding=json',
    '--watch-all-namespaces=true',
    ...own,
  ];
  const env = { RUNTIME_NAMESPACE: 'flux-system', KUBECONFIG: setting.kubeconfig(name) };
  return command(setting, name, { args, env, ready: answers(`http://${health}/readyz`) });
}

export async function registry(setting: Setting, port: number): Promise<Command> {
  const config = join(setting.folder, 'registry.yml');
  const settings = {
    version: 0.1,
    log: { level: 'info', formatter: 'json', accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: join(setting.folder, 'registry') }, delete: { enabled: true } },
    http: { addr: `${setting.address ?? '127.0.0.1'}:${port}` },
  };
  await writeFile(config, JSON.stringify(settings));
  return command(setting, 'docker-registry', {
    args: ['serve', config],
    ready: answers(`http://${setting.address ?? '127.0.0.1'}:${port}/v2/`),
  });
}
