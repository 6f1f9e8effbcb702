import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClaimFile } from '../../engine/access/ports.ts';
import { createSecretFile, writeNewSecretFile } from './secret-file.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secret-file-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

describe('a file with a secret', () => {
  it('is readable by its owner alone, whatever stood there before', async () => {
    const path = join(folder, 'code');
    await writeFile(path, 'old\n', { mode: 0o644 });
    const file: ClaimFile = createSecretFile(path);
    await file.write('NEW1-NEW2-NEW3');
    expect(await modeOf(path)).toBe(0o600);
    expect(await readFile(path, 'utf8')).toBe('NEW1-NEW2-NEW3\n');
    expect(await file.read()).toBe('NEW1-NEW2-NEW3');
    expect(await readdir(folder)).toEqual(['code']);
  });

  it('is gone after it was removed, also twice', async () => {
    const file = createSecretFile(join(folder, 'code'));
    await file.write('text');
    await file.remove();
    await file.remove();
    expect(await file.read()).toBeUndefined();
    expect(await readdir(folder)).toEqual([]);
  });

  it('says config.unreadable where it cannot be written, and leaves nothing behind', async () => {
    const file = createSecretFile(join(folder, 'missing', 'code'));
    await expect(file.write('text')).rejects.toMatchObject({ code: 'config.unreadable' });
    const taken = createSecretFile(folder);
    await expect(taken.write('text')).rejects.toMatchObject({ code: 'config.unreadable' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('never overwrites one when a new one is asked for', async () => {
    const path = join(folder, 'secret');
    await writeNewSecretFile(path, 'first');
    await expect(writeNewSecretFile(path, 'second')).rejects.toMatchObject({ code: 'config.unreadable' });
    expect(await readFile(path, 'utf8')).toBe('first');
    expect(await modeOf(path)).toBe(0o600);
    expect(await readdir(folder)).toEqual(['secret']);
  });
});
