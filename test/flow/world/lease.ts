import { Problem } from 'host-service/contract/problem.ts';
import type { LeaseRecord, LeaseStore } from 'host-service/engine/ports.ts';

/** One Lease with compare-and-swap. A process that is cut off sees nothing of it. */
export class WorldLease {
  record: LeaseRecord | undefined;
  readonly cutOff = new Set<string>();
  private version = 0;

  store(by: string): LeaseStore {
    const reachable = async (): Promise<void> => {
      await Promise.resolve();
      if (this.cutOff.has(by)) throw new Problem('cluster.unavailable', `${by} is cut off`);
    };
    return {
      read: async () => {
        await reachable();
        return this.record;
      },
      write: async (record) => {
        await reachable();
        if (record.resourceVersion !== this.record?.resourceVersion)
          throw new Problem('cluster.conflict', 'Lease');
        this.version += 1;
        this.record = { ...record, resourceVersion: String(this.version) };
        return this.record;
      },
    };
  }
}
