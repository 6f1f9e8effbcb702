import { staleFiles } from './generate/files.ts';

/** `npm run generate` writes what is derived from the contract; with `--check` it only says what is stale, and exits 1. */
const check = process.argv.includes('--check');
const stale = await staleFiles({ write: !check });
for (const path of stale) console.log(`${check ? 'stale' : 'written'}: ${path}`);
if (check && stale.length > 0) {
  console.error('Run `npm run generate` and commit the result.');
  process.exitCode = 1;
}
