import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';

/** Where the platform's programs lie, most likely first; never looked up in PATH. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  k3s: ['usr/local/bin/k3s', 'usr/bin/k3s'],
  containerd: ['usr/bin/containerd', 'usr/local/bin/containerd'],
};
/** Milliseconds that a program may take to name its version. */
const WITHIN_MS = 10_000;

interface Known {
  readonly print: string;
  readonly version: string | undefined;
}

/** Asks the platform's programs for their versions; again only when the file is another one. Never rejects. */
export function programVersions(
  root: string,
): (signal: AbortSignal) => Promise<Readonly<Record<string, string | undefined>>> {
  const known = new Map<string, Known>();
  const ask = async (
    name: string,
    paths: readonly string[],
    signal: AbortSignal,
  ): Promise<string | undefined> => {
    for (const path of paths.map((one) => join(root, one))) {
      const info = statSync(path, { throwIfNoEntry: false });
      if (info === undefined || !info.isFile()) continue;
      const print = `${path} ${info.ino} ${info.mtimeMs} ${info.size}`;
      const before = known.get(name);
      if (before?.print === print) return before.version;
      const version = await versionOf(path, signal);
      // An answer that did not come may come next time.
      if (version !== undefined) known.set(name, { print, version });
      return version;
    }
    known.delete(name);
    return undefined;
  };
  return async (signal) => {
    const found: Record<string, string | undefined> = {};
    for (const [name, paths] of Object.entries(PROGRAMS)) found[name] = await ask(name, paths, signal);
    return found;
  };
}

/** The first thing that looks like a version in what `--version` prints. */
function versionOf(path: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = {
      timeout: WITHIN_MS,
      killSignal: 'SIGKILL' as const,
      maxBuffer: 64 * 1024,
      signal,
      env: {},
    };
    execFile(path, ['--version'], options, (error, stdout) => {
      resolve(error === null ? /\bv?\d+\.\d+\.\d+[^\s]*/.exec(stdout)?.[0] : undefined);
    });
  });
}
