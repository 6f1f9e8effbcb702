import process from 'node:process';
import { Command, CommanderError } from 'commander';
import { problemOf } from '../contract/problem.ts';
import { registerClaimCode } from './access/claim-code.ts';
import { registerSessions } from './access/sessions.ts';
import { registerUsers } from './access/users.ts';
import { registerWebhookSecret } from './access/webhook-secret.ts';
import { registerControlPlane } from './control-plane/register.ts';
import { createOpenDesk, type Wiring } from './desk/open.ts';
import { EXIT } from './objects/session.ts';
import { registerNetwork } from './network/register.ts';
import { registerSetup } from './setup/register.ts';
import { registerResolve } from './resolve.ts';
import { registerApprove } from './verbs/approve.ts';
import { registerChecks } from './checks/register.ts';
import { registerIntent } from './verbs/intent.ts';
import { registerOperations } from './verbs/operations.ts';
import { registerPlan } from './verbs/plan.ts';
import { registerReleases } from './verbs/releases.ts';
import { registerRequests } from './verbs/requests.ts';
import { registerStatus } from './verbs/status.ts';
import { registerWatch } from './verbs/watch.ts';

const HELP = `
The way to the box: --api URL (or APPLIANCE_API) with --user and --password-file; or --kubeconfig FILE, which finds a ready control plane and
signs in by rights on the cluster. With --direct no control plane is needed: the same code works on the objects of the cluster.`;

const VERBS = [
  ...[registerStatus, registerWatch, registerPlan, registerReleases, registerOperations],
  ...[registerIntent, registerApprove, registerRequests, registerResolve],
  ...[
    registerChecks,
    registerSetup,
    registerNetwork,
    registerUsers,
    registerSessions,
    registerClaimCode,
    registerWebhookSecret,
  ],
];

/** Runs one `appliance` command and sets the exit code. `argv` without program and script. */
export async function appliance(argv: readonly string[], wiring: Wiring): Promise<void> {
  const program = new Command('appliance')
    .description('Look after an appliance.')
    .showHelpAfterError()
    .addHelpText('after', HELP)
    .exitOverride();
  const openDesk = createOpenDesk(wiring);
  for (const register of VERBS) register(program, openDesk);
  registerControlPlane(program, openDesk, wiring);
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    process.exitCode = wrongInput(error);
  }
}

/** Wrong input is 2 for every verb; 1 is what a crash ends with. */
function wrongInput(error: unknown): number {
  // It has said what it has to say; help and version come this way as well.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const { code, detail } = problemOf(error);
  process.stderr.write(`${code}: ${detail}\n`);
  return EXIT.usage;
}
