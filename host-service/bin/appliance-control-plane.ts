#!/usr/bin/env node
import process from 'node:process';
import { Command } from 'commander';
import { runControlPlane } from '../src/control-plane.ts';
import { PROBLEMS, problemOf } from '../src/contract/problem.ts';
import { effectiveConfigText, readConfig } from '../src/edges/files/config.ts';
import { selfCheck } from '../src/self-check.ts';

/** Milliseconds after the first signal within which all has to be over; a pod is killed after 30 s (design §6.4). */
const STOP_MS = 29_000;

interface Options {
  readonly config?: string;
  readonly printConfig?: boolean;
  readonly selfCheck?: boolean;
}

async function main({ config: path, printConfig, selfCheck: isCheck }: Options): Promise<void> {
  if (isCheck === true) {
    const report = await selfCheck();
    process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
    process.exitCode = report.ok ? 0 : 1;
    return;
  }
  if (path === undefined) return program.error("error: required option '--config <file>' not specified");
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
  .option('--config <file>', 'the one configuration file (YAML); needed for everything but --self-check')
  .option('--print-config', 'print the effective configuration and end')
  .option('--self-check', 'say as JSON whether all that this program needs came with it, and end')
  .addHelpText('after', '\nExit codes: 0 stopped as asked, 2 mistakes in the configuration, 1 anything else.')
  .action(main);
await program.parseAsync();
