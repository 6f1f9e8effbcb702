import type { RollContext } from './context.ts';
import { lookAtControlPlane } from '../observe.ts';
import { settledDeployment } from './settle.ts';

/** Milliseconds between counts of the nodes. */
const LOOK_MS = 60_000;

/** How many control planes a cluster of so many nodes has: with fewer than three, a second one would only wait beside the first. */
export const replicasFor = (nodes: number): number => (nodes >= 3 ? 3 : 1);

/**
 * Keeps the number of control planes right while nodes come and go, beside any roll: the template stays, so nothing is started anew. A number that
 * somebody has set to 0 is a wish and stays.
 *
 * @throws Problem cluster.*
 */
export async function keepReplicas({ engine, own, seen, signal }: RollContext): Promise<void> {
  const { memory, namespace, ports } = engine;
  const { cluster, clock, log } = ports;
  const now = clock.monotonic();
  if (seen.replicas === 0 || now - (memory.roll.nodesAt ?? -LOOK_MS) < LOOK_MS) return;
  const nodes = await cluster.list({ apiVersion: 'v1', kind: 'Node' }, { signal });
  memory.roll.nodesAt = now;
  const replicas = replicasFor(nodes.length);
  // None at all was a list that cannot be right: we run on one.
  if (nodes.length === 0 || replicas === seen.replicas) return;
  const look = await lookAtControlPlane(cluster, namespace, signal);
  if (look?.seen.digest !== own.digest || look.seen.replicas === 0) return;
  await cluster.apply(settledDeployment(look, replicas), { signal });
  log.info('control planes counted anew', { nodes: nodes.length, replicas });
}
