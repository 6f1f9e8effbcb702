import { GROUP_VERSION } from '../../contract/names.ts';
import { Operation } from '../../contract/objects.ts';
import { problemOf } from '../../contract/problem.ts';
import type { GuardSight, OpenRoll } from '../../core/roll/guard/sight.ts';
import type { Cluster } from '../ports.ts';
import { observeControlPlane } from '../roll/observe.ts';
import { readRecord } from '../roll/record.ts';
import type { LeaseSight } from './lease-sight.ts';

/**
 * One look at the control plane. An API server that cannot be asked is an answer, not an exception. The journal is read only when no address
 * gets requests: it is the largest part and means nothing before.
 */
export async function lookAtWorld(
  cluster: Cluster,
  namespace: string,
  leader: LeaseSight,
  signal: AbortSignal,
): Promise<GuardSight> {
  try {
    const plane = await observeControlPlane(cluster, namespace, signal);
    const holder = await leader.look(signal);
    if (plane === undefined) return { kind: 'absent', leader: holder };
    const record = await readRecord(cluster, namespace, signal);
    const roll = plane.readyEndpoints > 0 ? undefined : await openRoll(cluster, signal);
    return { kind: 'seen', plane, record, leader: holder, roll };
  } catch (error) {
    const { code, detail } = problemOf(error);
    return { kind: 'blind', code, detail };
  }
}

async function openRoll(cluster: Cluster, signal: AbortSignal): Promise<OpenRoll | undefined> {
  const operations = await cluster.list({ apiVersion: GROUP_VERSION, kind: 'Operation' }, { signal });
  const rolls = operations.flatMap((object) => {
    const { data } = Operation.safeParse(object);
    if (data?.spec.verb !== 'roll' || data.status?.outcome !== 'running') return [];
    return { name: data.metadata.name, startedAt: new Date(data.status.startedAt) };
  });
  return rolls.toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime())[0];
}
