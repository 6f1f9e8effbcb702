/** Stands where the host program stands, in its unit: ready, alive, stuck and gone as its settings say. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createNotifier } from '../../../host-service/systemd-notify/src/systemd-notify.ts';

interface Behaviour {
  /** Until the first look is done. */
  readonly readyAfterMs?: number;
  /** Asks for this much more time while starting. */
  readonly extendMs?: number;
  /** The loop stands still once this file is there. */
  readonly blockWhen?: string;
  /** Ends with 1 at once. */
  readonly fails?: boolean;
  /** Does not hear SIGTERM. */
  readonly deaf?: boolean;
  /** Takes memory until it is stopped, once this file is there. */
  readonly leakWhen?: string;
}

const { values } = parseArgs({ options: { config: { type: 'string' } } });
const behaviour = JSON.parse(readFileSync(values.config ?? '', 'utf8')) as Behaviour;
const isThere = (path: string | undefined): boolean => {
  try {
    return path !== undefined && readFileSync(path) !== undefined;
  } catch {
    return false;
  }
};
if (behaviour.fails === true) process.exit(1);

const notifier = createNotifier({ env: process.env, onTrouble: (message) => console.error(message) });
let isStopping = false;
process.on('SIGTERM', () => (isStopping = behaviour.deaf !== true));
await notifier.status('looking at this host');
if (behaviour.extendMs !== undefined) await notifier.extend(behaviour.extendMs);
await sleep(behaviour.readyAfterMs ?? 0);
// Before it is said: whoever sees "active" sees this file.
writeFileSync('/run/appliance/program-ready', String(process.pid));
await notifier.ready('sees one control plane');
const hoard: Buffer[] = [];
for (let turn = 0, told = 0; !isStopping; turn += 1) {
  while (isThere(behaviour.blockWhen)) {
    // A loop that never comes back.
  }
  if (isThere(behaviour.leakWhen)) hoard.push(Buffer.alloc(16 << 20, turn));
  const now = performance.now();
  if (now - told > (notifier.watchdogMs ?? Infinity) / 2 || turn === 0) {
    told = now;
    await notifier.alive();
  }
  await sleep(100);
}
await notifier.stopping('asked to stop');
process.exit(0);
