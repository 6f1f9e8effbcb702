import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { ROOT } from './sources.ts';

it('docs/requirements.md says what the tests say', async () => {
  const { stderr } = await promisify(execFile)(
    process.execPath,
    [join(ROOT, 'scripts/requirements.ts'), '--check'],
    {
      cwd: ROOT,
    },
  );
  expect(stderr).toBe('');
});
