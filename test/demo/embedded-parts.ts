import { openVendor } from '../world/publish.ts';
import { startEmbeddedWorld } from '../world/world.ts';
import { join } from 'node:path';
import type { DemoWorld } from './demo-world.ts';

/** The embedded world with a vendor beside it: nothing but Node needed. */
export async function openEmbedded(
  folder: string,
  speed: { readonly startMs: number; readonly packageMs: number },
): Promise<DemoWorld> {
  const world = await startEmbeddedWorld(speed);
  try {
    const vendor = await openVendor(join(folder, 'vendor'), world.registry.host);
    return {
      kubeconfig: world.kubernetes.kubeconfig,
      vendor,
      setFault: async (fault) => {
        await world.registry.setFault(fault?.registry ?? { kind: 'none' });
        await world.kubernetes.setFault(fault?.kubernetes ?? { kind: 'none' });
        world.platform.setFault(fault?.workload ?? { kind: 'none' });
      },
      powerCycle: () => world.platform.powerCycle(),
      stop: () => world.stop(),
    };
  } catch (error) {
    await world.stop();
    throw error;
  }
}
