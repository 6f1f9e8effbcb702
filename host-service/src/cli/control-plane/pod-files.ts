import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ControlPlaneConfig } from '../../contract/config.ts';
import { Problem } from '../../contract/problem.ts';
import { readConfig } from '../../edges/files/config.ts';
import type { Cluster } from '../../engine/ports.ts';
import { items, text, texts } from '../../engine/observe/read.ts';
import { controlPlaneRef } from '../../engine/roll/observe.ts';

/** The pods' volume with their files. */
const VOLUME = 'appliance';
const FILE = /^[a-z][a-z0-9.-]{0,62}$/;
const MAX_CHARACTERS = 1024 * 1024;

/** The control plane's own files, as its pods have them. */
export interface PodFiles {
  readonly config: ControlPlaneConfig;
  remove(): Promise<void>;
}

/**
 * Lays out what the pods of the control plane read, in a folder of this user alone: where no control plane works, a command goes by the same
 * configuration, product and keys.
 *
 * @throws Problem config.* when the Deployment names no configuration that can be used, cluster.*
 */
export async function podFiles(
  cluster: Pick<Cluster, 'get'>,
  namespace: string,
  signal: AbortSignal,
): Promise<PodFiles> {
  const files = await filesOf(cluster, namespace, signal);
  const folder = await mkdtemp(join(tmpdir(), 'appliance-files-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    for (const [name, content] of files) await writeFile(join(folder, name), content, { mode: 0o600 });
    return { config: readConfig(join(folder, 'config.yaml')), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function filesOf(
  cluster: Pick<Cluster, 'get'>,
  namespace: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const deployment = await cluster.get(controlPlaneRef(namespace), signal);
  const volumes = items(deployment, 'spec', 'template', 'spec', 'volumes');
  const volume = volumes.find((one) => text(one, 'name') === VOLUME);
  const names = items(volume, 'projected', 'sources').map((source) => text(source, 'configMap', 'name'));
  const files = new Map<string, string>();
  for (const name of names.filter((one) => one !== '')) {
    const map = await cluster.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name }, signal);
    for (const [key, value] of Object.entries(texts(map, 'data')))
      if (FILE.test(key) && value.length <= MAX_CHARACTERS) files.set(key, value);
  }
  if (files.size === 0)
    throw new Problem('config.unreadable', 'the control plane has no files in the cluster');
  return files;
}
