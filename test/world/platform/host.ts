import type { EndpointReport } from 'host-service/contract/host/endpoint.ts';
import type { HostFacts } from 'host-service/contract/host/facts.ts';
import type { HostNetwork } from 'host-service/contract/host/network-wish.ts';
import { HostSpec } from 'host-service/contract/objects.ts';
import { withAuthorities } from 'host-service/core/network/host-wish.ts';
import { measureEndpoint } from 'host-service/edges/endpoints/measure.ts';
import { ApiError } from './client.ts';
import { conditionsOf } from './conditions.ts';
import { type Json, type Thing } from './fields.ts';
import { guardNow, HostImages } from './host-images.ts';
import { create, KINDS, writeStatus, type Machine } from './machine.ts';
import { NODE } from './workloads/kubelet.ts';

const CAPACITY = { cpu: '8', memory: '32Gi', pods: '110', 'ephemeral-storage': '480Gi' };
const ALLOCATABLE = { ...CAPACITY, memory: '31Gi', 'ephemeral-storage': '456Gi' };

function nodeStatus(node: Thing, address: string, bootID: string, now: Date): Json {
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
      bootID,
      machineID: '6c2a7c1f9f3e4a7e8a9b0c1d2e3f4a5b',
      systemUUID: '4c4c4544-0042-3510-8051-b2c04f4a5831',
    },
  };
}

/** The one node, Ready, with what it can carry; `bootId` is that of the machine since it was switched on. */
export async function ensureNode(machine: Machine, address: string, bootId: string): Promise<void> {
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
  await writeStatus(machine, node, nodeStatus(node, address, bootId, new Date()));
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

/** A machine that passes every check; what a test changes comes on top. */
function factsOf(address: string, changed: HostFacts): HostFacts {
  const now = new Date();
  return {
    ...{ hostName: NODE, cpus: 8, memoryMiB: 32 * 1024, kernel: '6.12.48+deb13-amd64' },
    ...{ cgroupVersion: 2, cgroupControllers: 'cpuset cpu io memory pids', fileWatches: 65_536 },
    ...{ overlay: true, previous: 'none' },
    ...{ diskTotalBytes: 480 * GB, diskFreeBytes: 391 * GB, diskInodesFreePercent: 97, diskWritable: true },
    ...{ diskSyncMs: 2, clockAt: now.toISOString(), clockFloor: '2026-01-01T00:00:00.000Z' },
    ...{ clockSynchronised: true, networkDevice: 'eth0', linkUp: true, address, gateway: '192.0.2.1' },
    ...{ gatewayAnswers: true, resolvers: '192.0.2.53', wildcardName: 'none', overlappingRoute: 'none' },
    ...{ portsTaken: 'none', k3s: 'v1.36.3+k3s1', datastore: 'etcd' },
    certificateUntil: new Date(now.getTime() + 300 * 86_400_000).toISOString(),
    certificateName: 'serving-kube-apiserver.crt',
    ...changed,
  };
}

/** The stand-in does what it is asked: other name servers are in use, and with time servers the clock is right. */
const wished = ({ resolvers = [], timeServers = [] }: Partial<HostNetwork> = {}): HostFacts => ({
  ...(resolvers.length === 0 ? {} : { resolvers: resolvers.join(', ') }),
  ...(timeServers.length === 0 ? {} : { clockSynchronised: true }),
});

const GB = 1e9;
/** Milliseconds between looks at addresses of which one did not answer. */
const AGAIN_MS = 3_000;
const clock = { now: () => new Date(), monotonic: () => performance.now() };

interface Sight {
  readonly key: string;
  readonly facts: HostFacts;
  readonly measured: { readonly id?: string; readonly at: string };
  readonly endpoints: readonly EndpointReport[];
}

/** Stand-in for the host's program: says what the host is, and really goes to the addresses that it is asked to try. */
export class HostProgram {
  readonly #signal: AbortSignal;
  readonly #images = new HostImages();
  #changed: HostFacts = {};
  #last: Sight | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** The machine becomes another one; measured at once. */
  change(facts: HostFacts): void {
    this.#changed = facts;
    this.#last = undefined;
  }

  /** Reports, once our kinds are known; what was measured stays until something is asked or does not answer. Answers whether there is a Host now. */
  async ensure(machine: Machine, address: string): Promise<boolean> {
    try {
      // Asked first: a write to a kind that is not served would stand in the audit log for ever.
      const known =
        machine.cache.get(KINDS.host, undefined, NODE) ?? (await machine.client.list(KINDS.host)).items[0];
      const host = known ?? (await create(machine, { ...KINDS.host, metadata: { name: NODE }, spec: {} }));
      const spec = HostSpec.safeParse(host['spec']).data ?? {};
      this.#last = await this.#measure(spec, address);
      const pulled = [...this.#images.of(spec, machine.startMs)];
      const { facts, measured, endpoints } = this.#last;
      await writeStatus(machine, host, {
        observedGeneration: host.metadata.generation ?? 1,
        architecture: 'amd64',
        ...{ facts, measured, endpoints: [...endpoints], guard: guardNow(), pulled },
        ...{ problems: [], rejected: [] },
      });
      return true;
    } catch (error) {
      // Not served yet.
      if (error instanceof ApiError && error.status === 404) return false;
      throw error;
    }
  }

  async #measure({ endpoints = [], measure, network }: Partial<HostSpec>, address: string): Promise<Sight> {
    const last = this.#last;
    const key = JSON.stringify([endpoints, measure?.id, network]);
    const isGood = last?.endpoints.every(({ problem }) => problem === undefined) ?? true;
    const age = Date.now() - Date.parse(last?.measured.at ?? '');
    if (last?.key === key && (isGood || age < AGAIN_MS)) return last;
    const wishes = endpoints.map((wish) => withAuthorities(wish, network?.ca));
    const reports = await Promise.all(wishes.map((wish) => measureEndpoint(wish, clock, this.#signal)));
    const at = new Date().toISOString();
    const measured = measure === undefined ? { at } : { id: measure.id, at };
    return {
      key,
      measured,
      endpoints: reports,
      facts: factsOf(address, { ...this.#changed, ...wished(network) }),
    };
  }
}
