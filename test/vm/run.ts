/* eslint no-console: off -- this is a command line program */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ensureBase } from './support/base.ts';
import { install, machineObstacle, MMDEBSTRAP, missing, NSPAWN, QEMU } from './support/needs.ts';

/** Installs and makes what the tier needs; says why where that cannot be. */
async function prepare(): Promise<string | undefined> {
  const obstacle = machineObstacle();
  if (obstacle !== undefined) return obstacle;
  try {
    await install([MMDEBSTRAP, NSPAWN, QEMU]);
    const begin = performance.now();
    const folder = await ensureBase();
    console.log(`root file system: ${folder} (${Math.round((performance.now() - begin) / 1000)} s)`);
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    return `${(await missing([MMDEBSTRAP, NSPAWN, QEMU])) ?? 'no root file system'}: ${said.trim().split('\n').slice(-2).join(' | ')}`;
  }
  return undefined;
}

/** Runs the tier on a real systemd; arguments go to vitest. */
async function main(): Promise<number> {
  const reason = await prepare();
  if (reason !== undefined) {
    console.log(`vm tier skipped: ${reason}`);
    return process.env['APPLIANCE_REQUIRE_VM'] === '1' ? 1 : 0;
  }
  const vitest = new URL('../../node_modules/vitest/vitest.mjs', import.meta.url).pathname;
  const args = [vitest, 'run', '--project', 'vm', ...process.argv.slice(2)];
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

process.exitCode = await main();
