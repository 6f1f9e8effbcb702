import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureTools } from '../../cluster/build.ts';
import { KWOK_CONFIG } from '../../cluster/stages.ts';
import { makeMachine, type Machine } from './machine.ts';

const PLATFORM = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubectl',
  'containerd',
];
const NODE = [
  'kubelet',
  'kube-proxy',
  'bridge',
  'host-local',
  'loopback',
  'portmap',
  'runc',
  'conntrack',
  'iptables',
];

/** Programs of a platform, or why there is none here. */
export interface Programs {
  readonly paths: ReadonlyMap<string, string>;
  readonly missing: string | undefined;
}

/** What the launcher needs; built or installed when it is not there. */
export async function platformPrograms(kind: 'simulated' | 'node'): Promise<Programs> {
  if (process.getuid?.() !== 0) return { paths: new Map(), missing: 'needs root' };
  const only = [...PLATFORM, ...(kind === 'node' ? [...NODE, 'pause'] : ['kwok'])];
  const { paths, missing } = await ensureTools({ only });
  const containerd = paths.get('containerd');
  const all = new Map(paths);
  // The same package brings it.
  if (containerd !== undefined) all.set('ctr', containerd.replace(/containerd$/u, 'ctr'));
  const reasons = missing.map(({ name, reason }) => `${name}: ${reason}`);
  return { paths: all, missing: reasons.length === 0 ? undefined : reasons.join('; ') };
}

/** A machine whose platform is real but for its node: pods are said to run, and answer. */
export async function simulatedMachine(template: string, { paths }: Programs): Promise<Machine> {
  const own = [...paths].filter(([name]) => name !== 'kwok').map(([, path]) => path);
  return makeMachine(template, own);
}

/** Begins to say that pods run; to be called again after a power cut. */
export async function livenPods(machine: Machine, { paths }: Programs): Promise<void> {
  const config = join(machine.root, 'kwok.yaml');
  await writeFile(config, KWOK_CONFIG);
  const folder = import.meta.dirname;
  const answer = [process.execPath, join(folder, 'answer.ts')];
  await machine.begin('pods', join(folder, 'pods.sh'), ...answer, paths.get('kwok') ?? 'kwok', config);
}
