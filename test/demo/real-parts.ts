import { join } from 'node:path';
import { Vendor } from '../cluster/support/vendor.ts';
import { startWorkloads } from '../cluster/workloads.ts';
import { startWorld, type World } from '../cluster/world.ts';
import type { DemoFault } from './faults.ts';
import type { DemoWorld } from './demo-world.ts';

/** Component of the real world that a fault stops. */
function stoppedBy(fault: DemoFault | undefined): string | undefined {
  if (fault?.registry?.kind === 'down') return 'registry';
  if (fault?.kubernetes?.kind === 'down') return 'kube-apiserver';
  return undefined;
}

/** Real kube-apiserver, Flux, registry and simulated pods; builds what it needs (docs/develop.md). */
export async function openReal(): Promise<DemoWorld> {
  const world: World = await startWorld();
  try {
    const vendor = await new Vendor(join(world.folder, 'vendor'), world.registry).open();
    const workloads = startWorkloads(world);
    let stopped: string | undefined;
    return {
      kubeconfig: world.kubeconfig,
      vendor,
      setFault: async (fault) => {
        const next = stoppedBy(fault);
        if (fault !== undefined && next === undefined && fault.kill !== true)
          throw new Error('real parts cannot have this fault; leave out --cluster');
        if (stopped !== undefined && stopped !== next) await world.startComponent(stopped);
        if (next !== undefined && next !== stopped) await world.stopComponent(next, 'SIGKILL');
        stopped = next;
      },
      stop: async () => {
        await workloads.stop();
        await world.stop();
      },
    };
  } catch (error) {
    await world.stop();
    throw error;
  }
}
