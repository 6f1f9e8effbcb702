import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSaid, type Said } from 'host-service/core/storage/said.ts';
import { PROOF_SCRIPT } from 'host-service/engine/storage/trial-script.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const isRoot = process.getuid?.() === 0;

/** Runs the program of the trial write as its pod does; its words come on standard output where there is no file of a node for them. */
async function trial(folder: string, uid?: number): Promise<{ readonly code: number; readonly said?: Said }> {
  return new Promise((resolve, reject) => {
    const as = uid === undefined ? {} : { uid, gid: uid };
    const child = execFile(process.execPath, ['-e', PROOF_SCRIPT, folder], as, (error, stdout) => {
      const said = readSaid(stdout, { uid: uid ?? 0 });
      resolve({ code: error === null ? 0 : 1, ...(said === undefined ? {} : { said }) });
    });
    child.on('error', reject);
  });
}

describe('the program of the trial write', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'appliance-trial-'));
    await chmod(folder, 0o755);
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  it('writes, waits for the disk, reads back and leaves nothing, also where a power cut has left half of it', async () => {
    const place = join(folder, 'good');
    await mkdir(join(place, '.appliance-trial'), { recursive: true });
    await writeFile(join(place, '.appliance-trial/bytes'), 'half');
    const { code, said } = await trial(place);
    expect(code).toBe(0);
    expect(said).toEqual({ ms: expect.any(Number) as number });
    expect(await readdir(place)).toEqual([]);
  });

  it('B-23 says that the folder is not there', async () => {
    const { code, said } = await trial(join(folder, 'missing'));
    expect(code).toBe(1);
    expect(said).toMatchObject({ problem: { code: 'storage.write-failed' } });
  });

  it.skipIf(!isRoot)('B-23 says that the user of the database may not write there (needs root)', async () => {
    const place = join(folder, 'denied');
    await mkdir(place, { mode: 0o700 });
    const { code, said } = await trial(place, 999);
    expect(code).toBe(1);
    expect(said).toMatchObject({ problem: { code: 'storage.write-denied' } });
    expect(JSON.stringify(said)).toContain('user 999, making a folder: EACCES');
  });
});
