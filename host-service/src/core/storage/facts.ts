import { z } from 'zod';
import { Timestamp } from '../../contract/names.ts';
import { ProblemBody } from '../../contract/problem.ts';

/** Name of the trial write's claim; its pods are `<name>-<attempt>`. One box makes one trial at a time. */
export const PROOF_NAME = 'appliance-storage-proof';
/** On claim and pods: which operation they serve. */
export const PROOF_LABEL = 'appliance.nineminds.com/storage-proof';
/** On the class: what the last trial write said. Written before anything is tidied up, so that a power cut changes nothing about the end. */
export const PROOF_ANNOTATION = 'appliance.nineminds.com/storage-proof';

/** What a trial write has shown, as it lies on the class. */
export const ProofRecord = z.strictObject({
  /** Of class, driver and way of writing: another one has to show it again. */
  of: z.string().regex(/^[0-9a-f]{16}$/),
  operation: z.string().max(253),
  at: Timestamp,
  /** What it was like; for people. */
  evidence: z.string().max(512).optional(),
  /** Absent = what was written came back. */
  problem: ProblemBody.optional(),
});
export type ProofRecord = z.infer<typeof ProofRecord>;

export interface ClassSight {
  readonly name: string;
  readonly uid: string;
  readonly isDefault: boolean;
  readonly provisioner: string;
  readonly reclaimPolicy: string;
  readonly bindingMode: string;
  readonly record: ProofRecord | undefined;
}

/** A workload that runs the provisioner. */
export interface DriverSight {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly image: string;
  readonly isReady: boolean;
}

export interface VolumeSight {
  readonly name: string;
  readonly uid: string;
  readonly claimUid: string;
  /** Stays when its claim goes. */
  readonly keeps: boolean;
  readonly isDeleting: boolean;
}

export interface ClaimSight {
  readonly uid: string;
  readonly operation: string;
  readonly isBound: boolean;
  readonly isDeleting: boolean;
  /** Newest warning of the platform about it. */
  readonly warning: string | undefined;
}

export interface TrialSight {
  readonly name: string;
  readonly uid: string;
  readonly operation: string;
  /** Counts from 1. */
  readonly attempt: number;
  readonly isDeleting: boolean;
  readonly phase: string;
  /** What the program left when it ended; undefined = it did not get that far. */
  readonly left: string | undefined;
  /** Why it does not run, in the platform's words. */
  readonly waiting: { readonly reason: string; readonly message: string } | undefined;
  readonly warning: string | undefined;
  /** Why it ended without a word of its own. */
  readonly reason: string;
}

/** All of the box that has to do with storage. Plain facts. */
export interface StorageFacts {
  readonly classes: readonly ClassSight[];
  readonly drivers: readonly DriverSight[];
  /** Names of the product's volumes whose data would go with their claim. */
  readonly losing: readonly string[];
  /** What is there of a trial write. */
  readonly claim: ClaimSight | undefined;
  readonly trials: readonly TrialSight[];
  readonly volumes: readonly VolumeSight[];
}
