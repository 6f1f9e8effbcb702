import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Problem } from '../../contract/problem.ts';
import { readSmallText } from './small-file.ts';

const MODE = 0o600;
const LONGEST = 4096;

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EEXIST') return 'is there already';
  return `cannot be written (${typeof code === 'string' ? code : 'unknown reason'})`;
}

const unwritable = (path: string, cause: unknown): Problem =>
  new Problem('config.unreadable', `${path} ${reasonOf(cause)}`, { cause });

/** A new file beside the target, for this user alone from its first moment, whole on the disk before it gets its name. */
async function writeBeside(path: string, text: string): Promise<string> {
  const temporary = join(dirname(path), `.${randomBytes(8).toString('hex')}.part`);
  let file: FileHandle | undefined;
  try {
    file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, MODE);
    // The process's mask may take bits away, never add some; this makes it exact.
    await file.chmod(MODE);
    await file.writeFile(text, 'utf8');
    await file.sync();
    return temporary;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file?.close();
  }
}

/** A name is in its folder, which is a file of its own: after a cut of power it is there only if that was written too. */
async function syncFolderOf(path: string): Promise<void> {
  const folder = await open(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Gives a text a name that nobody has yet. A link fails where a rename would overwrite. */
async function linkNew(path: string, text: string): Promise<void> {
  const temporary = await writeBeside(path, text);
  await link(temporary, path).finally(() => rm(temporary, { force: true }));
  await syncFolderOf(path);
}

/**
 * Writes a secret to a file that is not there yet (0600); one that is there stays as it is.
 *
 * @throws Problem config.unreadable when it exists or cannot be written
 */
export async function writeNewSecretFile(path: string, text: string): Promise<void> {
  try {
    await linkNew(path, text);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/**
 * A file with one secret in it, 0600, replaced in one piece: a reader sees the old text or the new one, also after a cut of power. The engine's HostClaimFile.
 * All throw Problem config.unreadable.
 */
export function createSecretFile(path: string): {
  /** The text without its last line break; undefined when there is no such file or it holds something else than a short text. */
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
  /** As `write`, but a file that is there stays as it is, whoever made it. */
  create(text: string): Promise<void>;
  remove(): Promise<void>;
} {
  return {
    read: () => Promise.resolve(textOf(path)),
    write: async (text) => {
      try {
        const temporary = await writeBeside(path, `${text}\n`);
        await rename(temporary, path).catch(async (error: unknown) => {
          await rm(temporary, { force: true });
          throw error;
        });
        await syncFolderOf(path);
      } catch (error) {
        throw unwritable(path, error);
      }
    },
    create: async (text) => {
      try {
        await linkNew(path, `${text}\n`);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return;
        throw unwritable(path, error);
      }
    },
    remove: async () => {
      try {
        await rm(path, { force: true });
      } catch (error) {
        throw unwritable(path, error);
      }
    },
  };
}

function textOf(path: string): string | undefined {
  try {
    return readSmallText(path, LONGEST).replace(/\r?\n$/, '');
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}
