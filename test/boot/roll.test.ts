import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const LIB = join(import.meta.dirname, '../../bootstrap/lib');
const SCRIPT = `set -euo pipefail
HERE=$2/.. BAKED=$2/../boot ROOT=$1 KEPT=$1/kept KUBECONFIG=$1/k3s.yaml K3S_ETC=$1
for part in "$2"/*.sh; do source "$part"; done
begin_report; begin_stage roll; stage_roll`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appliance-boot-roll-'));
  await mkdir(join(folder, 'bin'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What the stage says when the command line ends with that status; undefined = there is no command line. */
async function stage(status: number | undefined): Promise<{ level: string; code?: string; detail: string }> {
  if (status !== undefined) {
    const program = join(folder, 'bin/appliance');
    await writeFile(program, `#!/bin/sh\necho "$*"\necho 'why it is so' >&2\nexit ${status}\n`);
    await chmod(program, 0o755);
  }
  const env = { PATH: [join(folder, 'bin'), '/usr/bin', '/bin'].join(delimiter), LC_ALL: 'C' };
  const { stdout } = await run('bash', ['--norc', '-c', SCRIPT, 'bash', folder, LIB], { env });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { level: string; detail: string };
}

describe('the last stage of boot: following the channel', () => {
  it.each([
    [0, 'info', undefined],
    [3, 'info', undefined],
    [4, 'info', undefined],
    [5, 'warn', 'boot.roll'],
    [75, 'warn', 'boot.roll'],
    [1, 'warn', 'boot.roll'],
  ])('goes on whatever status %i says, and tells it', async (status, level, code) => {
    const said = await stage(status);
    expect(said).toMatchObject({ stage: 'roll', level });
    expect(said.code).toBe(code);
    if (status !== 0) expect(said.detail).toContain('why it is so');
  });

  it('is left out where the host has no command line', async () => {
    expect(await stage(undefined)).toMatchObject({ level: 'info', detail: 'no command line here' });
  });
});
