/** Runs all tiers one after the other and adds up what they counted. Used by .ci/run. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

interface Counts {
  /** Names of those that failed first. */
  secondTry?: readonly string[];
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
  /** A test that fails is run once more, and named when it passes then: this machine may be busy with others. */
  readonly again?: boolean;
}

/** For tests that show the same twice. */
const HALF = { APPLIANCE_TEST_HALF: '1' };

const TIERS: readonly Tier[] = [
  { name: 'types', command: ['npm', 'run', '--silent', 'typecheck'], report: false },
  { name: 'lint', command: ['npm', 'run', '--silent', 'lint'], report: false },
  { name: 'format', command: ['npm', 'run', '--silent', 'format:check'], report: false },
  { name: 'tests', command: ['npm', 'test', '--silent', '--'], report: true, again: true },
  {
    name: 'long',
    command: ['npm', 'run', '--silent', 'test:long', '--'],
    report: true,
    again: true,
  },
  {
    name: 'cluster',
    command: ['node', 'test/cluster/run.ts'],
    report: true,
    // Each write meets one of its two deaths; `npm run test:cluster` gives it both.
    env: HALF,
  },
  // Of broken builds that wait as long as each other for the same judgement, one; `npm run test:node` takes all.
  { name: 'node', command: ['node', 'test/node/run.ts'], report: true, env: HALF },
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
  if (tier.again === true) args.push('--retry=1');
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

const Report = z.object({
  testResults: z.array(
    z.object({
      assertionResults: z.array(
        z.object({ fullName: z.string(), status: z.string(), failureMessages: z.array(z.string()) }),
      ),
    }),
  ),
});

/** Tests that passed and have a failure to tell: that of their first try. */
const secondTriesOf = (report: unknown): readonly string[] =>
  Report.parse(report)
    .testResults.flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status, failureMessages }) => status === 'passed' && failureMessages.length > 0)
    .map(({ fullName }) => fullName);

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
    secondTry: secondTriesOf(report),
    passed: count('numPassedTests'),
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: count('numPendingTests') + count('numTodoTests'),
  };
}

const folder = await mkdtemp(join(tmpdir(), 'appliance-ci-'));
const total: Counts = { passed: 0, failed: 0, skipped: 0 };
const lines: string[] = [];

async function take(tier: Tier): Promise<void> {
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
    ...(counts.secondTry ?? []).map((name) => `  at the second try: ${name}`),
  );
}

// Those that only read are no burden to each other; the others have the machine for themselves.
await Promise.all(TIERS.filter(({ report }) => !report).map(take));
for (const tier of TIERS) if (tier.report) await take(tier);
await rm(folder, { recursive: true });
console.log(`\n${lines.join('\n')}\n`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
