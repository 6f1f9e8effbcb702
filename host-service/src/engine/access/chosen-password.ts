import { UserName } from '../../contract/api/session.ts';
import { Problem } from '../../contract/problem.ts';
import { checkPassword } from '../../core/access/password-rules.ts';

/**
 * The password as it is to be hashed.
 *
 * @throws Problem request.invalid for a name that cannot be a user's, session.password-weak
 */
export function chosenPassword(
  { names = [] }: { readonly names?: readonly string[] | undefined },
  { user, password }: { readonly user: string; readonly password: string },
): string {
  const name = UserName.safeParse(user);
  if (!name.success)
    throw new Problem('request.invalid', `the user name ${name.error.issues[0]?.message ?? ''}`);
  const checked = checkPassword(password, [user, ...names]);
  if (!checked.ok) throw new Problem(checked.problem.code, checked.problem.detail);
  return checked.value;
}
