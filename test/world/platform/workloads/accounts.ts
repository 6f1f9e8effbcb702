import { listAt, textAt, type Thing } from '../fields.ts';
import type { Client } from '../client.ts';

/** Where the application's people sign in (product.yaml, probe of the login tier). */
export const SIGN_IN = '/auth/signin';

/** What the application's database knows of people. It lies on the disk: pods and power may go. */
export class Accounts {
  readonly #passwords = new Map<string, string>();
  /** How often somebody has signed in. */
  signIns = 0;

  /** Sets up an empty database and leaves a filled one alone (B-11). */
  prepare({ email, password }: { readonly email: string; readonly password: string }): void {
    if (this.#passwords.size === 0) this.#passwords.set(email, password);
  }

  isRight(email: string, password: string): boolean {
    const isRight = this.#passwords.get(email) === password;
    if (isRight) this.signIns += 1;
    return isRight;
  }
}

/** The first user, from the Secrets that a pod gets as its environment; undefined = the pod gets none. */
export async function firstUserOf(
  client: Pick<Client, 'get'>,
  pod: Thing,
): Promise<{ readonly email: string; readonly password: string } | undefined> {
  const { namespace } = pod.metadata;
  const names = listAt(pod, 'spec', 'containers').flatMap((container) =>
    listAt(container, 'envFrom').map((from) => textAt(from, 'secretRef', 'name')),
  );
  for (const name of names.filter((each) => each !== '')) {
    const secret = await client.get({ apiVersion: 'v1', kind: 'Secret', namespace, name });
    const [email, password] = ['INITIAL_ADMIN_EMAIL', 'INITIAL_ADMIN_PASSWORD'].map((key) =>
      Buffer.from(textAt(secret, 'data', key), 'base64').toString('utf8'),
    );
    if (email !== undefined && password !== undefined && email !== '' && password !== '')
      return { email, password };
  }
  return undefined;
}
