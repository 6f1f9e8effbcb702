import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { NoDebian } from '../../../scripts/build/image-debian.ts';
import { buildImage, ownArchitecture } from '../../../scripts/build/image.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../..');

/** Where tests find the images; set by run.ts. */
export const IMAGES_VARIABLE = 'APPLIANCE_NODE_IMAGES';
/** Two versions of the control plane that differ in their own layer only. */
export const VERSIONS = ['1.0.0', '1.1.0'] as const;
/** Milliseconds for which images are kept after their last use. */
const KEPT_MS = 3 * 3_600_000;
/** Folders whose files are in the image or decide how it is made. */
const SOURCES = [
  'host-service',
  'setup-ui',
  'flux-base',
  'scripts/build',
  'bootstrap/image',
  'package-lock.json',
];

/** Changes when anything changes that goes into the image. */
async function sourcesHash(): Promise<string> {
  const { stdout } = await run('git', ['ls-files', '-co', '--exclude-standard', ...SOURCES], {
    cwd: ROOT,
    maxBuffer: 16 * 1024 * 1024,
  });
  const hash = createHash('sha256');
  for (const name of stdout
    .split('\n')
    .filter((one) => one !== '')
    .sort())
    hash.update(`\0${name}\0`).update(await readFile(join(ROOT, name)).catch(() => ''));
  return hash.digest('hex').slice(0, 16);
}

/**
 * Builds the real images of both versions as `npm run image` does, outside of any room because packages may have to be fetched; kept for as
 * long as the sources stay the same. Answers the variables for the tests, or why there are none.
 */
export async function buildImages(
  log: (line: string) => void,
): Promise<{ readonly env: Readonly<Record<string, string>> } | { readonly reason: string }> {
  const cache =
    process.env['APPLIANCE_TEST_CACHE'] ??
    join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'appliance-control-plane');
  const parent = join(cache, 'node-images');
  const folder = join(parent, await sourcesHash());
  await mkdir(parent, { recursive: true });
  if (!(await readdir(parent)).includes(folder.slice(parent.length + 1))) {
    const fresh = await mkdtemp(join(parent, 'new-'));
    try {
      for (const version of VERSIONS) {
        log(`image ${version}: building`);
        const revision = `test-${version}`;
        await buildImage({ folder: join(fresh, version), architecture: ownArchitecture, version, revision });
      }
      await rename(fresh, folder);
    } catch (error) {
      await rm(fresh, { recursive: true, force: true });
      // Sources that do not build are a failure; a machine that has no such packages is not.
      if (error instanceof NoDebian) return { reason: error.message };
      throw error;
    }
  }
  await utimes(folder, new Date(), new Date());
  await forgetOld(parent);
  return { env: { [IMAGES_VARIABLE]: folder } };
}

/** Removes what nobody has asked for in a while; another run beside this one may be using other sources' images. */
async function forgetOld(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    const usedMs = (await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now();
    if (Date.now() - usedMs > KEPT_MS) await rm(path, { recursive: true, force: true });
  }
}
