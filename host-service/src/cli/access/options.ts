import type { Command } from 'commander';
import { z } from 'zod';
import { CONTROL_PLANE_NAMESPACE, Label } from '../../contract/names.ts';
import { createClock } from '../../edges/clock/clock.ts';
import { readSmallText } from '../../edges/files/small-file.ts';
import { createHasher } from '../../edges/hasher/hasher.ts';
import { createRandom } from '../../edges/random/random.ts';
import type { UserParts } from '../../engine/access/users.ts';
import type { Cluster, Random } from '../../engine/ports.ts';
import { Common, EXIT_HELP } from '../objects/session.ts';

/** Options of every verb about who may come in. */
export const AccessOptions = Common.extend({ namespace: Label.default(CONTROL_PLANE_NAMESPACE) });
export type AccessOptions = z.infer<typeof AccessOptions>;
export const PasswordOptions = AccessOptions.extend({ passwordFile: z.string().min(1) });

/** The verb with the options that all of them have. */
export const withAccessOptions = (command: Command): Command =>
  command
    .requiredOption('--kubeconfig <file>', 'how to reach the cluster')
    .option('--context <name>', 'context of the kubeconfig')
    .option('--namespace <name>', `of the control plane; default: ${CONTROL_PLANE_NAMESPACE}`)
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXIT_HELP);

/** The same for verbs that set a password: it comes from a file, because everybody on a machine can read arguments. */
export const withPasswordOptions = (command: Command): Command =>
  withAccessOptions(command).requiredOption('--password-file <file>', 'file with the password');

/** Longest password file in bytes. */
const PASSWORD_CAP = 1024;

/** The password in a file; the last line break does not count. Problem config.unreadable, config.invalid. */
export const passwordIn = (path: string): string => readSmallText(path, PASSWORD_CAP).replace(/\r?\n$/, '');

/** What the engine's parts need, for one command. */
export const accessPartsOf = (
  cluster: Cluster,
  { namespace }: Pick<AccessOptions, 'namespace'>,
): UserParts & { readonly random: Random; readonly clock: ReturnType<typeof createClock> } => ({
  cluster,
  namespace,
  hasher: createHasher(),
  clock: createClock(),
  random: createRandom(),
});
