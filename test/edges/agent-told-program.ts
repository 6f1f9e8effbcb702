import { writeSync } from 'node:fs';
import process from 'node:process';
import { readAgentConfig, startAgent } from 'host-service/agent.ts';

/**
 * The program of a host whose words to systemd go to the standard output, one a line with the milliseconds at which they were said. SIGUSR2 makes its event
 * loop stand still for some seconds, as an endless computation would.
 */
const say = (word: string): Promise<void> => {
  writeSync(1, `${Math.round(performance.now())} ${word}\n`);
  return Promise.resolve();
};
const BLOCK_MS = 3_000;

process.on('SIGUSR2', () => {
  writeSync(1, `${Math.round(performance.now())} blocked\n`);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BLOCK_MS);
  writeSync(1, `${Math.round(performance.now())} free\n`);
});
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
await startAgent(readAgentConfig(process.argv[2] ?? ''), stop.signal, {
  watchdogMs: 200,
  ready: (status = '') => say(`READY ${status}`),
  status: (text) => say(`STATUS ${text}`),
  alive: () => say('WATCHDOG'),
  extend: () => Promise.resolve(),
  stopping: () => say('STOPPING'),
});
