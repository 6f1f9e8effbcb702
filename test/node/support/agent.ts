import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { createCluster } from 'host-service/edges/kubernetes/cluster.ts';
import { loadKubeconfig } from 'host-service/edges/kubernetes/connect/kubeconfig.ts';
import type { KubeInput } from 'host-service/engine/ports.ts';
import { parseAllDocuments } from 'yaml';
import { AGENT_RIGHTS_FILE } from '../../../scripts/build/agent-calls.ts';
import { GROUP } from '../../cluster/support/scene.ts';
import { Component } from '../../cluster/process.ts';
import type { World } from '../../cluster/world.ts';
import { NODE_NAME } from './place.ts';

const ROOT = join(import.meta.dirname, '../../..');
const PROGRAM = join(ROOT, 'host-service/bin/appliance-agent.ts');
const run = promisify(execFile);

/** Lets five minutes pass at once on this host's clock when it is told to: it waits so long where nothing else could end a wait. */
export const JUMPS = `const now = performance.now.bind(performance);
let more = 0;
performance.now = () => now() + more;
process.on('SIGUSR2', () => { more += 301_000; });`;

/** What the boot script does for the program on the host: its rights, its configuration, its identity. Answers it, not started yet. */
export async function agentOf(world: World, preload = ''): Promise<Component> {
  const admin = createCluster({ auth: loadKubeconfig(world.kubeconfig), userAgent: 'test/1' });
  try {
    const text = await readFile(join(ROOT, AGENT_RIGHTS_FILE), 'utf8');
    const objects = parseAllDocuments(text).map((one) => one.toJS() as KubeInput);
    for (const object of objects) await admin.apply(object, { signal: AbortSignal.timeout(30_000) });
  } finally {
    await admin.close();
  }
  const file = (name: string): string => join(world.folder, name);
  const config = {
    ...{ schema: 'appliance.agent/v1', node: NODE_NAME, reportMs: 1_000, floorMs: 1_000 },
    ...{ kubeconfig: file('agent/kubeconfig'), adminKubeconfig: world.kubeconfig, state: file('agent') },
    ...{ baked: file('no-baked'), bootReport: file('no-report.json'), kept: file('kept'), disks: ['/'] },
  };
  await writeFile(file('agent.yaml'), JSON.stringify(config));
  await writeFile(file('preload.mjs'), preload);
  const args = ['--import', file('preload.mjs'), PROGRAM, '--config', file('agent.yaml')];
  await run(process.execPath, [...args, 'identity']);
  return new Component({
    ...{ name: 'appliance-agent', path: process.execPath, args, cwd: world.folder },
    logFile: file('appliance-agent.log'),
    ready: async () => {
      const host = await world.kube.find(`${GROUP}/hosts/${NODE_NAME}`);
      return JSON.stringify(host?.['status'] ?? {}).includes('"guard"');
    },
  });
}
