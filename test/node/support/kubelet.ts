import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { answers } from '../../cluster/components.ts';
import type { Command } from '../../cluster/process.ts';
import { makeLeaf } from '../../cluster/setting.ts';
import type { World } from '../../cluster/world.ts';
import { ROOM_VARIABLE } from '../room.ts';
import { ENDPOINT } from './containerd.ts';
import { ADDRESS, NODE_NAME } from './place.ts';

/** A kubeconfig with a client certificate: who it is decides what the API server allows, as on a box. */
async function kubeconfigOf(world: World, name: string, subject: string): Promise<string> {
  const leaf = await makeLeaf(world.folder, name, subject, ['extendedKeyUsage=clientAuth']);
  const cluster = { server: world.apiServer, 'certificate-authority': world.caFile };
  const user = { 'client-certificate': leaf.cert, 'client-key': leaf.key };
  const path = join(world.folder, `${name}.kubeconfig`);
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': name },
    clusters: [{ name, cluster }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  };
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}

const component = (world: World, name: string): Pick<Command, 'name' | 'path' | 'cwd' | 'logFile'> => ({
  ...{ name, path: world.bin(name), cwd: world.folder },
  logFile: join(world.folder, `${name}.log`),
});

/** The kubelet of the one node; its cgroups are below the room's. */
export async function kubelet(world: World): Promise<Command> {
  const room = process.env[ROOM_VARIABLE];
  if (room === undefined) throw new Error('a node needs a room: node test/node/run.ts');
  const kubeconfig = await kubeconfigOf(world, 'kubelet', `/O=system:nodes/CN=system:node:${NODE_NAME}`);
  const config = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: ADDRESS,
    port: 10250,
    healthzBindAddress: '127.0.0.1',
    healthzPort: 10248,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: false },
      x509: { clientCAFile: world.caFile },
    },
    authorization: { mode: 'AlwaysAllow' },
    containerRuntimeEndpoint: ENDPOINT,
    ...{ cgroupRoot: `/${room}`, cgroupDriver: 'cgroupfs', failCgroupV1: false },
    ...{ enforceNodeAllocatable: [], failSwapOn: false },
    // A machine that is shared with other work is not a full disk.
    evictionHard: { 'nodefs.available': '1%', 'memory.available': '50Mi', 'imagefs.available': '1%' },
    ...{ imageGCHighThresholdPercent: 100, imageGCLowThresholdPercent: 99 },
    ...{ clusterDNS: ['10.96.0.10'], clusterDomain: 'cluster.local', resolvConf: '' },
    ...{ serializeImagePulls: false, registerNode: true },
  };
  const file = join(world.folder, 'kubelet.json');
  await writeFile(file, JSON.stringify(config));
  const args = [
    ...[`--config=${file}`, `--kubeconfig=${kubeconfig}`],
    ...[`--root-dir=${join(world.folder, 'kubelet')}`, `--cert-dir=${join(world.folder, 'kubelet-pki')}`],
    ...[`--hostname-override=${NODE_NAME}`, `--node-ip=${ADDRESS}`],
  ];
  return { ...component(world, 'kubelet'), args, ready: answers('http://127.0.0.1:10248/healthz') };
}

/** kube-proxy in iptables mode: the rules are the room's own. */
export async function kubeProxy(world: World): Promise<Command> {
  const kubeconfig = await kubeconfigOf(world, 'kube-proxy', '/CN=system:kube-proxy');
  const config = {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    // Without a range of the pods nothing is masqueraded: the control plane sees who asks, as it does behind the front.
    hostnameOverride: NODE_NAME,
    clientConnection: { kubeconfig },
    ...{ healthzBindAddress: '127.0.0.1:10256', metricsBindAddress: '127.0.0.1:10249' },
    // These are settings of the machine.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    iptables: { minSyncPeriod: '0s', syncPeriod: '30s' },
  };
  const file = join(world.folder, 'kube-proxy.json');
  await writeFile(file, JSON.stringify(config));
  return {
    ...component(world, 'kube-proxy'),
    args: [`--config=${file}`],
    ready: answers('http://127.0.0.1:10256/livez'),
  };
}

/** Reads the end of what a component wrote; empty when it wrote nothing. */
export async function logOf(world: World, name: string): Promise<string> {
  return readFile(join(world.folder, `${name}.log`), 'utf8').catch(() => '');
}
