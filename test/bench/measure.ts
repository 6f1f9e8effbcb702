import { spawn } from 'node:child_process';
import { cpus, loadavg } from 'node:os';

export interface Measured {
  readonly wallMs: number;
  /** User and system time of the process and its children. */
  readonly cpuMs: number;
  readonly code: number;
  readonly stdout: string;
}

/** Runs a program to its end and measures it. Bash's own `time` reports the CPU time of children without further tools. */
export async function measure(command: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Measured> {
  const script = 'TIMEFORMAT="@@ %R %U %S"; time "$@"';
  const child = spawn('bash', ['-c', script, 'measure', ...command], { env: { ...process.env, ...env } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (value) => resolve(value ?? 1));
  });
  const times = /@@ ([\d.]+) ([\d.]+) ([\d.]+)/.exec(stderr);
  if (times === null) throw new Error(`no times for ${command.join(' ')}: ${stderr.slice(-500)}`);
  const [, wall = '0', user = '0', system = '0'] = times;
  return {
    wallMs: Number(wall) * 1000,
    cpuMs: (Number(user) + Number(system)) * 1000,
    code,
    stdout,
  };
}

/** Middle value; the lower of the two for an even count. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

export type Row = Readonly<Record<string, string | number>>;

/** Prints a table with the machine and its load, so that numbers are not compared across machines by accident. */
export function printTable(title: string, rows: readonly Row[]): void {
  const load = loadavg()
    .map((value) => value.toFixed(2))
    .join(' ');
  console.log(
    `\n${title}\n(${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, load ${load}, node ${process.version})\n`,
  );
  const columns = Object.keys(rows[0] ?? {});
  const text = (value: string | number | undefined): string =>
    typeof value === 'number' ? (Number.isInteger(value) ? String(value) : value.toFixed(1)) : (value ?? '');
  console.log(`| ${columns.join(' | ')} |\n|${columns.map(() => '---').join('|')}|`);
  for (const row of rows) console.log(`| ${columns.map((column) => text(row[column])).join(' | ')} |`);
}
