/** Runs all tiers one after the other and adds up what they counted. Used by .ci/run. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

interface Tier {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** Writes vitest's JSON report; without it the tier counts as one check. */
  readonly report: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

const TIERS: readonly Tier[] = [
  { name: 'types', command: ['npm', 'run', '--silent', 'typecheck'], report: false },
  { name: 'lint', command: ['npm', 'run', '--silent', 'lint'], report: false },
  { name: 'format', command: ['npm', 'run', '--silent', 'format:check'], report: false },
  { name: 'tests', command: ['npm', 'test', '--silent', '--'], report: true },
  {
    name: 'long',
    command: ['npm', 'run', '--silent', 'test:long', '--'],
    report: true,
  },
  { name: 'cluster', command: ['node', 'test/cluster/run.ts'], report: true },
  { name: 'node', command: ['node', 'test/node/run.ts'], report: true },
  { name: 'boot', command: ['npx', 'vitest', 'run', '--project', 'boot'], report: true },
  {
    name: 'vm',
    // Ten cuts of a whole box take as long as all the rest of this tier: `npm run test:vm` runs them.
    command: ['node', 'test/vm/run.ts', '--exclude', 'test/vm/power-roll.test.ts'],
    report: true,
  },
];

function run(tier: Tier, reportPath: string): Promise<number> {
  const [program, ...args] = tier.command;
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportPath}`];
  return new Promise((resolve, reject) => {
    const child = spawn(program, tier.report ? [...args, ...reporters] : args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...tier.env, NO_COLOR: '1' },
    });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/** What vitest counted. A tier that ran nothing, or whose report is not there although it failed, is a failure. */
async function countsOf(tier: Tier, reportPath: string, code: number): Promise<Counts> {
  if (!tier.report) return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  const text = await readFile(reportPath, 'utf8').catch(() => undefined);
  if (text === undefined) return { passed: 0, failed: code === 0 ? 0 : 1, skipped: code === 0 ? 1 : 0 };
  const report: unknown = JSON.parse(text);
  const count = (key: string): number => {
    const value: unknown = Reflect.get(Object(report), key);
    return typeof value === 'number' ? value : 0;
  };
  const failed = count('numFailedTests');
  return {
    passed: count('numPassedTests'),
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: count('numPendingTests') + count('numTodoTests'),
  };
}

const folder = await mkdtemp(join(tmpdir(), 'appliance-ci-'));
const total: Counts = { passed: 0, failed: 0, skipped: 0 };
const lines: string[] = [];
for (const tier of TIERS) {
  const started = performance.now();
  console.log(`\n== ${tier.name}`);
  const reportPath = join(folder, `${tier.name}.json`);
  const counts = await countsOf(tier, reportPath, await run(tier, reportPath));
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  lines.push(
    `${tier.name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped in ${seconds} s`,
  );
}
await rm(folder, { recursive: true });
console.log(`\n${lines.join('\n')}\n`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
