import { z } from 'zod';
import { Attempts, oneMore } from './lock-out.ts';

/** Key `claim.json` of Secret `appliance-claim`. The code itself is stored nowhere but where a person reads it. */
export const ClaimDocument = z.looseObject({
  /** Of the code as XXXX-XXXX-XXXX. */
  verifier: z.string().max(512),
  madeAt: z.iso.datetime(),
  /** `control-plane` when it lies in the control plane's own file; somebody else's code is never replaced by that. */
  by: z.string().max(32).default('host'),
  attempts: Attempts.optional(),
  /** When it made the first admin: it opens nothing any more. */
  usedAt: z.iso.datetime().optional(),
});
export type ClaimDocument = z.infer<typeof ClaimDocument>;

/** Key of the one document in the Secret. */
export const CLAIM_KEY = 'claim.json';

/** The document with one more try. */
export const withTry = (document: ClaimDocument, now: Date): ClaimDocument => ({
  ...document,
  attempts: oneMore(document.attempts, now),
});

/** Whether a code is waiting for its person. One that was used while the box has no owner (its users were taken away) is nobody's. */
export const isOpen = (document: ClaimDocument | undefined): document is ClaimDocument =>
  document !== undefined && document.usedAt === undefined;
