/** Writes docs/requirements.md: each requirement with the tests that carry its id in their names, or "open". `--check` fails when stale. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

interface Requirement {
  readonly id: string;
  readonly requirement: string;
  /** Why it cannot occur, where no test can show it. */
  readonly why?: string;
}

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const TARGET = join(ROOT, 'docs/requirements.md');
const HEAD = `# Requirements

Made by \`npm run requirements\` from the names of the tests; do not edit. \`B-\` and bare \`R\`, \`S\` numbers are lessons of the predecessor, \`R-\` numbers lessons of
comparable products. *open* means that no test carries the id yet: the part it belongs to is not built.

`;

async function testFiles(): Promise<readonly string[]> {
  const run = promisify(execFile);
  const { stdout } = await run(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '*.test.ts'],
    { cwd: ROOT },
  );
  return [...new Set(stdout.split('\n'))]
    .filter((path) => path !== '' && !path.startsWith('test/architecture/imports'))
    .sort();
}

/** Ids that stand in a quoted text of a test file: titles of tests and rows of table tests. */
function idsIn(text: string): ReadonlySet<string> {
  const quoted = text.match(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g) ?? [];
  const ids = quoted.flatMap((part) => part.match(/\b(?:[BR]-\d{2,3}b?|[RS]\d{1,2})\b/g) ?? []);
  return new Set(ids);
}

function isRequirement(value: unknown): value is Requirement {
  return typeof value === 'object' && value !== null && 'id' in value && 'requirement' in value;
}

async function render(): Promise<string> {
  const list: unknown = JSON.parse(await readFile(join(ROOT, 'scripts/requirements.json'), 'utf8'));
  const requirements = Array.isArray(list) ? list.filter(isRequirement) : [];
  const byId = new Map<string, string[]>();
  for (const path of await testFiles()) {
    for (const id of idsIn(await readFile(join(ROOT, path), 'utf8')))
      byId.set(id, [...(byId.get(id) ?? []), path]);
  }
  const rows = requirements.map(({ id, requirement, why }) => {
    const tests = byId.get(id)?.map((path) => `\`${path}\``);
    return `| ${id} | ${requirement} | ${tests?.join(' ') ?? why ?? '*open*'} |`;
  });
  const covered = requirements.filter(({ id }) => byId.has(id)).length;
  const summary = `${covered} of ${requirements.length} have tests.\n\n`;
  return `${HEAD}${summary}| id | requirement | tests |\n|---|---|---|\n${rows.join('\n')}\n`;
}

const text = await render();
if (process.argv.includes('--check')) {
  const current = await readFile(TARGET, 'utf8').catch(() => '');
  if (current !== text) {
    console.error('docs/requirements.md is stale: run npm run requirements');
    process.exitCode = 1;
  }
} else {
  await writeFile(TARGET, text);
}
