import { ApiError } from './client.ts';
import { conditionsOf } from './conditions.ts';
import { type Json, type Thing } from './fields.ts';
import { create, KINDS, writeStatus, type Machine } from './machine.ts';
import { NODE } from './workloads/kubelet.ts';

const CAPACITY = { cpu: '8', memory: '32Gi', pods: '110', 'ephemeral-storage': '480Gi' };
const ALLOCATABLE = { ...CAPACITY, memory: '31Gi', 'ephemeral-storage': '456Gi' };

function nodeStatus(node: Thing, address: string, now: Date): Json {
  const fine = (
    type: string,
    reason: string,
    message: string,
  ): { type: string; status: 'False'; reason: string; message: string } => ({
    type,
    status: 'False',
    reason,
    message,
  });
  return {
    capacity: CAPACITY,
    allocatable: ALLOCATABLE,
    conditions: conditionsOf(
      node,
      [
        fine('MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
        fine('DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
        fine('PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
        { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
      ],
      now,
    ),
    addresses: [
      { type: 'InternalIP', address },
      { type: 'Hostname', address: NODE },
    ],
    nodeInfo: {
      architecture: 'amd64',
      operatingSystem: 'linux',
      kubeletVersion: 'v1.36.3+k3s1',
      kubeProxyVersion: '',
      containerRuntimeVersion: 'containerd://2.1.4-k3s1',
      kernelVersion: '6.12.48+deb13-amd64',
      osImage: 'Debian GNU/Linux 13 (trixie)',
      bootID: '2f6f0d1a-7f5a-4c43-8a35-3d0a1c6e5b10',
      machineID: '6c2a7c1f9f3e4a7e8a9b0c1d2e3f4a5b',
      systemUUID: '4c4c4544-0042-3510-8051-b2c04f4a5831',
    },
  };
}

/** The one node, Ready, with what it can carry. */
export async function ensureNode(machine: Machine, address: string): Promise<void> {
  const known =
    machine.cache.get(KINDS.node, undefined, NODE) ??
    (await machine.client.get({ ...KINDS.node, name: NODE }));
  const labels = {
    'kubernetes.io/hostname': NODE,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'node-role.kubernetes.io/control-plane': 'true',
  };
  const node =
    known ?? (await create(machine, { ...KINDS.node, metadata: { name: NODE, labels }, spec: {} }));
  await writeStatus(machine, node, nodeStatus(node, address, new Date()));
}

/** A namespace is active as soon as it is there. */
export async function reconcileNamespace(machine: Machine, key: string): Promise<undefined> {
  const namespace = machine.cache.get(KINDS.namespace, undefined, key);
  if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return undefined;
  const status = namespace['status'];
  if (typeof status === 'object' && status !== null && Reflect.get(status, 'phase') === 'Active')
    return undefined;
  await writeStatus(machine, namespace, { phase: 'Active' });
  return undefined;
}

const GIB = 1024 ** 3;

function hostStatus(host: Thing, address: string): Json {
  return {
    observedGeneration: host.metadata.generation ?? 1,
    architecture: 'amd64',
    facts: {
      hostname: NODE,
      address,
      os: 'Debian GNU/Linux 13 (trixie)',
      kernel: '6.12.48+deb13-amd64',
      kubernetes: 'v1.36.3+k3s1',
      cpus: 8,
      memoryBytes: 32 * GIB,
      memoryFreeBytes: 21 * GIB,
      diskBytes: 480 * GIB,
      diskFreeBytes: 391 * GIB,
      clockSynchronised: true,
      virtual: false,
    },
    pulled: [],
    problems: [],
    rejected: [],
  };
}

/** Stand-in for the agent: says what the host is, once our kinds are known. Answers whether there is a Host now. */
export async function ensureHost(machine: Machine, address: string): Promise<boolean> {
  try {
    // Asked first: a write to a kind that is not served would stand in the audit log for ever.
    const known =
      machine.cache.get(KINDS.host, undefined, NODE) ?? (await machine.client.list(KINDS.host)).items[0];
    const host = known ?? (await create(machine, { ...KINDS.host, metadata: { name: NODE }, spec: {} }));
    await writeStatus(machine, host, { ...hostStatus(host, address) });
    return true;
  } catch (error) {
    // Not served yet.
    if (error instanceof ApiError && error.status === 404) return false;
    throw error;
  }
}
