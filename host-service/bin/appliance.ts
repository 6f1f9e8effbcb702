#!/usr/bin/env node
import { Command } from 'commander';
import { registerResolve } from '../src/cli/resolve.ts';

const program = new Command('appliance').description('Look after an appliance.').showHelpAfterError();
registerResolve(program);
await program.parseAsync();
