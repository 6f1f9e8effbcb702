import { readFile } from 'node:fs/promises';

import { layerOf } from '../../../scripts/build/image-layer.ts';
import { conditionIs } from '../../cluster/bootstrap.ts';
import { eventually } from '../../cluster/kube.ts';
import { Component } from '../../cluster/process.ts';
import { pushManifest } from '../../cluster/registry.ts';
import { startWorld, type World, type WorldOptions } from '../../cluster/world.ts';
import { clearNode } from './clear.ts';
import { containerd } from './containerd.ts';
import { kubelet, kubeProxy } from './kubelet.ts';
import { ADDRESS, NODE_NAME } from './place.ts';

export type NodeComponent = 'containerd' | 'kubelet' | 'kube-proxy';

/** A world whose one node is real. */
export interface NodeWorld {
  readonly world: World;
  component(name: NodeComponent): Component;
  stop(): Promise<void>;
}

/** Pushes the program that holds a pod's namespaces as an image of one file; answers its reference. */
async function pushPause(world: World): Promise<string> {
  const program = await readFile(world.bin('pause'));
  const layer = await layerOf('pause', new Map([['pause', { bytes: program, mode: 0o755 as const }]]));
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const config = {
    ...{ architecture, os: 'linux', config: { Entrypoint: ['/pause'], User: '65535:65535' } },
    rootfs: { type: 'layers', diff_ids: [layer.diffId] },
  };
  const mediaType = 'application/vnd.oci.image.config.v1+json';
  await pushManifest(world.registry, 'test/pause', '1', {
    config: { mediaType, bytes: Buffer.from(JSON.stringify(config)) },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', bytes: layer.gzipped }],
  });
  return `${world.registry}/test/pause:1`;
}

/** Starts API server, controllers, scheduler and registry, and a node that runs real pods; answers when it is Ready. */
export async function startNodeWorld(options: WorldOptions = {}): Promise<NodeWorld> {
  const world = await startWorld({ flux: false, kwok: false, address: ADDRESS, ...options });
  const components = new Map<NodeComponent, Component>();
  const stop = async (): Promise<void> => {
    // The kubelet first: it would start again what the others end.
    for (const name of ['kubelet', 'kube-proxy', 'containerd'] as const)
      await components.get(name)?.stop('SIGKILL');
    await clearNode(world.folder);
    await world.stop();
  };
  try {
    const commands = [
      await containerd(world, await pushPause(world)),
      await kubeProxy(world),
      await kubelet(world),
    ];
    for (const command of commands) components.set(command.name as NodeComponent, new Component(command));
    for (const one of components.values()) await one.start();
    await eventually('the node is Ready', async () =>
      conditionIs(await world.kube.get(`/api/v1/nodes/${NODE_NAME}`), 'Ready', 'True'),
    ).catch((cause: unknown) => {
      const logs = [...components.values()].map((one) => `== ${one.name}\n${one.logs(30)}`);
      throw new Error(`the node is not Ready\n${logs.join('\n')}`, { cause });
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    world,
    stop,
    component: (name) => {
      const found = components.get(name);
      if (found === undefined) throw new Error(`no ${name}`);
      return found;
    },
  };
}
