import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Tools } from './build.ts';
import { flux, FLUX } from './components.ts';
import type { Setting } from './components.ts';
import { eventually } from './kube.ts';
import type { Kube, KubeObject } from './kube.ts';
import type { Command } from './process.ts';

/** The simulated node; answers when it is Ready. */
export async function startNode(kube: Kube, startKwok: () => Promise<void>): Promise<void> {
  const node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: 'appliance-0',
      labels: {
        'kubernetes.io/hostname': 'appliance-0',
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
      },
    },
  };
  await Promise.all([startKwok(), kube.apply('/api/v1/nodes/appliance-0', node)]);
  await eventually('node appliance-0 is Ready', async () =>
    conditionIs(await kube.get('/api/v1/nodes/appliance-0'), 'Ready', 'True'),
  );
}

/** Namespace, custom resource definitions of the controllers' own modules, then the controllers themselves. */
export async function startFlux(
  kube: Kube,
  tools: Tools,
  setting: Setting,
  start: (made: Promise<Command>) => Promise<void>,
): Promise<void> {
  const names: string[] = [];
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system' } };
  await kube.apply('/api/v1/namespaces/flux-system', namespace);
  for (const controller of FLUX) {
    const folder = tools.crds.get(controller);
    for (const file of folder === undefined ? [] : await readdir(folder)) {
      // controller-gen names files <group>_<plural>.yaml
      const name = file.replace('.yaml', '').split('_').reverse().join('.');
      const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`;
      await kube.apply(path, await readFile(join(folder!, file), 'utf8'));
      names.push(path);
    }
  }
  for (const path of names) {
    await eventually(`${path} is Established`, async () =>
      conditionIs(await kube.get(path), 'Established', 'True'),
    );
  }
  await Promise.all(FLUX.map(async (controller) => start(flux(setting, controller))));
}

/** True when the object has the condition with this status. */
export function conditionIs(object: KubeObject, type: string, status: string): boolean {
  const conditions = (
    object['status'] as { conditions?: readonly { type: string; status: string }[] } | undefined
  )?.conditions;
  return conditions?.some((condition) => condition.type === type && condition.status === status) ?? false;
}
