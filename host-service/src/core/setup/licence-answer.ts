import type { ProblemBody } from '../../contract/problem.ts';
import type { RegistrationField } from '../../contract/product.ts';

/** What came of redeeming an install code. Nothing in it holds the code. */
export type LicenceAnswer =
  | {
      readonly kind: 'registered';
      readonly fields: Readonly<Partial<Record<RegistrationField, string>>>;
      readonly expires: string | undefined;
    }
  /** A person has to enter another code: register.code-*. */
  | { readonly kind: 'refused'; readonly problem: ProblemBody }
  /** register.unreachable, register.answer-invalid: ask again with the same key. */
  | {
      readonly kind: 'unavailable';
      readonly problem: ProblemBody;
      readonly retryAfterMs: number | undefined;
    };
