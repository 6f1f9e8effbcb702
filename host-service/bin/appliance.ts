#!/usr/bin/env node
import process from 'node:process';
import { Command } from 'commander';
import { registerClaimCode } from '../src/cli/access/claim-code.ts';
import { registerUsers } from '../src/cli/access/users.ts';
import { registerWebhookSecret } from '../src/cli/access/webhook-secret.ts';
import { registerApprove } from '../src/cli/verbs/approve.ts';
import { registerIntent } from '../src/cli/verbs/intent.ts';
import { registerOperations } from '../src/cli/verbs/operations.ts';
import { registerPlan } from '../src/cli/verbs/plan.ts';
import { registerReleases } from '../src/cli/verbs/releases.ts';
import { registerRequests } from '../src/cli/verbs/requests.ts';
import { registerStatus } from '../src/cli/verbs/status.ts';
import { registerWatch } from '../src/cli/verbs/watch.ts';
import { registerResolve } from '../src/cli/resolve.ts';
import { problemOf } from '../src/contract/problem.ts';

const HELP = `
The way to the box: --api URL (or APPLIANCE_API) with --user and --password-file; or --kubeconfig FILE, which finds a ready control plane and
signs in by rights on the cluster. With --direct no control plane is needed: the same code works on the objects of the cluster.`;

const program = new Command('appliance')
  .description('Look after an appliance.')
  .showHelpAfterError()
  .addHelpText('after', HELP);
// Wrong input is 2 for every verb; 1 is what a crash ends with.
program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
const verbs = [
  ...[registerStatus, registerWatch, registerPlan, registerReleases, registerOperations],
  ...[registerIntent, registerApprove, registerRequests, registerResolve],
  ...[registerUsers, registerClaimCode, registerWebhookSecret],
];
for (const register of verbs) register(program);

try {
  await program.parseAsync();
} catch (error) {
  const { code, detail } = problemOf(error);
  process.stderr.write(`${code}: ${detail}\n`);
  process.exitCode = 2;
}
