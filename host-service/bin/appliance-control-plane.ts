#!/usr/bin/env node
import process from 'node:process';
import { Command } from 'commander';
import { runControlPlane } from '../src/control-plane.ts';
import { effectiveConfigText, readConfig } from '../src/edges/files/config.ts';
import { endFailed, stopSignal } from '../src/program-end.ts';
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
    await runControlPlane(config, stopSignal(STOP_MS));
    process.exitCode = 0;
  } catch (error) {
    endFailed(error);
  }
}

const program = new Command('appliance-control-plane')
  .description('Keep the application of this appliance at the release of its channel.')
  .option('--config <file>', 'the one configuration file (YAML); needed for everything but --self-check')
  .option('--print-config', 'print the effective configuration and end')
  .option('--self-check', 'say as JSON whether all that this program needs came with it, and end')
  .addHelpText('after', '\nExit codes: 0 stopped as asked, 2 mistakes in the configuration, 1 anything else.')
  .action(main);
await program.parseAsync();
