#!/usr/bin/env node
import process from 'node:process';
import { Command } from 'commander';
import { obtainIdentity, readAgentConfig, startAgent } from '../src/agent.ts';
import { endFailed, stopSignal } from '../src/program-end.ts';

/** Milliseconds after the first signal within which all has to be over; systemd waits longer. */
const STOP_MS = 4_500;
const CONFIG = '/etc/appliance/agent.yaml';

async function run(options: { readonly config: string; readonly printConfig?: boolean }): Promise<void> {
  try {
    const config = readAgentConfig(options.config);
    if (options.printConfig === true) {
      process.stdout.write(`${JSON.stringify(config, undefined, 2)}\n`);
      return;
    }
    await startAgent(config, stopSignal(STOP_MS));
  } catch (error) {
    endFailed(error);
  }
}

async function identity(own: { readonly adminKubeconfig?: string; readonly force?: boolean }): Promise<void> {
  try {
    const config = readAgentConfig(program.opts<{ config: string }>().config);
    const { adminKubeconfig = config.adminKubeconfig, force = false } = own;
    const options = { isRefused: force };
    const outcome = await obtainIdentity({ ...config, adminKubeconfig }, options, stopSignal(STOP_MS));
    process.stdout.write(`${outcome}\n`);
  } catch (error) {
    endFailed(error);
  }
}

const program = new Command('appliance-agent')
  .description('Look after this host: report it, and guard the control plane of this appliance.')
  .option('--config <file>', 'the one configuration file (YAML); without such a file: a plain box', CONFIG)
  .option('--print-config', 'print the effective configuration and end')
  .addHelpText('after', '\nExit codes: 0 stopped as asked, 2 mistakes in the configuration, 1 anything else.')
  .action(run);
program
  .command('identity')
  .description('make the identity of this host when it is due, and say whether it was kept or renewed')
  .option(
    '--admin-kubeconfig <file>',
    'kubeconfig of the admin of the platform; default: that of the configuration',
  )
  .option('--force', 'make it although the present one still holds')
  .action(identity);
await program.parseAsync();
