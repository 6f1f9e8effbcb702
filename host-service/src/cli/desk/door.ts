import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { z } from 'zod';
import { UserName } from '../../contract/api/session.ts';
import { CONTROL_PLANE_NAMESPACE, Label } from '../../contract/names.ts';
import { Problem, safeLine } from '../../contract/problem.ts';
import { originOf } from '../../edges/api-client/address.ts';
import { optionsOf } from '../objects/session.ts';

/** Where the control plane's own file lies on a box. */
export const CONFIG_FILE = '/etc/appliance/control-plane.yaml';

/** Options by which every verb finds its way to the box. */
export const DoorOptions = z.object({
  api: z.string().min(1).optional(),
  ca: z.string().min(1).optional(),
  kubeconfig: z.string().min(1).optional(),
  context: z.string().min(1).optional(),
  namespace: Label.default(CONTROL_PLANE_NAMESPACE),
  user: UserName.optional(),
  passwordFile: z.string().min(1).optional(),
  direct: z.boolean().default(false),
  config: z.string().min(1).default(CONFIG_FILE),
  by: z.string().min(1).max(128).optional(),
  json: z.boolean().default(false),
});
export type DoorOptions = z.infer<typeof DoorOptions>;

/** The same options as the person sees them. */
export const withDoorOptions = (command: Command): Command =>
  command
    .option('--api <url>', 'API of the control plane; default: APPLIANCE_API, else found by --kubeconfig')
    .option('--ca <file>', 'certificate authority (PEM) of the API')
    .option('--kubeconfig <file>', 'rights on the cluster: finds the API and signs in')
    .option('--context <name>', 'context of the kubeconfig')
    .option('--namespace <name>', `of the control plane; default: ${CONTROL_PLANE_NAMESPACE}`)
    .option('--user <name>', 'sign in as this user of the box; needs --password-file')
    .option('--password-file <file>', 'file with the password of --user')
    .option('--direct', 'work on the objects of the cluster, without a control plane (recovery)')
    .option('--config <file>', `with --direct: the control plane's configuration; default: ${CONFIG_FILE}`)
    .option('--json', 'print JSON');

/** The way that was chosen, with what it needs. */
export type Door =
  | { readonly way: 'direct'; readonly kubeconfig: string; readonly options: DoorOptions }
  | {
      readonly way: 'api';
      /** undefined = the cluster says where. */
      readonly origin: string | undefined;
      readonly options: DoorOptions;
    };

const usage = (detail: string): Problem => new Problem('request.invalid', detail);

/**
 * Decides the way from the options and APPLIANCE_API.
 * @throws Problem request.invalid when they name no way, or more than one
 */
export function doorOf(raw: unknown, env: Readonly<Record<string, string | undefined>>): Door {
  const options = optionsOf(DoorOptions, raw);
  const { api, ca, kubeconfig, user, passwordFile, direct, by } = options;
  if (direct) {
    if (api !== undefined) throw usage('--direct and --api are two ways; take one');
    if (user !== undefined) throw usage('--direct needs no --user: who may read the cluster may do it');
    if (kubeconfig === undefined) throw usage('--direct needs --kubeconfig');
    return { way: 'direct', kubeconfig, options };
  }
  if ((user === undefined) !== (passwordFile === undefined))
    throw usage('--user and --password-file go together');
  if (user !== undefined && by !== undefined) throw usage('--by: who asks is the one who signs in');
  const address = api ?? (env['APPLIANCE_API'] === '' ? undefined : env['APPLIANCE_API']);
  if (address === undefined && kubeconfig === undefined)
    throw usage('say where the box is: --api URL, or --kubeconfig FILE of its cluster');
  if (user === undefined && kubeconfig === undefined)
    throw usage('say who asks: --user NAME with --password-file FILE, or --kubeconfig FILE of its cluster');
  if (ca !== undefined && address === undefined) throw usage('--ca goes with --api');
  return { way: 'api', origin: address === undefined ? undefined : originOf(address), options };
}

/** Who asks, where nobody signs in. */
export const accountOf = ({ by }: Pick<DoorOptions, 'by'>): string => safeLine(by ?? userInfo().username);
