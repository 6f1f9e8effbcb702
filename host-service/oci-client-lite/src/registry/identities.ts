import { isDeepStrictEqual } from 'node:util';
import { ANONYMOUS } from '../auth/authorizer.ts';
import type { Identity } from '../auth/authorizer.ts';
import { OciError } from '../errors.ts';
import type { Credential } from '../types.ts';
import type { Endpoint } from './endpoints.ts';

/** Which identities to try at an endpoint, and in which order. */
export class Identities {
  private readonly current = new Map<string, Identity>();
  private readonly anonymousFirst = new Set<string>();
  private serial = 0;

  /** Remember that anonymous access works where the credential was refused. */
  preferAnonymous(endpoint: Endpoint, scopes: string): void {
    this.anonymousFirst.add(`${endpoint.base.href} ${scopes}`);
  }

  /** The credential, the credential read again if it changed, and for reads nobody in particular. */
  async *sequence(endpoint: Endpoint, scopes: string, reads: boolean): AsyncGenerator<Identity> {
    const first = this.current.get(endpoint.base.href) ?? (await this.read(endpoint));
    const early = reads && first !== ANONYMOUS && this.anonymousFirst.has(`${endpoint.base.href} ${scopes}`);
    if (early) yield ANONYMOUS;
    yield first;
    if (typeof endpoint.settings?.credential === 'function') {
      const again = await this.read(endpoint);
      if (again !== first) yield again;
    }
    if (reads && first !== ANONYMOUS && !early) yield ANONYMOUS;
  }

  private async read(endpoint: Endpoint): Promise<Identity> {
    const source = endpoint.settings?.credential;
    let credential: Credential | undefined;
    try {
      credential = typeof source === 'function' ? await source() : source;
    } catch (cause) {
      const detail = 'the credential cannot be read';
      throw new OciError('credentials-stale', endpoint.registry, detail, { cause });
    }
    const known = this.current.get(endpoint.base.href);
    if (known !== undefined && isDeepStrictEqual(known.credential, credential)) return known;
    this.serial += 1;
    const fresh = credential === undefined ? ANONYMOUS : { id: `credential ${this.serial}`, credential };
    this.current.set(endpoint.base.href, fresh);
    return fresh;
  }
}
