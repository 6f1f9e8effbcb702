import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** Files and bytes that a page may have; what is beyond is not served. */
const MAX_FILES = 2_000;
const MAX_BYTES = 16 * 1024 * 1024;

/** A file of the page and its compressed forms. */
export interface Found {
  /** Where it lies. */
  readonly path: string;
  readonly encoded: { readonly br?: string | undefined; readonly gzip?: string | undefined };
}

/** Regular files below `folder` by their address, `/assets/x.js`. Empty when there is no such folder. Links are not followed. */
export async function findFiles(folder: string): Promise<ReadonlyMap<string, Found>> {
  const paths = new Map<string, string>();
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  for (const entry of entries.slice(0, MAX_FILES)) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const { size } = await stat(path);
    const address = `/${relative(folder, path).replaceAll(sep, '/')}`;
    // Files of the build tool and the like are nobody's business.
    if (size <= MAX_BYTES && !address.includes('/.')) paths.set(address, path);
  }
  const isForm = (address: string): boolean => /\.(br|gz)$/.test(address) && paths.has(address.slice(0, -3));
  return new Map(
    [...paths]
      .filter(([address]) => !isForm(address))
      .map(([address, path]) => [
        address,
        { path, encoded: { br: paths.get(`${address}.br`), gzip: paths.get(`${address}.gz`) } },
      ]),
  );
}
