import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { KubeObject } from '../../cluster/kube.ts';
import type { World } from '../../cluster/world.ts';
import { at, textAt } from '../../world/platform/fields.ts';
import { NODE_NAME } from './place.ts';

export const PROVISIONER = 'rancher.io/local-path';
const BY = 'pv.kubernetes.io/provisioned-by';
const FOR = 'volume.kubernetes.io/storage-provisioner';
const VOLUMES = '/api/v1/persistentvolumes';

/** What folders of volumes are like: as they should be, such that only root may write, or not there at all. */
export type Folders = 'open' | 'closed' | 'missing';

/** A driver as small as can be: a folder of the node for each claim that is used, gone with its volume when that says so. */
export class Volumes {
  folders: Folders = 'open';
  readonly #world: World;
  readonly #ending = new AbortController();
  readonly #running: Promise<void>;
  /** What went wrong, for error messages. */
  readonly failures: unknown[] = [];

  constructor(world: World) {
    this.#world = world;
    this.#running = this.#run();
  }

  get folder(): string {
    return join(this.#world.folder, 'volumes');
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      await this.#look().catch((error: unknown) => this.failures.push(error));
      await sleep(200, undefined, { signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const { kube } = this.#world;
    for (const claim of await kube.list('/api/v1/persistentvolumeclaims')) {
      const isOurs = claim.metadata.annotations?.[FOR] === PROVISIONER;
      if (isOurs && textAt(claim, 'status', 'phase') === 'Pending') await this.#provide(claim);
    }
    for (const volume of await kube.list(VOLUMES)) {
      const goes = textAt(volume, 'spec', 'persistentVolumeReclaimPolicy') === 'Delete';
      if (!goes || textAt(volume, 'status', 'phase') !== 'Released') continue;
      await rm(textAt(volume, 'spec', 'hostPath', 'path'), { recursive: true, force: true });
      await kube.delete(`${VOLUMES}/${volume.metadata.name}`);
    }
  }

  async #provide(claim: KubeObject): Promise<void> {
    const { namespace, name, uid = '' } = claim.metadata;
    const volume = `pvc-${uid}`;
    const path = join(this.folder, volume);
    if (this.folders !== 'missing') await mkdir(path, { recursive: true });
    // What a process makes is cut by its umask.
    if (this.folders === 'open') await chmod(path, 0o777);
    const className = textAt(claim, 'spec', 'storageClassName');
    const storageClass = await this.#world.kube.get(`/apis/storage.k8s.io/v1/storageclasses/${className}`);
    await this.#world.kube.apply(`${VOLUMES}/${volume}`, {
      ...{ apiVersion: 'v1', kind: 'PersistentVolume' },
      metadata: { name: volume, annotations: { [BY]: PROVISIONER } },
      spec: {
        storageClassName: className,
        accessModes: at(claim, 'spec', 'accessModes'),
        capacity: at(claim, 'spec', 'resources', 'requests'),
        persistentVolumeReclaimPolicy: textAt(storageClass, 'reclaimPolicy'),
        hostPath: { path, type: 'Directory' },
        claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [NODE_NAME] }] },
            ],
          },
        },
      },
    });
  }
}
