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

interface Definition {
  readonly name: string;
  /** One YAML document, with the separator if its file has one. */
  readonly text: string;
}

/** Files may hold several definitions (`crds.yaml` of scripts/vendor-flux-crds.ts does) or one each, as the controllers ship them. */
async function definitionsIn(folders: readonly string[]): Promise<readonly Definition[]> {
  const found: Definition[] = [];
  for (const folder of folders) {
    for (const [path, file] of await readTree(folder)) {
      if (!/\.ya?ml$/.test(path)) continue;
      const parts = (textOf(file) ?? '').split(/^(?=---$)/m).filter((text) => text.trim() !== '');
      found.push(...parts.map((text) => ({ name: nameOf(path), text })));
    }
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Exactly the definitions of the lock file, in its order, found by their hashes. */
function locked(lock: string, found: readonly Definition[]): readonly Definition[] {
  // A stream of several puts a separator before a file that has none of its own.
  const byHash = new Map(
    found.flatMap((one) => [
      [sha256(one.text), one] as const,
      [sha256(one.text.replace(/^---\n/, '')), one] as const,
    ]),
  );
  return parseStrictYaml(CRDS_LOCK, lock, CrdsLock).crds.map((entry) => {
    const one = byHash.get(entry.sha256);
    if (one !== undefined) return one;
    throw lint(
      `--flux-crds has no ${nameOf(entry.path)} of ${entry.module} ${entry.version} (sha256 ${entry.sha256})`,
    );
  });
}

/**
 * The definitions of the delivery controllers as one YAML stream; exactly those of the lock file when there is one.
 *
 * @throws Problem publish.lint, config.*
 */
export async function fluxCrds(
  bundle: ReadonlyMap<string, PackFile>,
  folders: readonly string[],
): Promise<string | undefined> {
  if (folders.length === 0) return undefined;
  const found = await definitionsIn(folders);
  if (found.length === 0) throw lint(`--flux-crds: there are no YAML files in ${folders.join(', ')}`);
  const lock = bundle.get(CRDS_LOCK);
  const chosen = lock === undefined ? found : locked(textOf(lock) ?? '', found);
  return chosen.map(({ text }) => (text.startsWith('---') ? text : `---\n${text}`)).join('');
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
