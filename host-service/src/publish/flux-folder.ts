import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Problem } from '../contract/problem.ts';
import { FluxPin } from '../contract/product.ts';
import type { PackFile } from '../edges/archive/pack.ts';
import { parseStrictYaml } from '../edges/files/strict-yaml.ts';
import { nameOf, readTree, textOf } from './tree.ts';

/** Which definitions belong to the pinned controllers, by hash. Used for packing only. */
export const CRDS_LOCK = 'flux/crds.lock.yaml';

const CrdsLock = z.strictObject({
  crds: z.array(
    z.strictObject({
      module: z.string(),
      version: z.string(),
      path: z.string().min(1),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});

const lint = (detail: string): Problem => new Problem('publish.lint', detail);

async function definitionsIn(folders: readonly string[]): Promise<ReadonlyMap<string, PackFile>> {
  const files = new Map<string, PackFile>();
  for (const folder of folders) {
    for (const [path, file] of await readTree(folder))
      if (/\.ya?ml$/.test(path)) files.set(nameOf(path), file);
  }
  return files;
}

function lockedFiles(lock: string, files: ReadonlyMap<string, PackFile>): Map<string, PackFile> {
  const chosen = new Map<string, PackFile>();
  for (const entry of parseStrictYaml(CRDS_LOCK, lock, CrdsLock).crds) {
    const name = nameOf(entry.path);
    const file = files.get(name);
    if (file === undefined) throw lint(`--flux-crds has no ${name}, which ${CRDS_LOCK} names`);
    if (createHash('sha256').update(file.bytes).digest('hex') !== entry.sha256) {
      throw lint(`${name} is not that of ${entry.module} ${entry.version}`);
    }
    chosen.set(name, file);
  }
  return chosen;
}

/**
 * The definitions of the delivery controllers as one YAML stream, sorted by file name; exactly those of the lock file when there is one.
 *
 * @throws Problem publish.lint, config.*
 */
export async function fluxCrds(
  bundle: ReadonlyMap<string, PackFile>,
  folders: readonly string[],
): Promise<string | undefined> {
  if (folders.length === 0) return undefined;
  const files = await definitionsIn(folders);
  const lock = bundle.get(CRDS_LOCK);
  const chosen = lock === undefined ? files : lockedFiles(textOf(lock) ?? '', files);
  if (chosen.size === 0) throw lint(`--flux-crds: there are no YAML files in ${folders.join(', ')}`);
  const sorted = [...chosen].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([, file]) => `---\n${(textOf(file) ?? '').replace(/^---\n/, '').trimEnd()}\n`).join('');
}

/** What flux/flux.yaml lists has to be in the bundle. @throws Problem publish.lint, config.invalid */
export function checkFlux(bundle: ReadonlyMap<string, PackFile>): void {
  const pin = bundle.get('flux/flux.yaml');
  if (pin === undefined) return;
  const { manifests } = parseStrictYaml('flux/flux.yaml', textOf(pin) ?? '', FluxPin);
  const missing = manifests.filter((name) => !bundle.has(`flux/${name}`));
  if (missing.length === 0) return;
  const hint = missing.includes('crds.yaml') ? '; give --flux-crds' : '';
  throw lint(`flux/flux.yaml lists ${missing.join(', ')}, which the bundle does not have${hint}`);
}
