import { Release, ReleaseComponent } from 'host-service/contract/release.ts';
import type { HealthInput } from 'host-service/core/status/component-health.ts';
import type {
  ConditionFact,
  ContainerFact,
  DeliveryFact,
  JobFact,
  PodFact,
  WorkloadFact,
} from 'host-service/core/status/component/facts.ts';
import { releaseJson } from '../fixtures/documents.ts';

export const release = Release.parse(releaseJson());
export const PINNED = release.images['web']!.digest;
export const CHART = release.charts['web']!.digest;
export const OTHER = `sha256:${'0'.repeat(64)}`;
export const IMAGE = `registry.example.com/vendor/web:abc1234@${PINNED}`;

export const condition = (type: string, status: string, reason = '', message = ''): ConditionFact => ({
  type,
  status,
  reason,
  message,
});

export const container = (over: Partial<ContainerFact> = {}): ContainerFact => ({
  name: 'web',
  image: IMAGE,
  imageId: '',
  ready: true,
  restarts: 0,
  waiting: undefined,
  ended: undefined,
  isInit: false,
  ...over,
});

export const pod = (over: Partial<PodFact> = {}): PodFact => ({
  name: 'web-2-a',
  namespace: 'msp',
  phase: 'Running',
  reason: '',
  isDeleting: false,
  isReady: true,
  ip: '10.0.0.1',
  labels: {},
  owner: { kind: 'ReplicaSet', name: 'web-2' },
  containers: [container()],
  conditions: [],
  ...over,
});

/** A pod whose one container waits for a reason. */
export const waitingPod = (reason: string, message = '', over: Partial<ContainerFact> = {}): PodFact =>
  pod({
    isReady: false,
    phase: 'Pending',
    containers: [container({ ready: false, waiting: { reason, message }, ...over })],
  });

export const deployment = (over: Partial<WorkloadFact> = {}): WorkloadFact => ({
  kind: 'Deployment',
  generation: 2,
  observedGeneration: 2,
  wanted: 1,
  existing: 1,
  updated: 1,
  available: 1,
  conditions: [],
  newest: { replicaSet: 'web-2' },
  ...over,
});

export const job = (over: Partial<JobFact> = {}): JobFact => ({
  kind: 'Job',
  succeeded: 0,
  failed: 0,
  conditions: [],
  images: [IMAGE],
  ...over,
});

export const helm = (over: Partial<DeliveryFact> = {}): DeliveryFact => ({
  kind: 'HelmRelease',
  generation: 3,
  observedGeneration: 3,
  conditions: [condition('Ready', 'True', 'UpgradeSucceeded')],
  isSuspended: false,
  lastAppliedRevision: '',
  lastAttemptedRevisionDigest: CHART,
  lastRelease: { status: 'deployed', ociDigest: CHART },
  ...over,
});

export const kustomization = (over: Partial<DeliveryFact> = {}): DeliveryFact => ({
  ...helm(),
  kind: 'Kustomization',
  conditions: [condition('Ready', 'True', 'ReconciliationSucceeded')],
  lastAppliedRevision: release.config.digest,
  ...over,
});

export const component = (over: Record<string, unknown> = {}): ReleaseComponent =>
  ReleaseComponent.parse({
    name: 'web',
    kind: 'Deployment',
    namespace: 'msp',
    tier: 'login',
    title: 'Web application',
    images: ['web'],
    ...over,
  });

export const healthInput = (over: Partial<HealthInput> = {}): HealthInput => ({
  component: component(),
  release,
  object: deployment(),
  pods: [pod()],
  probe: undefined,
  equivalents: new Map(),
  finishedBefore: false,
  ...over,
});
