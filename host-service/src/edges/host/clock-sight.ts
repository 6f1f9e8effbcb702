import { statSync } from 'node:fs';
import { join } from 'node:path';
import { readSmall } from './small-text.ts';

/** Made by systemd-timesyncd when it has set the clock after power-on. */
const IN_STEP = 'run/systemd/timesync/synchronized';
const MAX_BYTES = 64;

/** Reads when this host's own files were built, and whether a time server has set its clock; both anew each time. */
export function clockSight(options: {
  /** Folder that stands for the machine's root; for tests. */
  readonly root?: string;
  /** File with the build time in seconds since 1970. */
  readonly buildTime: string;
}): () => { readonly built: number; readonly isInStep: boolean } {
  const { root = '/', buildTime } = options;
  return () => {
    const text = readSmall(buildTime, MAX_BYTES)?.trim() ?? '';
    return {
      built: /^[1-9]\d{8,10}$/.test(text) ? Number(text) : 0,
      isInStep: statSync(join(root, IN_STEP), { throwIfNoEntry: false }) !== undefined,
    };
  };
}
