import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Problem } from '../contract/problem.ts';
import type { PackFile } from '../edges/archive/pack.ts';

/** Never part of an artifact: what version control and editors leave behind. */
const IGNORED = /^(\.git|\.gitignore|\.gitattributes|\.gitmodules|\.helmignore|\.DS_Store|.*~|\..*\.sw[op])$/;

function unreadable(path: string, error: unknown): Problem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return new Problem('config.unreadable', `${path} cannot be read (${code})`, { cause: error });
}

/**
 * Files below a folder by path with `/`. Only the owner's execute bit of a mode counts, so that a umask does not reach a digest.
 * Links are refused: their targets are not part of what was reviewed.
 *
 * @throws Problem config.unreadable, publish.lint
 */
export async function readTree(root: string, prefix = ''): Promise<Map<string, PackFile>> {
  const files = new Map<string, PackFile>();
  const folder = join(root, prefix);
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw unreadable(folder, error);
  });
  for (const entry of entries) {
    if (IGNORED.test(entry.name)) continue;
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) {
      for (const [name, file] of await readTree(root, path)) files.set(name, file);
    } else if (entry.isFile()) {
      const { mode } = await stat(join(root, path));
      files.set(path, {
        bytes: await readFile(join(root, path)),
        mode: (mode & 0o100) === 0 ? 0o644 : 0o755,
      });
    } else {
      throw new Problem('publish.lint', `${join(root, path)} is neither a file nor a folder`);
    }
  }
  return files;
}

/** Text of a file in a tree; undefined when it is not UTF-8. */
export function textOf(file: PackFile): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(file.bytes);
  } catch {
    return undefined;
  }
}

/** Writes a new file. @throws Problem request.conflict when it exists: keys and documents are never overwritten */
export async function writeNew(path: string, text: string, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { flag: 'wx', mode }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      throw new Problem('request.conflict', `${path} exists already and is not overwritten`);
    }
    throw new Problem('config.unreadable', `${path} cannot be written`, { cause: error });
  });
}

/** Writes a file that a later command reads, replacing an earlier one. */
export async function writeResult(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Last part of a path, whatever it ends with. */
export const nameOf = (path: string): string => basename(path);
