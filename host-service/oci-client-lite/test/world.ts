import { afterEach } from 'vitest';
import { createClient } from '../src/client.ts';
import { OciError } from '../src/errors.ts';
import type { OciErrorKind } from '../src/errors.ts';
import type { ClientOptions, OciClient, Reference } from '../src/types.ts';
import { MANIFEST, sha } from './registry-content.ts';
import { RegistryServer } from './registry-server.ts';
import type { RegistryOptions } from './registry-server.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.allSettled(open.splice(0).map((each) => each.close()));
});

/** Closed after the test, whatever happens. */
export function closing<T extends { close(): Promise<void> }>(thing: T): T {
  open.push(thing);
  return thing;
}

export async function registry(options: RegistryOptions = {}): Promise<RegistryServer> {
  return closing(await RegistryServer.start(options));
}

/** A client that never really waits. */
export function client(options: ClientOptions = {}): OciClient {
  return closing(createClient({ sleep: () => Promise.resolve(), random: () => 0.5, ...options }));
}

export function tagged(server: { readonly host: string }, repository = 'a/b', tag = 'one'): Reference {
  return { registry: server.host, repository, tag };
}

export const CONFIG = '{"hello":"world"}';

/** A manifest whose config is embedded. */
export function document(extra: object = {}): object {
  return {
    schemaVersion: 2,
    mediaType: MANIFEST,
    artifactType: 'application/vnd.test.v1',
    config: {
      mediaType: 'application/vnd.test.v1+json',
      digest: sha(CONFIG),
      size: CONFIG.length,
      data: Buffer.from(CONFIG).toString('base64'),
    },
    layers: [],
    ...extra,
  };
}

/** The error a promise must end with. */
export async function failure(promise: Promise<unknown>): Promise<OciError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof OciError) return error;
    throw error;
  }
  throw new Error('it should have failed');
}

export async function kindOf(promise: Promise<unknown>): Promise<OciErrorKind> {
  return (await failure(promise)).kind;
}
