#!/usr/bin/env node
import process from 'node:process';
import { Command } from 'commander';
import { registerApprove } from '../src/cli/objects/approve.ts';
import { registerIntent } from '../src/cli/objects/intent.ts';
import { registerOperations } from '../src/cli/objects/operations.ts';
import { registerPlan } from '../src/cli/objects/plan.ts';
import { registerRevert } from '../src/cli/objects/revert.ts';
import { registerStatus } from '../src/cli/objects/status.ts';
import { registerResolve } from '../src/cli/resolve.ts';
import { problemOf } from '../src/contract/problem.ts';

const program = new Command('appliance').description('Look after an appliance.').showHelpAfterError();
// Wrong input is 2 for every verb; 1 is what a crash ends with.
program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
registerResolve(program);
registerStatus(program);
registerPlan(program);
registerIntent(program);
registerOperations(program);
registerApprove(program);
registerRevert(program);

try {
  await program.parseAsync();
} catch (error) {
  const { code, detail } = problemOf(error);
  process.stderr.write(`${code}: ${detail}\n`);
  process.exitCode = 2;
}
