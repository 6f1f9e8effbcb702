import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Box } from './box.ts';

const PROGRAM = fileURLToPath(new URL('../../../host-service/bin/appliance.ts', import.meta.url));

/** Adds a user as the people who run a box do: by its command line. */
export async function addUser(
  { stage }: Box,
  user: { readonly name: string; readonly role: 'admin' | 'viewer'; readonly password: string },
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'appliance-user-'));
  try {
    const file = join(folder, 'password');
    await writeFile(file, user.password, { mode: 0o600 });
    const verb = ['users', 'add', user.name, '--role', user.role];
    const way = ['--kubeconfig', stage.world.kubeconfig, '--password-file', file];
    await promisify(execFile)(process.execPath, [PROGRAM, ...verb, ...way], { timeout: 30_000 });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
