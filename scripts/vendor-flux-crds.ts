import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';

const run = promisify(execFile);
export const LOCK = join(import.meta.dirname, '../flux-base/flux/crds.lock.yaml');

const Lock = z.strictObject({
  crds: z
    .array(
      z.strictObject({
        module: z.string().regex(/^[a-z0-9./-]+$/),
        version: z.string().regex(/^v\d+\.\d+\.\d+$/),
        path: z.string().regex(/^[A-Za-z0-9_/-]+(\.[A-Za-z0-9_-]+)*\.yaml$/),
        sha256: z.string().regex(/^[a-f0-9]{64}$/),
      }),
    )
    .min(1),
});
const Download = z.looseObject({ Dir: z.string() });

/** Folder of a Go module in the module cache; fetched through the module proxy when it is not there. */
async function moduleFolder(module: string, version: string): Promise<string> {
  const { stdout } = await run('go', ['mod', 'download', '-json', `${module}@${version}`], {
    // Outside any module, so that nobody's go.mod or go.work has a say.
    cwd: tmpdir(),
    maxBuffer: 16 * 1024 * 1024,
  });
  return Download.parse(JSON.parse(stdout)).Dir;
}

/**
 * The definitions of the lock file as one YAML stream, in its order. Third-party files are not kept in the repository; each is
 * checked against its sha256 and taken byte for byte.
 * @throws Error when a file is not the one that the lock names, or Go is missing
 */
export async function fluxCrds(lock: string = LOCK): Promise<string> {
  const { crds } = Lock.parse(parse(await readFile(lock, 'utf8')));
  const parts: string[] = [];
  for (const { module, version, path, sha256 } of crds) {
    const bytes = await readFile(join(await moduleFolder(module, version), path));
    const found = createHash('sha256').update(bytes).digest('hex');
    if (found !== sha256) throw new Error(`${module}@${version} ${path} has sha256 ${found}, not ${sha256}`);
    const text = bytes.toString('utf8');
    parts.push(text.startsWith('---') ? text : `---\n${text}`);
  }
  return parts.join('');
}

if (import.meta.main) {
  const folder = process.argv[2];
  if (folder === undefined) {
    process.stderr.write('usage: node scripts/vendor-flux-crds.ts OUTDIR   writes OUTDIR/crds.yaml\n');
    process.exitCode = 2;
  } else {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'crds.yaml'), await fluxCrds());
  }
}
