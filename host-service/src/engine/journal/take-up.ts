import type { Operation } from '../../contract/objects.ts';
import { continuationOf } from '../../core/status/continuation.ts';
import { Problem } from '../../contract/problem.ts';
import type { Engine } from '../engine.ts';
import { text } from '../observe/read.ts';
import type { Cluster } from '../ports.ts';
import { journal } from './journal.ts';

/**
 * The first time this process meets an open operation it says so in its journal, once, with the reason of the stop (B-52: never "running" for
 * ever). When the one before was last alive is what the Lease says, or the newest entry of the journal where that is later.
 */
export async function takeUp(engine: Engine, operation: Operation, signal: AbortSignal): Promise<Operation> {
  if (engine.memory.operation === operation.metadata.name) return operation;
  const { cluster, clock, log } = engine.ports;
  const boots = await bootsOf(cluster, signal);
  const now = clock.now();
  const continued = continuationOf(operation.status, { boots, lastAlive: engine.lastAlive?.(), now });
  log.info('operation taken up again', { operation: operation.metadata.name, after: continued.kind });
  const after = continued.kind === 'power' ? 'power loss' : 'a restart of the control plane';
  const entry = {
    ...{ resumed: true, continued, boots },
    event: { level: 'info', text: `Taken up again by ${engine.identity.name} after ${after}` },
  } as const;
  const taken = await journal(cluster, operation, entry, now, signal);
  engine.memory.operation = operation.metadata.name;
  return taken;
}

/** Boot ids of the nodes: another one means that the machine has started anew. None when it must not be asked for. Throws Problem cluster.*. */
export async function bootsOf(cluster: Cluster, signal: AbortSignal): Promise<readonly string[]> {
  try {
    const nodes = await cluster.list({ apiVersion: 'v1', kind: 'Node' }, { signal });
    return nodes
      .map((node) => text(node, 'status', 'nodeInfo', 'bootID'))
      .filter((id) => id !== '')
      .sort();
  } catch (error) {
    if (error instanceof Problem && error.code === 'cluster.forbidden') return [];
    throw error;
  }
}
