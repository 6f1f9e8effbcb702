/** Fate of a simulated pod: annotation or label `appliance.test/fate`; removed, the pod becomes Ready again. */
export type Fate = 'crash' | 'never-ready' | 'image-missing' | 'complete' | 'fail';

export const FATE = 'appliance.test/fate';

const FATE_OF = `(.metadata.annotations["${FATE}"] // .metadata.labels["${FATE}"] // "run")`;

interface Look {
  readonly phase: string;
  readonly ready: boolean;
  /** YAML flow mapping of a container's `state`. */
  readonly state: string;
  readonly lastState?: string;
  readonly restarts?: number;
  readonly addresses?: boolean;
  readonly initDone?: boolean;
}

/** Status of a pod as a template; a JSON merge patch replaces whole lists, so that no earlier state shines through. */
function status(look: Look): string {
  const ready = look.ready ? '"True"' : '"False"';
  const condition = (type: string, value: string): string =>
    `- {type: ${type}, status: ${value}, lastTransitionTime: {{ $now | Quote }}}`;
  const container = [
    `- name: {{ .name | Quote }}`,
    `  image: {{ .image | Quote }}`,
    // A pinned image runs as its own digest; a tag as a digest made up from its name.
    '  imageID: {{ if contains "@sha256:" .image }}{{ regexReplaceAll "(:[^:@/]+)?@" .image "@" | Quote }}{{ else }}{{ printf "%s@sha256:%s" (regexReplaceAll ":[^:/]+$" .image "") (sha256sum .image) | Quote }}{{ end }}',
    `  ready: ${look.ready}`,
    `  started: ${look.ready}`,
    `  restartCount: ${look.restarts ?? 0}`,
    `  state: ${look.state}`,
    ...(look.lastState === undefined ? [] : [`  lastState: ${look.lastState}`]),
  ];
  const addresses = [
    '{{ with NodeIPsWith .spec.nodeName }}{{ $ip := index . 0 | Quote }}',
    'hostIP: {{ $ip }}',
    'hostIPs: [{ip: {{ $ip }}}]',
    '{{ end }}',
    '{{ with PodIPsWith .spec.nodeName ( or .spec.hostNetwork false ) .metadata.uid .metadata.name .metadata.namespace }}',
    'podIP: {{ index . 0 | Quote }}',
    'podIPs: [{ip: {{ index . 0 | Quote }}}]',
    '{{ end }}',
  ];
  return [
    '{{ $now := Now }}',
    `phase: ${look.phase}`,
    'startTime: {{ or .status.startTime $now | Quote }}',
    'conditions:',
    condition('PodScheduled', '"True"'),
    condition('PodReadyToStartContainers', '"True"'),
    condition('Initialized', look.initDone === false ? '"False"' : '"True"'),
    condition('ContainersReady', ready),
    condition('Ready', ready),
    '{{ range .spec.readinessGates }}',
    '- {type: {{ .conditionType | Quote }}, status: "True", lastTransitionTime: {{ $now | Quote }}}',
    '{{ end }}',
    'containerStatuses:',
    '{{ range .spec.containers }}',
    ...container,
    '{{ end }}',
    'initContainerStatuses:',
    '{{ range .spec.initContainers }}',
    '- name: {{ .name | Quote }}',
    '  image: {{ .image | Quote }}',
    '  imageID: ""',
    '  ready: true',
    '  restartCount: 0',
    '  state: {terminated: {exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }}}}',
    '{{ end }}',
    ...(look.addresses === false ? [] : addresses),
  ].join('\n');
}

function expression(
  key: string,
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist',
  ...values: readonly string[]
): object {
  return { key, operator, ...(values.length > 0 ? { values } : {}) };
}

function podStage(name: string, expressions: readonly object[], look: Look | 'delete', delay = 0): object {
  const next =
    look === 'delete'
      ? { delete: true }
      : { patches: [{ subresource: 'status', root: 'status', type: 'merge', template: status(look) }] };
  return {
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'Stage',
    metadata: { name },
    spec: {
      resourceRef: { apiGroup: 'v1', kind: 'Pod' },
      selector: { matchExpressions: expressions },
      ...(delay > 0 ? { delay: { durationMilliseconds: delay } } : {}),
      next,
    },
  };
}

const LIVE = [
  expression('.metadata.deletionTimestamp', 'DoesNotExist'),
  expression('.status.phase', 'In', 'Pending', 'Running'),
];
const READY = '.status.conditions.[] | select( .type == "Ready" ) | .status';
const WAITING = '.status.containerStatuses.[].state.waiting.reason';
const RUNNING = '{running: {startedAt: {{ $now | Quote }}}}';
const EXITED = (code: number, reason: string): string =>
  `{terminated: {exitCode: ${code}, reason: ${reason}, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }}}}`;

const STAGES: readonly object[] = [
  podStage('pod-delete', [expression('.metadata.deletionTimestamp', 'Exists')], 'delete'),
  podStage(
    'pod-run',
    [
      ...LIVE,
      expression(FATE_OF, 'NotIn', 'crash', 'never-ready', 'image-missing'),
      expression(READY, 'NotIn', 'True'),
    ],
    { phase: 'Running', ready: true, state: RUNNING },
  ),
  podStage(
    'pod-never-ready',
    [...LIVE, expression(FATE_OF, 'In', 'never-ready'), expression(READY, 'NotIn', 'False')],
    {
      phase: 'Running',
      ready: false,
      state: RUNNING,
    },
  ),
  podStage(
    'pod-crash',
    [...LIVE, expression(FATE_OF, 'In', 'crash'), expression(WAITING, 'NotIn', 'CrashLoopBackOff')],
    {
      phase: 'Running',
      ready: false,
      state: '{waiting: {reason: CrashLoopBackOff, message: "back-off 40s restarting failed container"}}',
      lastState: EXITED(1, 'Error'),
      restarts: 3,
    },
  ),
  podStage(
    'pod-image-missing',
    [...LIVE, expression(FATE_OF, 'In', 'image-missing'), expression(WAITING, 'NotIn', 'ImagePullBackOff')],
    {
      phase: 'Pending',
      ready: false,
      state: '{waiting: {reason: ImagePullBackOff, message: "Back-off pulling image"}}',
      addresses: false,
      initDone: false,
    },
  ),
  podStage('pod-fail', [...LIVE, expression(READY, 'In', 'True'), expression(FATE_OF, 'In', 'fail')], {
    phase: 'Failed',
    ready: false,
    state: EXITED(1, 'Error'),
  }),
  podStage(
    'pod-complete',
    [
      ...LIVE,
      expression(READY, 'In', 'True'),
      expression(
        `if ${FATE_OF} == "run" and .metadata.labels["job-name"] then "complete" else ${FATE_OF} end`,
        'In',
        'complete',
      ),
    ],
    { phase: 'Succeeded', ready: false, state: EXITED(0, 'Completed') },
  ),
];

const NODE_STAGE: object = {
  apiVersion: 'kwok.x-k8s.io/v1alpha1',
  kind: 'Stage',
  metadata: { name: 'node-run' },
  spec: {
    resourceRef: { apiGroup: 'v1', kind: 'Node' },
    selector: { matchExpressions: [expression(READY, 'NotIn', 'True')] },
    next: {
      patches: [
        {
          subresource: 'status',
          root: 'status',
          type: 'merge',
          template: [
            '{{ $now := Now }}',
            'conditions:',
            '{{ range NodeConditions }}',
            '- type: {{ .type | Quote }}',
            '  status: {{ .status | Quote }}',
            '  reason: {{ .reason | Quote }}',
            '  message: {{ .message | Quote }}',
            '  lastHeartbeatTime: {{ $now | Quote }}',
            '  lastTransitionTime: {{ $now | Quote }}',
            '{{ end }}',
            'addresses:',
            '- {type: InternalIP, address: {{ NodeIP | Quote }}}',
            '- {type: Hostname, address: {{ .metadata.name | Quote }}}',
            'allocatable: {cpu: "64", memory: 256Gi, pods: "500", ephemeral-storage: 1Ti}',
            'capacity: {cpu: "64", memory: 256Gi, pods: "500", ephemeral-storage: 1Ti}',
            'nodeInfo: {architecture: amd64, operatingSystem: linux, kubeletVersion: v1.36.3, kubeProxyVersion: "", containerRuntimeVersion: "simulated://1", kernelVersion: "6.0.0", osImage: simulated, bootID: "", machineID: "", systemUUID: ""}',
          ].join('\n'),
        },
      ],
    },
  },
};

/** A volume for each claim that the controller manager hands to a provisioner, so only where its storage class exists. */
const CLAIM_STAGE: object = {
  apiVersion: 'kwok.x-k8s.io/v1alpha1',
  kind: 'Stage',
  metadata: { name: 'claim-provision' },
  spec: {
    resourceRef: { apiGroup: 'v1', kind: 'PersistentVolumeClaim' },
    selector: {
      matchExpressions: [
        expression('.metadata.annotations["volume.kubernetes.io/storage-provisioner"]', 'Exists'),
        expression('.spec.volumeName', 'DoesNotExist'),
      ],
    },
    steps: [
      {
        apply: {
          template: [
            'apiVersion: v1',
            'kind: PersistentVolume',
            'metadata:',
            '  name: {{ printf "pvc-%s" .metadata.uid | Quote }}',
            '  annotations: {pv.kubernetes.io/provisioned-by: {{ index .metadata.annotations "volume.kubernetes.io/storage-provisioner" | Quote }}}',
            'spec:',
            '  storageClassName: {{ .spec.storageClassName | Quote }}',
            '  accessModes: {{ .spec.accessModes | toJson }}',
            '  capacity: {{ .spec.resources.requests | toJson }}',
            '  persistentVolumeReclaimPolicy: Retain',
            '  hostPath: {path: {{ printf "/simulated/%s" .metadata.uid | Quote }}}',
            '  claimRef: {apiVersion: v1, kind: PersistentVolumeClaim, namespace: {{ .metadata.namespace | Quote }}, name: {{ .metadata.name | Quote }}, uid: {{ .metadata.uid | Quote }}}',
          ].join('\n'),
        },
      },
    ],
  },
};

/** kwok's configuration (JSON is YAML): how the simulated node, pods and volumes live. */
export const KWOK_CONFIG = [NODE_STAGE, CLAIM_STAGE, ...STAGES]
  .map((stage) => JSON.stringify(stage))
  .join('\n---\n');
