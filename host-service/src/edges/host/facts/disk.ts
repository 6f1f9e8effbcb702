import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostFacts } from '../../../contract/host/facts.ts';

const WRITES = 5;
const BLOCK_BYTES = 4096;

/**
 * The disk under the first of the folders that is there, and how it takes small writes in a folder of ours. Never rejects. The trial file has no name
 * when it is written, so that nothing is left behind even when the power is cut.
 */
export async function diskFacts(root: string, folders: readonly string[], ours: string): Promise<HostFacts> {
  return { ...(await roomOf(root, folders)), ...(await writesIn(ours)) };
}

async function roomOf(root: string, folders: readonly string[]): Promise<HostFacts> {
  for (const folder of folders) {
    try {
      const { bsize, blocks, bavail, files, ffree } = await statfs(join(root, folder));
      return {
        diskTotalBytes: bsize * blocks,
        diskFreeBytes: bsize * bavail,
        // Some file systems make room for files as they need it and say 0.
        ...(files === 0 ? {} : { diskInodesFreePercent: Math.round((ffree / files) * 100) }),
      };
    } catch {
      continue;
    }
  }
  return {};
}

async function writesIn(folder: string): Promise<HostFacts> {
  const path = join(folder, `.measured.${randomBytes(6).toString('hex')}`);
  try {
    const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      await rm(path, { force: true });
      const times: number[] = [];
      for (let count = 0; count < WRITES; count += 1) {
        const began = performance.now();
        await file.write(Buffer.alloc(BLOCK_BYTES, count), 0, BLOCK_BYTES, count * BLOCK_BYTES);
        await file.datasync();
        times.push(performance.now() - began);
      }
      // The slowest but one: a single hiccup of a disk is none of its properties.
      const [, second = 0] = times.toSorted((a, b) => b - a);
      return { diskWritable: true, diskSyncMs: Math.round(second * 10) / 10 };
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // A folder that is not there says nothing about the disk.
    return code === 'EROFS' || code === 'EIO' ? { diskWritable: false } : {};
  }
}
