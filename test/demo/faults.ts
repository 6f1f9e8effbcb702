import type { KubernetesFault, RegistryFault, WorkloadFault } from '../world/ports.ts';
import type { ProblemCode } from 'host-service/contract/problem.ts';

/** What the demo can break, and what the page has to say about it. */
export interface DemoFault {
  /** For people who look at the panel. */
  readonly title: string;
  readonly registry?: RegistryFault;
  readonly kubernetes?: KubernetesFault;
  readonly workload?: WorkloadFault;
  /** The control plane is ended hard once and started again after a moment, as the kubelet would. */
  readonly kill?: true;
  /** Problem that the page names; `client.disconnected` is its own. */
  readonly names: ProblemCode;
}

const CORE = 'alga-core-sebastian';

/** Closed list: the panel, `--fault NAME` and the browser tests go through it. */
export const FAULTS = {
  'registry-down': {
    title: 'Registry: nobody listens',
    registry: { kind: 'down' },
    names: 'registry.connect',
  },
  'registry-stall': {
    title: 'Registry: accepts and never answers',
    registry: { kind: 'stall' },
    names: 'registry.timeout',
  },
  'registry-outage': {
    title: 'Registry: answers 503',
    registry: { kind: 'status', status: 503 },
    names: 'registry.outage',
  },
  'registry-rate-limited': {
    title: 'Registry: asks to slow down',
    registry: { kind: 'status', status: 429, retryAfterSeconds: 2 },
    names: 'registry.rate-limited',
  },
  'registry-denied': {
    title: 'Registry: refuses access',
    registry: { kind: 'unauthorized' },
    names: 'registry.denied',
  },
  'registry-lies': {
    title: 'Registry: sends other bytes',
    registry: { kind: 'lie' },
    names: 'registry.damaged',
  },
  'registry-truncates': {
    title: 'Registry: cuts answers in half',
    registry: { kind: 'truncate' },
    names: 'registry.damaged',
  },
  'registry-empty': {
    title: 'Registry: the channel is gone',
    registry: { kind: 'missing', match: 'alga-appliance-release' },
    names: 'registry.not-found',
  },
  'cluster-down': { title: 'Platform: API away', kubernetes: { kind: 'down' }, names: 'cluster.unavailable' },
  'cluster-unavailable': {
    title: 'Platform: API answers 503',
    kubernetes: { kind: 'unavailable' },
    names: 'cluster.unavailable',
  },
  'app-crash': {
    title: 'Application: stops after its start',
    workload: { kind: 'crash', workload: CORE },
    names: 'observe.crash-loop',
  },
  'app-image': {
    title: 'Application: image cannot be pulled',
    workload: { kind: 'image-pull', workload: CORE },
    names: 'observe.image-pull',
  },
  'app-silent': {
    title: 'Application: does not answer',
    workload: { kind: 'probe', workload: CORE },
    names: 'observe.probe-failed',
  },
  'control-plane-killed': { title: 'Control plane: killed', kill: true, names: 'client.disconnected' },
} as const satisfies Record<string, DemoFault>;

export type FaultName = keyof typeof FAULTS;
export const isFaultName = (name: string): name is FaultName => Object.hasOwn(FAULTS, name);
