import { createClient } from 'oci-client-lite/client.ts';
import { isOciError } from 'oci-client-lite/errors.ts';
import { isDigest } from 'oci-client-lite/reference.ts';
import type { OciClient, Reference } from 'oci-client-lite/types.ts';
import { clientOptions, type RegistryOptions } from './options.ts';

/** Milliseconds; a person waits for it. */
const TRY_MS = 9_000;

/** What a registry thinks of a name and password: it is asked for something that this box needs of it. */
export type CredentialVerdict = 'not-needed' | 'accepted' | 'refused' | 'missing' | 'untested';

/** Asks for one thing by the very way that the box takes, with tokens and realms as the registry wants them. Never rejects but when stopped. */
export async function tryCredential(
  options: Omit<RegistryOptions, 'unpack'>,
  wanted: { readonly host: string; readonly path: string; readonly reference: string },
  signal: AbortSignal,
): Promise<CredentialVerdict> {
  const { host, path, reference } = wanted;
  const isGiven = (await options.credentials?.(host)) !== undefined;
  // The host that was named is asked, and no other one in its place.
  const registries = options.registries.map((one) => (one.host === host ? { ...one, mirrors: [] } : one));
  const made = clientOptions({ ...options, registries, unpack: () => new Map() });
  const client = createClient({ ...made, retry: { attempts: 1 } });
  const ref: Reference = {
    ...{ registry: host, repository: path },
    ...(isDigest(reference) ? { digest: reference } : { tag: reference }),
  };
  try {
    return await asked(client, ref, isGiven, AbortSignal.any([signal, AbortSignal.timeout(TRY_MS)]));
  } finally {
    await client.close();
  }
}

async function asked(
  client: OciClient,
  ref: Reference,
  isGiven: boolean,
  signal: AbortSignal,
): Promise<CredentialVerdict> {
  try {
    // Also "there is no such thing" is an answer of somebody who lets us in.
    await client.head(ref, { signal });
    return isGiven ? 'accepted' : 'not-needed';
  } catch (error) {
    if (!isOciError(error)) throw error;
    if (error.kind === 'not-found') return isGiven ? 'accepted' : 'not-needed';
    if (error.kind !== 'denied' && error.kind !== 'credentials-stale') return 'untested';
    return isGiven ? 'refused' : 'missing';
  }
}
