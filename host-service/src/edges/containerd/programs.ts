import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { Problem } from '../../contract/problem.ts';
import { failureOf } from './failure.ts';

/** A program with its first argument, e.g. `/usr/local/bin/k3s crictl`. */
export type Command = readonly string[];

/** Where the platform's programs lie, most likely first; never looked up in PATH. */
const FOLDERS = ['/usr/local/bin', '/usr/bin'] as const;
/** Bytes of what one may print: a list of many images. */
const OUTPUT_BYTES = 8 * 1024 * 1024;

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

/** The platform's own build of the program before one that somebody has put beside it. Looked for each time: it may be installed later. */
function find(name: 'crictl' | 'ctr'): Command | undefined {
  const k3s = FOLDERS.map((folder) => `${folder}/k3s`).find(isFile);
  if (k3s !== undefined) return [k3s, name];
  const alone = FOLDERS.map((folder) => `${folder}/${name}`).find(isFile);
  return alone === undefined ? undefined : [alone];
}

export interface RunOptions {
  /** Milliseconds; undefined = as long as it takes. */
  readonly limitMs: number | undefined;
  readonly signal: AbortSignal;
}

/** Runs one program of the runtime. Throws Problem pull.* when it is not there, takes too long or fails; what the signal's owner gave when it fired. */
export type Run = (args: readonly string[], options: RunOptions) => Promise<string>;

/** `given` = where it lies, when the configuration says so. No shell; an environment of its own. */
export function program(name: 'crictl' | 'ctr', given: Command | undefined): Run {
  return async (args, { limitMs, signal }) => {
    const [path, ...first] = given ?? find(name) ?? [];
    if (path === undefined) throw new Problem('pull.no-program', `there is neither k3s nor ${name}`);
    return run(path, [...first, ...args], { limitMs, signal });
  };
}

function run(path: string, args: readonly string[], { limitMs, signal }: RunOptions): Promise<string> {
  const options = {
    ...{ maxBuffer: OUTPUT_BYTES, signal, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } },
    ...(limitMs === undefined ? {} : { timeout: limitMs, killSignal: 'SIGKILL' as const }),
  };
  return new Promise((resolve, reject) => {
    const child = execFile(path, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      if (signal.aborted) return reject(new Problem('pull.failed', 'it was stopped', { cause: error }));
      reject(told(path, error, stderr, limitMs));
    });
    child.stdin?.end();
  });
}

function told(
  path: string,
  error: Error & { readonly code?: string | number | null; readonly killed?: boolean },
  stderr: string,
  limitMs: number | undefined,
): Problem {
  if (error.code === 'ENOENT' || error.code === 'EACCES')
    return new Problem('pull.no-program', `${path} cannot be started`, { cause: error });
  if (error.killed === true && limitMs !== undefined)
    return new Problem('pull.no-runtime', `no answer within ${limitMs / 1000} s`, { cause: error });
  return failureOf(stderr);
}
