import { checkAs } from '../../api/answers/contract.ts';
import { CODE_LENGTH, codeLettersOf } from './claim-code.ts';

export interface ClaimValues {
  readonly code: string;
  readonly user: string;
  readonly password: string;
}

/** What is wrong with the answers, by field; numbers are the characters that are missing. */
export interface ClaimMistakes {
  readonly missingCode: number | undefined;
  readonly isUserBad: boolean;
  readonly missingPassword: number | undefined;
}

/** The contract's least length of a password; a test holds them equal. */
export const MIN_PASSWORD = 12;

/** Looks at the answers by the rules of the contract. Length of the password counts characters as people do not: by UTF-16 units, like the box. */
export function claimMistakesOf(values: ClaimValues): ClaimMistakes {
  const missingCode = CODE_LENGTH - codeLettersOf(values.code).length;
  const missingPassword = MIN_PASSWORD - values.password.length;
  return {
    missingCode: missingCode > 0 ? missingCode : undefined,
    isUserBad: checkAs('claim.user', values.user)?.ok !== true,
    missingPassword: missingPassword > 0 ? missingPassword : undefined,
  };
}

export const isComplete = (mistakes: ClaimMistakes): boolean =>
  mistakes.missingCode === undefined && !mistakes.isUserBad && mistakes.missingPassword === undefined;
