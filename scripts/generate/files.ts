import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crdFiles } from './crds.ts';
import { problemsPage } from './problems.ts';

const ROOT = join(import.meta.dirname, '../..');
/** All in here is generated, so a file that no kind makes any more is stale as well. */
const CRDS = 'flux-base/control-plane/crds';

/** Path from the root of the repository -> text, of every generated file. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([...crdFiles(), ['docs/problems.md', problemsPage()]]);
}

async function leftOver(wanted: ReadonlyMap<string, string>): Promise<readonly string[]> {
  const names = await readdir(join(ROOT, CRDS)).catch(() => []);
  return names
    .filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')
    .map((name) => `${CRDS}/${name}`)
    .filter((path) => !wanted.has(path));
}

/** Files that differ from what the contract says now; `write` brings them up to date. */
export async function staleFiles(options: { readonly write: boolean }): Promise<readonly string[]> {
  const wanted = generatedFiles();
  const stale: string[] = [];
  for (const [path, text] of wanted) {
    const present = await readFile(join(ROOT, path), 'utf8').catch(() => undefined);
    if (present === text) continue;
    stale.push(path);
    if (!options.write) continue;
    await mkdir(dirname(join(ROOT, path)), { recursive: true });
    await writeFile(join(ROOT, path), text);
  }
  for (const path of await leftOver(wanted)) {
    stale.push(path);
    if (options.write) await rm(join(ROOT, path));
  }
  return stale;
}
