import { execFile } from 'node:child_process';
import { createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Problem } from '../../contract/problem.ts';
import { signatureBundle, hintOf } from '../../core/publish/signature-bundle.ts';
import { digestOfBytes } from '../../core/release/digest.ts';
import { readBundle } from '../../core/release/signature/bundle.ts';
import { loadPrivateKey } from './keys.ts';

const run = promisify(execFile);
const COSIGN_MS = 60_000;

/** Makes signatures of one key. */
export interface Signer {
  /** A Sigstore bundle over exactly these bytes. */
  sign(document: Uint8Array): Promise<Uint8Array>;
  /** Whether the bundle is a good signature of this key over these bytes. */
  made(bundle: Uint8Array, document: Uint8Array): boolean;
}

function isBy(publicKey: KeyObject, bundle: Uint8Array, document: Uint8Array): boolean {
  const message = readBundle(bundle);
  if (message?.digest !== digestOfBytes(document)) return false;
  const algorithm = publicKey.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  return verify(algorithm, document, { key: publicKey, dsaEncoding: 'der' }, message.signature);
}

/** Signs with a PEM key in this process. @throws Problem publish.key-unusable */
export function pemSigner(path: string, password: string | undefined): Signer {
  const privateKey = loadPrivateKey(path, password);
  const publicKey = createPublicKey(privateKey);
  const algorithm = privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  return {
    sign: (document) => {
      const signature = sign(algorithm, document, { key: privateKey, dsaEncoding: 'der' });
      return Promise.resolve(signatureBundle({ document, signature, hint: hintOf(publicKey) }));
    },
    made: (bundle, document) => isBy(publicKey, bundle, document),
  };
}

export interface CosignInput {
  /** Path of the program. */
  readonly program: string;
  /** File or KMS address, as cosign takes it. */
  readonly key: string;
  readonly password: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/** What a signing program has no business with: credentials to push (protocols §8, credential exposure). */
const PRIVATE = /^(GITHUB_TOKEN|GH_TOKEN|DOCKER_AUTH_CONFIG|NPM_TOKEN|REGISTRY_.*|.*_PAT)$/;

async function cosign(input: CosignInput, args: readonly string[]): Promise<string> {
  const kept = Object.entries(input.env).filter(([name]) => !PRIVATE.test(name));
  // Without a password cosign would ask on the terminal; an empty one is an answer.
  const env = { ...Object.fromEntries(kept), COSIGN_PASSWORD: input.password ?? '' };
  try {
    const { stdout } = await run(input.program, [...args], {
      env,
      timeout: COSIGN_MS,
      maxBuffer: 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    const said = stderr.trim().split('\n').at(-1) ?? '';
    const why = said === '' ? 'it could not be started' : said;
    throw new Problem('publish.signer-failed', `${input.program} ${args[0] ?? ''}: ${why}`, { cause: error });
  }
}

/**
 * Signs with an external cosign, whose key this process never sees. Each answer is verified before it is believed.
 *
 * @throws Problem publish.signer-failed
 */
export async function cosignSigner(input: CosignInput): Promise<Signer> {
  const publicKey = createPublicKey(await cosign(input, ['public-key', '--key', input.key]));
  const signOffline = ['--tlog-upload=false', '--use-signing-config=false', '-y'];
  return {
    sign: async (document) => {
      const folder = await mkdtemp(join(tmpdir(), 'appliance-publish-'));
      try {
        const [file, bundle] = [join(folder, 'document'), join(folder, 'bundle.json')];
        await writeFile(file, document, { mode: 0o600 });
        await cosign(input, ['sign-blob', '--key', input.key, '--bundle', bundle, ...signOffline, file]);
        const bytes = await readFile(bundle);
        if (isBy(publicKey, bytes, document)) return bytes;
        throw new Problem('publish.signer-failed', `${input.program} made a signature that does not fit`);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    made: (bundle, document) => isBy(publicKey, bundle, document),
  };
}

/** Signatures of all signers over a document; those that are there already are kept and not made again. */
export async function signAll(
  document: Uint8Array,
  signers: readonly Signer[],
  existing: readonly Uint8Array[] = [],
): Promise<readonly Uint8Array[]> {
  const bundles = [...existing];
  for (const signer of signers) {
    if (!bundles.some((bundle) => signer.made(bundle, document))) bundles.push(await signer.sign(document));
  }
  return bundles;
}
