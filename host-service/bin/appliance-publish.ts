#!/usr/bin/env node
import { createClock } from '../src/edges/clock/clock.ts';
import { publish } from '../src/publish/program.ts';

const clock = createClock();
process.exitCode = await publish(process.argv.slice(2), {
  env: process.env,
  now: () => clock.now(),
  write: (text) => process.stdout.write(text),
  warn: (text) => process.stderr.write(text),
});
