import { accept, refuse, type Verdict } from '../../contract/problem.ts';
import { Password } from '../../contract/api/session.ts';
import { isGuessablePassword } from '../../contract/password/guessable.ts';

/** The one spelling of a password: the same letters give the same bytes whatever keyboard they come from (RFC 8265). */
export const canonicalPassword = (password: string): string => password.normalize('NFC');

/**
 * The password as it is to be hashed, when it is good enough: long, and not made of what is tried first (names known here, common words,
 * repeated or neighbouring characters, years). Problem session.password-weak; the detail never repeats the password.
 */
export function checkPassword(password: string, names: readonly string[]): Verdict<string> {
  const canonical = canonicalPassword(password);
  const length = Password.safeParse(canonical);
  if (!length.success)
    return refuse('session.password-weak', `it ${length.error.issues[0]?.message ?? 'has the wrong length'}`);
  return isGuessablePassword(canonical, names)
    ? refuse(
        'session.password-weak',
        'it is made of names, common words, years, repeated or neighbouring characters',
      )
    : accept(canonical);
}
