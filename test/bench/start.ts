import { spawn, type ChildProcess } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../cluster/process.ts';
import { median, type Row } from './measure.ts';

export interface Program {
  readonly path: string;
  /** For Node. */
  readonly flags: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export interface StartBench {
  readonly folder: string;
  readonly kubeconfig: string;
  readonly product: string;
  readonly trust: string;
  readonly releaseRepository: string;
  /** By the name in the table. */
  readonly programs: Readonly<Record<string, Program>>;
  readonly runs: number;
  readonly idleMs: number;
}

/** Longest wait for the first good answer. */
const DEADLINE_MS = 30_000;

interface Started {
  readonly readyMs: number;
  readonly cpuMs: number;
  readonly child: ChildProcess;
}

/** Spawns the control plane and asks every 5 ms whether it is ready. */
async function start(bench: StartBench, program: Program, run: string): Promise<Started> {
  const port = await freePort();
  const config = join(bench.folder, `${run}.json`);
  const { product, trust, releaseRepository } = bench;
  await writeFile(
    config,
    JSON.stringify({
      schema: 'appliance.config/v1',
      kubernetes: { kubeconfig: bench.kubeconfig },
      ...{ product, trust, releaseRepository, listen: `127.0.0.1:${port}` },
    }),
  );
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...program.flags, program.path, '--config', config], {
    env: { ...process.env, ...program.env, POD_NAME: 'bench' },
    stdio: 'ignore',
  });
  while (performance.now() - startedAt < DEADLINE_MS) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/ready`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.status === 200)
      return { child, readyMs: performance.now() - startedAt, cpuMs: await cpuOf(child) };
    if (child.exitCode !== null) break;
    await sleep(5);
  }
  await stop(child);
  throw new Error(`${program.path} was not ready within ${DEADLINE_MS} ms`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

/** User and system time so far, milliseconds. The kernel counts in hundredths of a second. */
async function cpuOf({ pid }: ChildProcess): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** A line of /proc/PID/status in MB. */
async function memoryOf({ pid }: ChildProcess, name: string): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  return (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) * 1024) / 1e6;
}

/** From spawn to the first 200 of /api/ready, programs in turn; then one of each is left alone for a while and weighed. */
export async function benchStart(bench: StartBench): Promise<readonly Row[]> {
  const all = Object.entries(bench.programs).map(([name, program]) => ({
    ...{ name, program, ready: [] as number[], cpu: [] as number[] },
  }));
  for (let run = 0; run < bench.runs; run += 1) {
    for (const one of all) {
      const started = await start(bench, one.program, `${one.name.replaceAll(' ', '-')}-${run}`);
      one.ready.push(started.readyMs);
      one.cpu.push(started.cpuMs);
      await stop(started.child);
    }
  }
  const rows: Row[] = [];
  for (const one of all) {
    const { child } = await start(bench, one.program, `${one.name.replaceAll(' ', '-')}-idle`);
    try {
      const before = await sleep(1_000).then(() => cpuOf(child));
      await sleep(bench.idleMs);
      const cpu = (await cpuOf(child)) - before;
      rows.push({
        who: one.name,
        'start to ready, ms': median(one.ready),
        'slowest, ms': Math.max(...one.ready),
        'CPU to ready, ms': median(one.cpu),
        'resident after idle, MB': await memoryOf(child, 'VmRSS'),
        'of which anonymous, MB': await memoryOf(child, 'RssAnon'),
        'idle for, s': bench.idleMs / 1000,
        'CPU while idle, %': (cpu / bench.idleMs) * 100,
      });
    } finally {
      await stop(child);
    }
  }
  return rows;
}
