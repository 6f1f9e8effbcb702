import { at, listAt, recordAt, textAt, timeOf, type Json, type Thing } from './fields.ts';
import { create, KINDS, remove, replace, writeStatus, type Machine } from './machine.ts';

/** What the platform of a box brings along: a driver, and a class that does not keep data. */
const DRIVER = 'local-path-provisioner';
const IMAGE = `rancher/${DRIVER}:v0.0.36`;
const PROVISIONER = 'rancher.io/local-path';
const DEFAULT = 'storageclass.kubernetes.io/is-default-class';

/** The driver and its own class, as the platform puts them back whenever they are gone. */
export async function ensureStorage(machine: Machine): Promise<void> {
  const fault = machine.fault();
  const how = fault.kind === 'storage' ? fault.how : '';
  const places = how === 'two-drivers' ? ['kube-system', 'default'] : ['kube-system'];
  for (const namespace of ['kube-system', 'default']) {
    const found = machine.cache.get(KINDS.deployment, namespace, DRIVER);
    if (found === undefined && places.includes(namespace)) await create(machine, driver(namespace));
    if (found !== undefined && !places.includes(namespace)) await remove(machine, found);
  }
  for (const name of ['local-path', 'second']) {
    const found = machine.cache.get(KINDS.storageClass, undefined, name);
    const wanted = name === 'local-path' || how === 'two-defaults';
    if (found === undefined && wanted) await create(machine, storageClass(name));
    if (found !== undefined && !wanted) await remove(machine, found);
  }
}

const driver = (namespace: string): Thing => ({
  ...KINDS.deployment,
  metadata: { name: DRIVER, namespace },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: DRIVER } },
    template: {
      metadata: { labels: { app: DRIVER } },
      spec: { containers: [{ name: DRIVER, image: IMAGE }] },
    },
  },
});

const storageClass = (name: string): Thing => ({
  ...KINDS.storageClass,
  metadata: { name, annotations: { [DEFAULT]: 'true' } },
  provisioner: PROVISIONER,
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'WaitForFirstConsumer',
});

/** Names of the claims that a pod uses. */
export const claimsOf = (pod: Thing): readonly string[] =>
  listAt(pod, 'spec', 'volumes')
    .map((volume) => textAt(volume, 'persistentVolumeClaim', 'claimName'))
    .filter((name) => name !== '');

/** Stand-in for provisioner and binder: a claim gets a volume as soon as its class exists and, where the class waits for that, a pod uses it. */
export async function reconcileClaim(machine: Machine, key: string): Promise<undefined> {
  const [namespace = '', name = ''] = key.split('/');
  const claim = machine.cache.get(KINDS.claim, namespace, name);
  if (claim === undefined || claim.metadata.deletionTimestamp !== undefined) return undefined;
  if (textAt(claim, 'status', 'phase') === 'Bound') return undefined;
  const className = textAt(claim, 'spec', 'storageClassName');
  const storage = machine.cache.get(KINDS.storageClass, undefined, className);
  const waits = textAt(storage, 'volumeBindingMode') === 'WaitForFirstConsumer';
  const isUsed = machine.cache.list(KINDS.pod, namespace).some((pod) => claimsOf(pod).includes(name));
  const fault = machine.fault();
  if (storage === undefined || (waits && !isUsed) || (fault.kind === 'storage' && fault.how === 'pending')) {
    await writeStatus(machine, claim, { phase: 'Pending' });
    return undefined;
  }
  await bind(machine, claim, textAt(storage, 'reclaimPolicy'));
  return undefined;
}

async function bind(machine: Machine, claim: Thing, policy: string): Promise<void> {
  const { namespace = '', name, uid = '' } = claim.metadata;
  const volume = `pvc-${uid}`;
  const accessModes = at(claim, 'spec', 'accessModes');
  const capacity = at(claim, 'spec', 'resources', 'requests');
  if (machine.cache.get(KINDS.volume, undefined, volume) === undefined) {
    await create(machine, {
      ...KINDS.volume,
      metadata: { name: volume, annotations: { 'pv.kubernetes.io/provisioned-by': PROVISIONER } },
      spec: {
        storageClassName: textAt(claim, 'spec', 'storageClassName'),
        accessModes,
        capacity,
        persistentVolumeReclaimPolicy: policy,
        volumeMode: 'Filesystem',
        hostPath: { path: `/var/lib/appliance/storage/${volume}`, type: 'DirectoryOrCreate' },
        claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid },
      },
    });
  }
  const bound = await replace(machine, {
    ...claim,
    spec: { ...recordAt(claim, 'spec'), volumeName: volume },
  });
  await writeStatus(machine, bound, { phase: 'Bound', accessModes, capacity });
  const made = machine.cache.get(KINDS.volume, undefined, volume);
  if (made !== undefined) await writeStatus(machine, made, { phase: 'Bound' });
}

/** A volume whose claim is gone: deleted or kept, as it says. */
export async function reconcileVolume(machine: Machine, key: string): Promise<undefined> {
  const volume = machine.cache.get(KINDS.volume, undefined, key.slice(key.indexOf('/') + 1));
  if (volume === undefined || textAt(volume, 'status', 'phase') === '') return undefined;
  const [namespace, name] = ['namespace', 'name'].map((part) => textAt(volume, 'spec', 'claimRef', part));
  const claim = machine.cache.get(KINDS.claim, namespace, name ?? '');
  const uid = textAt(volume, 'spec', 'claimRef', 'uid');
  if (uid === '' || claim?.metadata.uid === uid) return undefined;
  if (textAt(volume, 'spec', 'persistentVolumeReclaimPolicy') === 'Delete') await remove(machine, volume);
  else await writeStatus(machine, volume, { phase: 'Released' });
  return undefined;
}

/** What becomes of a pod by itself that writes and ends, where storage does not work; undefined = it ends well. */
export function trialStatus(machine: Machine, pod: Thing, now: Date): Json | undefined {
  const fault = machine.fault();
  if (fault.kind !== 'storage') return undefined;
  const [container] = listAt(pod, 'spec', 'containers');
  const [name, image] = [textAt(container, 'name'), textAt(container, 'image')];
  const said = (phase: string, state: Json): Json => ({
    phase,
    containerStatuses: [{ name, image, imageID: '', ready: false, restartCount: 0, state, lastState: {} }],
  });
  if (fault.how === 'sub-path') {
    const message = `failed to create subPath directory for volumeMount "data" of container "${name}"`;
    return said('Pending', { waiting: { reason: 'CreateContainerConfigError', message } });
  }
  if (fault.how === 'pending') return said('Pending', { waiting: { reason: 'ContainerCreating' } });
  if (fault.how !== 'denied') return undefined;
  const message = JSON.stringify({
    ok: false,
    ...{ at: 'making a folder', code: 'EACCES', message: 'EACCES: permission denied, mkdir' },
  });
  const time = timeOf(now);
  const terminated = { exitCode: 1, reason: 'Error', message, startedAt: time, finishedAt: time };
  return said('Failed', { terminated });
}
