#!/usr/bin/env node
import process from 'node:process';
import { Command } from 'commander';
import { runControlPlane } from '../src/control-plane.ts';
import { PROBLEMS, problemOf } from '../src/contract/problem.ts';
import { effectiveConfigText, readConfig } from '../src/edges/files/config.ts';

/** Milliseconds after the first signal within which all has to be over; a pod is killed after 30 s (design §6.4). */
const STOP_MS = 29_000;

interface Options {
  readonly config: string;
  readonly printConfig?: boolean;
}

async function main({ config: path, printConfig }: Options): Promise<void> {
  try {
    const config = readConfig(path);
    if (printConfig === true) {
      process.stdout.write(effectiveConfigText(config));
      return;
    }
    await runControlPlane(config, stopSignal());
    process.exitCode = 0;
  } catch (error) {
    const { code, detail } = problemOf(error);
    process.stderr.write(`${code}: ${detail}\n${PROBLEMS[code].remedy}\n`);
    process.exitCode = code.startsWith('config.') ? 2 : 1;
  }
}

/** Fires on the first SIGTERM or SIGINT. A second one ends the process at once; so does a stop that takes too long. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(1);
    stop.abort();
    setTimeout(() => process.exit(1), STOP_MS).unref();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return stop.signal;
}

const program = new Command('appliance-control-plane')
  .description('Keep the application of this appliance at the release of its channel.')
  .requiredOption('--config <file>', 'the one configuration file (YAML)')
  .option('--print-config', 'print the effective configuration and end')
  .addHelpText('after', '\nExit codes: 0 stopped as asked, 2 mistakes in the configuration, 1 anything else.')
  .action(main);
await program.parseAsync();
