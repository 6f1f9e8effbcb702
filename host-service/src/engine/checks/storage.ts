import { z } from 'zod';
import type { StorageDefinition } from '../../contract/product.ts';
import type { CheckFacts } from '../../core/checks/facts.ts';
import type { ProofRecord } from '../../core/storage/facts.ts';
import { Problem } from '../../contract/problem.ts';
import type { Cluster, KindRef, KubeObject } from '../ports.ts';
import { classSight, driversIn, STORAGE_KINDS, WORKLOADS } from '../storage/look.ts';

const Claim = z.looseObject({
  spec: z.looseObject({
    resources: z
      .looseObject({ requests: z.looseObject({ storage: z.string().optional() }).optional() })
      .optional(),
  }),
});

type Storage = Pick<
  CheckFacts,
  'storage' | 'storageDrivers' | 'storageOfProduct' | 'storageProof' | 'claimedBytes'
>;

/** What the platform offers and what was asked for; absent where this program may not look or the platform does not answer. */
export async function readStorage(
  cluster: Pick<Cluster, 'list'>,
  product: StorageDefinition | undefined,
  signal: AbortSignal,
): Promise<Storage> {
  const [kinds, claims, ...workloads] = await Promise.all([
    listOrNone(cluster, STORAGE_KINDS.storageClass, signal),
    listOrNone(cluster, STORAGE_KINDS.claim, signal),
    ...(product === undefined ? [] : WORKLOADS).map(async (kind) => listOrNone(cluster, kind, signal)),
  ]);
  const classes = kinds?.map(classSight);
  const own = classes?.find(({ name }) => name === product?.class);
  return {
    storage: classes?.map(({ name, isDefault, reclaimPolicy }) => ({
      ...{ name, isDefault, keeps: reclaimPolicy === 'Retain' },
    })),
    storageOfProduct: product?.class,
    storageDrivers: driversIn(
      workloads.flatMap((found) => found ?? []),
      product?.driver,
    ),
    storageProof: own?.record === undefined ? undefined : proofIn(own.record),
    claimedBytes: claims?.reduce((sum, claim) => sum + bytesOf(claim), 0),
  };
}

const proofIn = ({ problem }: ProofRecord): NonNullable<CheckFacts['storageProof']> =>
  problem === undefined
    ? { ok: true, detail: 'The trial write has worked.' }
    : { ok: false, detail: `The trial write has failed. ${problem.detail}` };

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
