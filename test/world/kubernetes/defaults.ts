import { at, isObject, listOf, objectOf, textOf, without } from './json.ts';
import type { Json, JsonObject } from './json.ts';

/** Members that are absent or null are filled in. */
function fill(value: Json | undefined, defaults: JsonObject): JsonObject {
  const given = Object.entries(objectOf(value)).filter(([, member]) => member !== null);
  return { ...defaults, ...Object.fromEntries(given) };
}
const each = (value: Json | undefined, change: (item: JsonObject) => JsonObject): readonly Json[] =>
  listOf(value).map((item) => change(objectOf(item)));
/** Changes a member that is there. */
function within(object: JsonObject, name: string, change: (member: Json) => Json): JsonObject {
  const member = object[name];
  return member === undefined ? object : { ...object, [name]: change(member) };
}

const PROBE = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };
const probe = (value: Json): Json =>
  within(fill(value, PROBE), 'httpGet', (get) => fill(get, { path: '/', scheme: 'HTTP' }));

function container(given: JsonObject): JsonObject {
  const image = textOf(given['image']);
  const latest = /:latest$/.test(image) || !/[:@][^/]+$/.test(image);
  let filled: JsonObject = fill(given, {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: latest ? 'Always' : 'IfNotPresent',
  });
  filled = within(filled, 'ports', (ports) => each(ports, (port) => fill(port, { protocol: 'TCP' })));
  filled = within(filled, 'env', (env) =>
    each(env, (one) =>
      within(one, 'valueFrom', (from) =>
        within(objectOf(from), 'fieldRef', (ref) => fill(ref, { apiVersion: 'v1' })),
      ),
    ),
  );
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe'])
    filled = within(filled, name, probe);
  return filled;
}

const OCTAL = { defaultMode: 0o644 };
function volume(given: JsonObject): JsonObject {
  let filled = given;
  for (const name of ['configMap', 'secret', 'projected', 'downwardAPI'])
    filled = within(filled, name, (source) => fill(source, OCTAL));
  return within(filled, 'hostPath', (source) => fill(source, { type: '' }));
}

function podSpec(value: Json | undefined): JsonObject {
  let filled: JsonObject = fill(value, {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
  });
  const account = filled['serviceAccountName'] ?? filled['serviceAccount'];
  if (account !== undefined) filled = { ...filled, serviceAccountName: account, serviceAccount: account };
  for (const name of ['containers', 'initContainers'])
    filled = within(filled, name, (all) => each(all, container));
  return within(filled, 'volumes', (all) => each(all, volume));
}

const template = (value: Json): JsonObject => {
  const filled = fill(value, {});
  return { ...filled, metadata: filled['metadata'] ?? {}, spec: podSpec(filled['spec']) };
};
const QUARTER = { maxUnavailable: '25%', maxSurge: '25%' };

function claim(value: Json | undefined): JsonObject {
  const filled = fill(value, {});
  return { ...filled, spec: fill(filled['spec'], { volumeMode: 'Filesystem' }) };
}

type Defaulter = (spec: JsonObject, object: JsonObject) => JsonObject;
const rolling = (spec: JsonObject, name: string, more: JsonObject): JsonObject => {
  const strategy = fill(spec[name], { type: 'RollingUpdate' });
  if (strategy['type'] !== 'RollingUpdate') return { ...spec, [name]: strategy };
  return { ...spec, [name]: { ...strategy, rollingUpdate: fill(strategy['rollingUpdate'], more) } };
};

/** The job controller's own labels, which tie pods to their job. */
function jobSpec(given: JsonObject, object: JsonObject): JsonObject {
  const filled = fill(within(given, 'template', template), {
    ...(given['parallelism'] === undefined ? { parallelism: 1 } : {}),
    // One to finish, unless somebody says how many run at once: then any number may.
    ...(given['parallelism'] === undefined ? { completions: given['completions'] ?? 1 } : {}),
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    manualSelector: false,
    podReplacementPolicy: 'TerminatingOrFailed',
  });
  const uid = textOf(at(object, 'metadata', 'uid'));
  if (filled['selector'] !== undefined || uid === '') return filled;
  const pod = objectOf(filled['template']);
  const own = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': textOf(at(object, 'metadata', 'name')),
    'controller-uid': uid,
    'job-name': textOf(at(object, 'metadata', 'name')),
  };
  const labels = { ...objectOf(at(pod, 'metadata', 'labels')), ...own };
  return {
    ...filled,
    selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
    template: { ...pod, metadata: { ...objectOf(pod['metadata']), labels } },
  };
}

const SPECS: Readonly<Record<string, Defaulter>> = {
  Deployment: (spec) =>
    rolling(
      fill(within(spec, 'template', template), {
        replicas: 1,
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
      }),
      'strategy',
      QUARTER,
    ),
  StatefulSet: (spec) =>
    rolling(
      fill(
        within(within(spec, 'template', template), 'volumeClaimTemplates', (all) =>
          each(all, (one) => ({
            apiVersion: 'v1',
            kind: 'PersistentVolumeClaim',
            ...claim(one),
            status: { phase: 'Pending' },
          })),
        ),
        {
          replicas: 1,
          podManagementPolicy: 'OrderedReady',
          revisionHistoryLimit: 10,
          persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
        },
      ),
      'updateStrategy',
      { partition: 0 },
    ),
  DaemonSet: (spec) =>
    rolling(fill(within(spec, 'template', template), { revisionHistoryLimit: 10 }), 'updateStrategy', {
      maxUnavailable: 1,
      maxSurge: 0,
    }),
  ReplicaSet: (spec) => fill(within(spec, 'template', template), { replicas: 1 }),
  Job: jobSpec,
  CronJob: (spec) =>
    fill(spec, {
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    }),
  Pod: (spec) => fill(podSpec(spec), { enableServiceLinks: true }),
  PersistentVolumeClaim: (spec) => fill(spec, { volumeMode: 'Filesystem' }),
  PersistentVolume: (spec) =>
    fill(spec, { volumeMode: 'Filesystem', persistentVolumeReclaimPolicy: 'Retain' }),
  Namespace: () => ({ finalizers: ['kubernetes'] }),
  Service: (spec) => ({
    ...fill(spec, {
      type: 'ClusterIP',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
    }),
    ...(spec['ports'] === undefined
      ? {}
      : {
          ports: each(spec['ports'], (port) =>
            fill(port, { protocol: 'TCP', targetPort: port['port'] ?? null }),
          ),
        }),
  }),
  CustomResourceDefinition: (spec) => {
    const names = objectOf(spec['names']);
    const kind = textOf(names['kind']);
    return {
      ...fill(spec, { conversion: { strategy: 'None' } }),
      names: fill(names, { singular: kind.toLowerCase(), listKind: `${kind}List` }),
    };
  },
  NetworkPolicy: (spec) => fill(spec, { policyTypes: ['Ingress'] }),
};

/** Typed objects have no empty maps. */
const withoutEmpty = (object: JsonObject, ...names: readonly string[]): JsonObject =>
  without(object, ...names.filter((name) => Object.keys(objectOf(object[name])).length === 0));

const WHOLE: Readonly<Record<string, (object: JsonObject) => JsonObject>> = {
  ConfigMap: (object) => withoutEmpty(object, 'data', 'binaryData'),
  Secret: (object) => {
    const plain = Object.entries(objectOf(object['stringData'])).map(
      ([name, value]) => [name, Buffer.from(textOf(value)).toString('base64')] as const,
    );
    const rest = fill(withoutEmpty(without(object, 'stringData'), 'data'), { type: 'Opaque' });
    return plain.length === 0
      ? rest
      : { ...rest, data: { ...objectOf(object['data']), ...Object.fromEntries(plain) } };
  },
  EndpointSlice: (object) =>
    within(
      within(object, 'endpoints', (all) => each(all, (one) => fill(one, { conditions: {} }))),
      'ports',
      (all) => each(all, (one) => fill(one, { name: '', protocol: 'TCP' })),
    ),
  StorageClass: (object) => fill(object, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }),
  PriorityClass: (object) => fill(object, { preemptionPolicy: 'PreemptLowerPriority' }),
  Namespace: (object) => {
    const metadata = objectOf(object['metadata']);
    const labels = {
      ...objectOf(metadata['labels']),
      'kubernetes.io/metadata.name': textOf(metadata['name']),
    };
    return {
      ...object,
      metadata: { ...metadata, labels },
      status: fill(object['status'], { phase: 'Active' }),
    };
  },
  Pod: (object) => ({
    ...object,
    status: fill(object['status'], { phase: 'Pending', qosClass: 'BestEffort' }),
  }),
  PersistentVolumeClaim: (object) => ({ ...object, status: fill(object['status'], { phase: 'Pending' }) }),
  PersistentVolume: (object) => ({ ...object, status: fill(object['status'], { phase: 'Pending' }) }),
  Service: (object) => ({ ...object, status: fill(object['status'], { loadBalancer: {} }) }),
  Deployment: (object) => ({ ...object, status: objectOf(object['status']) }),
  StatefulSet: (object) => ({
    ...object,
    status: fill(object['status'], { replicas: 0, availableReplicas: 0 }),
  }),
  DaemonSet: (object) => ({
    ...object,
    status: fill(object['status'], {
      currentNumberScheduled: 0,
      desiredNumberScheduled: 0,
      numberMisscheduled: 0,
      numberReady: 0,
    }),
  }),
  Job: (object) => ({ ...object, status: objectOf(object['status']) }),
};

/** What a real API server adds to a built-in kind by itself. */
export function withBuiltInDefaults(object: JsonObject): JsonObject {
  const kind = textOf(object['kind']);
  const spec = SPECS[kind];
  const given = object['spec'];
  const filled =
    spec === undefined || (!isObject(given) && kind !== 'Namespace')
      ? object
      : { ...object, spec: spec(objectOf(given), object) };
  return WHOLE[kind]?.(filled) ?? filled;
}
