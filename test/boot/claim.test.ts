import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const LIB = join(import.meta.dirname, '../../bootstrap/lib');
const SCRIPT = `set -euo pipefail
HERE=$2/.. ROOT=$1 KEPT=$1/var/lib/appliance KUBECONFIG=$1/k3s.yaml K3S_ETC=$1
for part in "$2"/*.sh; do source "$part"; done
begin_report; begin_stage claim; stage_claim`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appliance-boot-claim-'));
  await mkdir(join(folder, 'bin'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What the stage says when the command line says and ends so; undefined = there is no command line. */
async function stage(
  ends: { readonly status: number; readonly says: string } | undefined,
): Promise<{ level: string; code?: string; detail: string }> {
  if (ends !== undefined) {
    const program = join(folder, 'bin/appliance');
    await writeFile(
      program,
      `#!/bin/sh\necho "$*" >'${folder}/asked'\necho '${ends.says}'\nexit ${ends.status}\n`,
    );
    await chmod(program, 0o755);
  }
  const env = { PATH: [join(folder, 'bin'), '/usr/bin', '/bin'].join(delimiter), LC_ALL: 'C' };
  const { stdout } = await run('bash', ['--norc', '-c', SCRIPT, 'bash', folder, LIB], { env });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { level: string; detail: string };
}

describe('the claim code at boot', () => {
  it('B-58 is made by the command line in a file of the box that outlives a boot, and named by its place only', async () => {
    const said = await stage({ status: 0, says: 'made: the code lies on this host' });
    expect(said).toMatchObject({ level: 'info', detail: 'made: the code lies on this host' });
    const file = join(folder, 'var/lib/appliance/claim-code');
    expect(await readFile(join(folder, 'asked'), 'utf8')).toBe(
      `claim-code --take --kubeconfig ${join(folder, 'k3s.yaml')} --file ${file}\n`,
    );
  });

  it('R-35 is shown by the console, by a link that shows nothing once the card is gone', async () => {
    await stage({ status: 0, says: 'kept: the code on this host opens the box' });
    await stage({ status: 0, says: 'kept: the code on this host opens the box' });
    const shown = join(folder, 'run/issue.d/appliance.issue');
    const card = join(folder, 'var/lib/appliance/claim-code.card');
    expect(await readlink(shown)).toBe(card);
    await mkdir(dirname(card), { recursive: true });
    await writeFile(card, 'code      ABCD-EFGH-JKMN\n', { mode: 0o600 });
    expect(await readFile(shown, 'utf8')).toContain('ABCD');
    await rm(card);
    await expect(readFile(shown)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('stops nothing when it cannot be made, and tells it', async () => {
    const said = await stage({ status: 4, says: 'the platform gives no answer' });
    expect(said).toMatchObject({ level: 'warn', code: 'session.not-claimed' });
    expect(said.detail).toContain('the platform gives no answer');
  });

  it('is left out where the host has no command line', async () => {
    expect(await stage(undefined)).toMatchObject({ level: 'info', detail: 'no command line here' });
  });
});
