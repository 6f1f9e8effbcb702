import type { OperationDetail, OperationsView } from '../../contract/api/operations.ts';
import { Problem } from '../../contract/problem.ts';
import { readOperations } from '../observe/own.ts';
import type { Cluster } from '../ports.ts';
import { operationView } from './live/operation-view.ts';

/** What was done on this box, newest first. Problems cluster.*. */
export async function operationsView(cluster: Cluster, signal: AbortSignal): Promise<OperationsView> {
  const { value } = await readOperations(cluster, signal);
  return { operations: value.map((one) => operationView(one, value, { withEvidence: false })) };
}

/** One operation with its events and all evidence. Problems request.not-found, cluster.*. */
export async function operationDetail(
  cluster: Cluster,
  name: string,
  signal: AbortSignal,
): Promise<OperationDetail> {
  const { value } = await readOperations(cluster, signal);
  const found = value.find(({ metadata }) => metadata.name === name);
  if (found === undefined) throw new Problem('request.not-found', `there is no operation ${name}`);
  return { ...operationView(found, value, { withEvidence: true }), events: found.status?.events ?? [] };
}
