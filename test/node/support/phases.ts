import type { Operation } from 'host-service/contract/objects.ts';
import { isReady, NAME, NAMESPACE } from './box.ts';
import type { Stage } from './stage.ts';

interface Lease {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly acquireTime?: string };
}

/** How long each part of a roll took, as one line for a table: from the moment in which the vendor began to publish. */
export async function phasesOf(stage: Stage, roll: Operation, begunMs: number): Promise<string> {
  const writes = await stage.writes();
  const isRoll = (text: unknown): boolean => JSON.stringify(text ?? '').includes(roll.spec.to.digest);
  const put = writes.find(
    ({ objectRef, requestObject }) =>
      objectRef?.resource === 'deployments' && objectRef.name === NAME && isRoll(requestObject),
  );
  const pod = (await stage.box.pods()).find(isReady);
  const ready = pod?.status.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime;
  const lease = await stage.world.kube.get<Lease & { metadata: { [key: string]: unknown } }>(
    `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases/${NAME}`,
  );
  const moments: readonly [string, string | undefined][] = [
    ['journal', roll.status?.startedAt],
    ['Deployment written', put?.requestReceivedTimestamp],
    ['container started', pod?.status.containerStatuses?.[0]?.state.running?.startedAt],
    ['Ready', ready],
    ['Lease taken', lease.spec.acquireTime],
    ['cleared', roll.status?.endedAt],
  ];
  const seconds = (at: string | undefined): string =>
    at === undefined ? '?' : ((Date.parse(at) - begunMs) / 1000).toFixed(1);
  return `roll, seconds since publishing began: ${moments.map(([name, at]) => `${name} ${seconds(at)}`).join(', ')}`;
}
