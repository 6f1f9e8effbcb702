/* eslint no-console: off -- this is a command line program */
import { join } from 'node:path';

import { ensureTools, type Tools } from '../cluster/build.ts';
import { ALL_TOOLS } from '../cluster/tools.ts';
import { runInRoom, whyNoRoom } from './room.ts';
import { buildImages } from './support/image-build.ts';

/** Programs of the cluster tier that no test with a real node starts. */
const UNUSED: readonly string[] = ['cosign', 'skopeo', 'helm', 'crane'];

async function whyNot(): Promise<string | undefined> {
  const room = await whyNoRoom();
  if (room !== undefined) return room;
  const only = ALL_TOOLS.map(({ name }) => name).filter((name) => !UNUSED.includes(name));
  const tools: Tools = await ensureTools({ only, log: (line) => console.log(line) });
  const missing = tools.missing.map(({ name, reason }) => `${name} (${reason})`);
  return missing.length === 0 ? undefined : missing.join(', ');
}

/** Builds what a real node needs and the control plane's images, then runs the node tier; arguments go to vitest. */
async function main(): Promise<number> {
  const reason = await whyNot();
  const images = reason === undefined ? await buildImages((line) => console.log(line)) : { reason };
  if ('reason' in images) {
    console.log(`node tier skipped: ${images.reason}`);
    return process.env['APPLIANCE_REQUIRE_NODE'] === '1' ? 1 : 0;
  }
  const vitest = join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs');
  const inside = join(import.meta.dirname, 'inside.ts');
  const tier = [vitest, 'run', '--project', 'node', ...process.argv.slice(2)];
  return runInRoom([process.execPath, inside, process.execPath, ...tier], images.env);
}

process.exitCode = await main();
