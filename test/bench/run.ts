/* eslint no-console: off -- this is a command line program */
import { parseArgs } from 'node:util';
import { convergePart, cyclePart, resolvePart, startPart } from './parts.ts';

const PARTS: Readonly<Record<string, () => Promise<void>>> = {
  resolve: resolvePart,
  start: startPart,
  cycle: cyclePart,
  converge: convergePart,
};

/** `npm run bench [-- --only resolve,start]`: one table for each part. */
const { values } = parseArgs({ options: { only: { type: 'string' } } });
const wanted = values.only?.split(',') ?? Object.keys(PARTS);
for (const name of wanted) {
  const part = PARTS[name];
  if (part === undefined) {
    console.error(`no part ${name}; there are ${Object.keys(PARTS).join(', ')}`);
    process.exitCode = 2;
    continue;
  }
  try {
    await part();
  } catch (error) {
    console.error(`${name} failed:`, error);
    process.exitCode = 1;
  }
}
