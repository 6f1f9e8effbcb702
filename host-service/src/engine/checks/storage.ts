import { z } from 'zod';
import type { CheckFacts, StorageKind } from '../../core/checks/facts.ts';
import { Problem } from '../../contract/problem.ts';
import type { Cluster, KindRef, KubeObject } from '../ports.ts';

const StorageClass = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  reclaimPolicy: z.string().optional(),
});
const Claim = z.looseObject({
  spec: z.looseObject({
    resources: z
      .looseObject({ requests: z.looseObject({ storage: z.string().optional() }).optional() })
      .optional(),
  }),
});
const DEFAULT = 'storageclass.kubernetes.io/is-default-class';

type Storage = Pick<CheckFacts, 'storage' | 'claimedBytes'>;

/** What the platform offers and what was asked for; absent where this program may not look or the platform does not answer. */
export async function readStorage(cluster: Pick<Cluster, 'list'>, signal: AbortSignal): Promise<Storage> {
  const [kinds, claims] = await Promise.all([
    listOrNone(cluster, { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass' }, signal),
    listOrNone(cluster, { apiVersion: 'v1', kind: 'PersistentVolumeClaim' }, signal),
  ]);
  return {
    storage: kinds?.flatMap(kindOf),
    claimedBytes: claims?.reduce((sum, claim) => sum + bytesOf(claim), 0),
  };
}

async function listOrNone(
  cluster: Pick<Cluster, 'list'>,
  kind: KindRef,
  signal: AbortSignal,
): Promise<readonly KubeObject[] | undefined> {
  try {
    return await cluster.list(kind, { signal });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Problem) return undefined;
    throw error;
  }
}

function kindOf(object: KubeObject): readonly StorageKind[] {
  const { data } = StorageClass.safeParse(object);
  if (data === undefined) return [];
  const { metadata, reclaimPolicy } = data;
  return [
    {
      name: metadata.name,
      isDefault: metadata.annotations?.[DEFAULT] === 'true',
      keeps: reclaimPolicy === 'Retain',
    },
  ];
}

function bytesOf(claim: KubeObject): number {
  return quantityBytes(Claim.safeParse(claim).data?.spec.resources?.requests?.storage ?? '');
}

const UNITS: Readonly<Record<string, number>> = {
  ...{ '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15 },
  ...{ Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, Ti: 1024 ** 4, Pi: 1024 ** 5 },
};

/** Bytes of an amount as the platform writes it (`20Gi`); 0 for what is none. */
export function quantityBytes(text: string): number {
  const [, amount = '', unit = ''] = /^(\d{1,12}(?:\.\d{1,6})?)([kMGTP]i?|Ki)?$/.exec(text) ?? [];
  const bytes = Number(amount) * (UNITS[unit] ?? 0);
  return amount === '' || !Number.isFinite(bytes) ? 0 : Math.round(bytes);
}
