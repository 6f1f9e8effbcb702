import { createCluster } from 'host-service/edges/kubernetes/cluster.ts';
import { loadKubeconfig } from 'host-service/edges/kubernetes/connect/kubeconfig.ts';
import { GROUP_VERSION } from 'host-service/contract/names.ts';
import { OperationEvent } from 'host-service/contract/operation.ts';
import { z } from 'zod';
import type { Stage } from '../../demo/stage.ts';

/** What is needed of an Operation to know what happened. */
const Journal = z.object({
  spec: z.object({ to: z.object({ version: z.string() }) }),
  status: z.object({ events: z.array(OperationEvent) }),
});

export interface Killer {
  /** Events at which the control plane was killed, as `number text`. */
  readonly killedAt: readonly string[];
  stop(): Promise<void>;
}

/**
 * Kills the control plane as soon as the journal of the update to `version` has an event that it did not have before. Only once for each text:
 * to be taken up again is an event too, and would never end.
 */
export function killAtEachEvent(stage: Stage, version: string): Killer {
  const ending = new AbortController();
  const auth = loadKubeconfig(stage.world.kubeconfig);
  const cluster = createCluster({ auth, userAgent: 'appliance-browser-test' });
  const killedAt: string[] = [];
  const known = new Set<string>();
  const watching = cluster.watch(
    { apiVersion: GROUP_VERSION, kind: 'Operation' },
    {
      signal: ending.signal,
      onChange: (object) => {
        const operation = Journal.safeParse(object).data;
        if (operation?.spec.to.version !== version) return;
        const fresh = operation.status.events.filter(({ text }) => !known.has(text));
        if (fresh.length === 0 || !stage.controlPlane.isRunning) return;
        for (const { text } of fresh) known.add(text);
        killedAt.push(fresh.map(({ n, text }) => `${n} ${text}`).join(' + '));
        void stage.controlPlane.kill();
      },
    },
  );
  return {
    killedAt,
    stop: async () => {
      ending.abort();
      await watching.catch(() => undefined);
      await cluster.close();
    },
  };
}
