import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { Key } from '../../contract/names.ts';
import { Problem } from '../../contract/problem.ts';
import { KeyRole, Trust } from '../../contract/trust.ts';
import { readSmallText } from '../../edges/files/small-file.ts';
import { pinnedKeys } from '../../core/release/signature/keys.ts';
import { writeNew } from '../tree.ts';

const PEM_CAP = 16 * 1024;

export type KeyType = 'p256' | 'ed25519';

export interface NewKey {
  readonly id: string;
  readonly out: string;
  readonly type: KeyType;
  readonly password: string | undefined;
}

export interface KeyFiles {
  readonly id: string;
  readonly privateKey: string;
  readonly publicKey: string;
}

/**
 * Makes a key pair: PKCS8 PEM, encrypted with AES-256 when there is a password, readable by its owner only.
 *
 * @throws Problem request.conflict when one of the files exists, request.invalid
 */
export async function createKey(input: NewKey): Promise<KeyFiles> {
  if (!Key.safeParse(input.id).success) {
    throw new Problem('request.invalid', `${input.id} is not a plain name for a key`);
  }
  const pair =
    input.type === 'p256'
      ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
      : generateKeyPairSync('ed25519');
  const privateKey = pair.privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    ...(input.password === undefined ? {} : { cipher: 'aes-256-cbc', passphrase: input.password }),
  });
  const publicKey = pair.publicKey.export({ type: 'spki', format: 'pem' });
  const files: KeyFiles = {
    id: input.id,
    privateKey: join(input.out, `${input.id}.key.pem`),
    publicKey: join(input.out, `${input.id}.pub.pem`),
  };
  await writeNew(files.privateKey, privateKey.toString(), 0o600);
  await writeNew(files.publicKey, publicKey.toString(), 0o644);
  return files;
}

function unusable(path: string, why: string, cause?: unknown): Problem {
  return new Problem('publish.key-unusable', `${path}: ${why}`, cause === undefined ? {} : { cause });
}

/**
 * Loads a private key that may sign: ECDSA P-256 or Ed25519, PEM, plain or encrypted.
 *
 * @throws Problem publish.key-unusable, config.unreadable
 */
export function loadPrivateKey(path: string, password: string | undefined): KeyObject {
  const pem = readSmallText(path, PEM_CAP);
  if (pem.includes('ENCRYPTED SIGSTORE') || pem.includes('ENCRYPTED COSIGN')) {
    throw unusable(path, 'this is a key of cosign; sign with --cosign and --cosign-key');
  }
  const encrypted = pem.includes('ENCRYPTED');
  if (encrypted && password === undefined) throw unusable(path, 'it is encrypted; give --password-file');
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, format: 'pem', ...(encrypted ? { passphrase: password } : {}) });
  } catch (cause) {
    throw unusable(
      path,
      encrypted ? 'the password does not open it' : 'it is not a private key in PEM',
      cause,
    );
  }
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (key.asymmetricKeyType === 'ed25519' || (key.asymmetricKeyType === 'ec' && curve === 'prime256v1'))
    return key;
  throw unusable(path, `${key.asymmetricKeyType ?? 'unknown'} keys are not read; use ECDSA P-256 or Ed25519`);
}

/** The public half as PEM. A private key in its place is a mistake that must not reach a trust file. */
function publicPem(path: string): string {
  const pem = readSmallText(path, PEM_CAP);
  if (!pem.includes('-----BEGIN PUBLIC KEY-----')) throw unusable(path, 'it is not a public key in PEM');
  try {
    return createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString();
  } catch (cause) {
    throw unusable(path, 'it is not a public key in PEM', cause);
  }
}

export interface NewTrust {
  readonly product: string;
  /** `ID=FILE:role[,role]` */
  readonly keys: readonly string[];
  readonly registries: readonly string[];
  readonly repositories: readonly string[];
  readonly out: string;
}

function trustKeyOf(text: string): Trust['keys'][number] {
  const parts = /^([^=]+)=(.+):([a-z,]+)$/.exec(text);
  const roles = KeyRole.array().min(1).safeParse(parts?.[3]?.split(','));
  if (parts === null || !roles.success) {
    throw new Problem(
      'request.invalid',
      `--key ${text} is not ID=FILE:role,role (root, release, channel, gate)`,
    );
  }
  return { id: parts[1] ?? '', publicKey: publicPem(parts[2] ?? ''), roles: roles.data };
}

/**
 * Writes a new trust document: the keys and registries that a box believes from its first start.
 *
 * @throws Problem request.invalid, request.conflict, publish.key-unusable
 */
export async function createTrust(input: NewTrust): Promise<Trust> {
  const parsed = Trust.safeParse({
    schema: 'appliance.trust/v1',
    product: input.product,
    version: 1,
    keys: input.keys.map(trustKeyOf),
    registries: input.registries,
    repositories: input.repositories,
  });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Problem('request.invalid', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  const usable = pinnedKeys(parsed.data);
  if (!usable.ok) throw new Problem('publish.key-unusable', usable.problem.detail);
  await writeNew(input.out, stringify(parsed.data), 0o644);
  return parsed.data;
}
