import { randomInt } from 'node:crypto';
import { conditionOf } from '../conditions.ts';
import { controllerOf, ownerReference, recordAt, textAt, type Json, type Thing } from '../fields.ts';
import { create, type KINDS, type Machine } from '../machine.ts';
import { NODE } from './kubelet.ts';

const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

export const randomSuffix = (): string =>
  Array.from({ length: 5 }, () => LETTERS[randomInt(LETTERS.length)]).join('');

/** Children of an object, by their owner reference. */
export function childrenOf(
  machine: Machine,
  kind: (typeof KINDS)[keyof typeof KINDS],
  owner: Thing,
): readonly Thing[] {
  const { namespace, uid } = owner.metadata;
  return machine.cache.list(kind, namespace).filter((child) => controllerOf(child)?.uid === uid);
}

/** Pods that count as copies of a workload. */
export const isAlive = (pod: Thing): boolean =>
  pod.metadata.deletionTimestamp === undefined &&
  !['Failed', 'Succeeded'].includes(textAt(pod, 'status', 'phase'));

export const isReady = (pod: Thing): boolean => textAt(conditionOf(pod, 'Ready'), 'status') === 'True';

/** How long a pod still has to stay ready before it counts as available, in milliseconds; 0 = it is. */
export function restUntilAvailable(pod: Thing, minReadySeconds: number, now: number): number {
  const since = Date.parse(textAt(conditionOf(pod, 'Ready'), 'lastTransitionTime'));
  return Number.isNaN(since) ? minReadySeconds * 1000 : Math.max(0, since + minReadySeconds * 1000 - now);
}

export interface PodInput {
  readonly owner: Thing;
  readonly template: unknown;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly volumes?: readonly Json[];
}

/** Makes a pod of a template. It has its node at once, unless the world has no room for it. */
export async function makePod(
  machine: Machine,
  { owner, template, name, labels, volumes }: PodInput,
): Promise<Thing> {
  const spec = recordAt(template, 'spec');
  const fault = machine.fault();
  const fits = fault.kind !== 'unschedulable';
  const own = Array.isArray(spec['volumes']) ? (spec['volumes'] as readonly Json[]) : [];
  return create(machine, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: owner.metadata.namespace ?? '',
      labels: { ...recordAt(template, 'metadata', 'labels'), ...labels } as Record<string, string>,
      annotations: recordAt(template, 'metadata', 'annotations') as Record<string, string>,
      ownerReferences: [ownerReference(owner)],
    },
    spec: {
      ...spec,
      ...(volumes === undefined ? {} : { volumes: [...own, ...volumes] }),
      ...(fits ? { nodeName: NODE } : {}),
    },
  });
}
