import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const PACKAGE = join(import.meta.dirname, '../../host-service');
const Manifest = z.looseObject({ bin: z.record(z.string(), z.string()) });

describe('programs', () => {
  it('are executable as they lie here, so that `npm ci` leaves a clone without changes and images name its commit', async () => {
    const { bin } = Manifest.parse(JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8')));
    const modes = await Promise.all(
      Object.entries(bin).map(async ([name, path]) => [name, (await stat(join(PACKAGE, path))).mode & 0o111]),
    );
    expect(modes.length).toBeGreaterThan(0);
    expect(modes.filter(([, mode]) => mode !== 0o111)).toEqual([]);
  });
});
