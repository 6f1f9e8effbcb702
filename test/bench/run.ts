/* eslint no-console: off -- this is a command line program */
import { parseArgs } from 'node:util';
import { eventsPart, hourPart, pagePart, soakPart, statusPart } from './api/parts.ts';
import { imagePart } from './image.ts';
import { convergePart, cyclePart, resolvePart, startPart } from './parts.ts';
import type { Wanted } from './wanted.ts';
import { wizardPart } from './wizard.ts';

const PARTS: Readonly<Record<string, (wanted: Wanted) => Promise<void>>> = {
  resolve: resolvePart,
  start: startPart,
  cycle: cyclePart,
  converge: convergePart,
  status: statusPart,
  events: eventsPart,
  page: pagePart,
  wizard: wizardPart,
  soak: soakPart,
  hour: hourPart,
  image: imagePart,
};

/** `npm run bench [-- --only resolve,start] [--minutes 30] [--heap 48]`: one table for each part. */
const { values } = parseArgs({
  options: { only: { type: 'string' }, minutes: { type: 'string', default: '2' }, heap: { type: 'string' } },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error(`--minutes ${values.minutes} is no length of time`);
const wanted = values.only?.split(',') ?? Object.keys(PARTS);
const heapMb = values.heap === undefined ? undefined : Number(values.heap);
for (const name of wanted) {
  const part = PARTS[name];
  if (part === undefined) {
    console.error(`no part ${name}; there are ${Object.keys(PARTS).join(', ')}`);
    process.exitCode = 2;
    continue;
  }
  try {
    await part({ minutes, heapMb });
  } catch (error) {
    console.error(`${name} failed:`, error);
    process.exitCode = 1;
  }
}
