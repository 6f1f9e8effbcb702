import { networkInterfaces } from 'node:os';
import process from 'node:process';
import type { Command } from 'commander';
import { z } from 'zod';
import { CONTROL_PLANE_NAMESPACE } from '../../contract/names.ts';
import { Problem } from '../../contract/problem.ts';
import { createSecretFile } from '../../edges/files/secret-file.ts';
import { readBoxWords } from '../../engine/access/box-words.ts';
import { makeClaimCode, type ClaimMaking } from '../../engine/access/claim-code.ts';
import { codeIn, replaceClaim, takeClaim, type HostClaimState } from '../../engine/access/host/host-claim.ts';
import type { HostClaimFiles } from '../../engine/access/ports.ts';
import { EXIT_HELP, optionsOf, withCluster, type Said } from '../objects/session.ts';
import { claimCard } from './claim-card.ts';
import { AccessOptions, accessPartsOf } from './options.ts';
import { pageAddresses } from './page-addresses.ts';

/** On the box itself: how its root reaches the platform, and where the code lies. */
const KUBECONFIG = '/etc/rancher/k3s/k3s.yaml';
const CODE_FILE = '/var/lib/appliance/claim-code';

const Options = AccessOptions.extend({
  kubeconfig: z.string().min(1).optional(),
  file: z.string().min(1).optional(),
  new: z.boolean().default(false),
  take: z.boolean().default(false),
  qr: z.boolean().optional(),
});

/** `appliance claim-code`: the code with which a box that has no owner is claimed. */
export function registerClaimCode(program: Command): void {
  program
    .command('claim-code')
    .description(
      'on the box: print the claim code as long as it opens the box; with --kubeconfig alone: make a new one, the one before opens nothing any more',
    )
    .option('--kubeconfig <file>', `how to reach the cluster; default, on the box: ${KUBECONFIG}`)
    .option('--context <name>', 'context of the kubeconfig')
    .option('--namespace <name>', `of the control plane; default: ${CONTROL_PLANE_NAMESPACE}`)
    .option('--file <file>', `where the code lies on the box; default there: ${CODE_FILE}`)
    .option('--new', 'make a new one in any case')
    .option(
      '--take',
      'as the start of the box: make it where there is none, hand it over, print what became of it',
    )
    .option('--qr', 'draw the address also where this is no terminal')
    .option('--no-qr', 'do not draw it')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXIT_HELP)
    .action((raw: unknown) => claimCode(optionsOf(Options, raw)));
}

function claimCode(options: z.output<typeof Options>): Promise<void> {
  const { kubeconfig = KUBECONFIG, file = CODE_FILE, take } = options;
  const isHere = options.kubeconfig === undefined || options.file !== undefined;
  if (take && (options.new || !isHere))
    throw new Problem('request.invalid', '--take goes with --file, and not with --new');
  return withCluster({ ...options, kubeconfig }, async (cluster, signal) => {
    const parts = accessPartsOf(cluster, options);
    const files = filesAt(file);
    if (take) return stateOf(await takeWithCard(parts, files, signal));
    // First, so that no code is made that nobody gets to see.
    const words = await readBoxWords(cluster, signal);
    const code = await codeFor(parts, isHere ? files : undefined, options.new, signal);
    // Elsewhere the addresses would be those of another machine.
    const facts = { code, words, addresses: isHere ? pageAddresses(networkInterfaces()) : [] };
    if (isHere) await files.card.write(claimCard(facts, true));
    return { text: claimCard(facts, options.qr ?? process.stdout.isTTY), data: facts };
  });
}

const filesAt = (file: string) => ({
  file: createSecretFile(file),
  next: createSecretFile(`${file}.next`),
  card: createSecretFile(`${file}.card`),
});

/** As the start of the box: with what its console shows, as long as the code here opens the box. */
async function takeWithCard(
  parts: ClaimMaking,
  files: ReturnType<typeof filesAt>,
  signal: AbortSignal,
): Promise<HostClaimState> {
  const state = await takeClaim(parts, files, signal);
  const code = state === 'made' || state === 'kept' ? await codeIn(files.file) : undefined;
  if (code === undefined) return state;
  const words = await readBoxWords(parts.cluster, signal);
  await files.card.write(claimCard({ code, words, addresses: pageAddresses(networkInterfaces()) }, true));
  return state;
}

/** `files`: where this host has its code; undefined = somebody asks from elsewhere, and gets a new one. */
function codeFor(
  parts: ClaimMaking,
  files: HostClaimFiles | undefined,
  isNew: boolean,
  signal: AbortSignal,
): Promise<string> {
  if (files === undefined) return makeClaimCode(parts, signal);
  return isNew ? replaceClaim(parts, files, signal) : show(parts, files, signal);
}

/** The code as long as it opens the box. A new one is made only where nobody has any: that would make another one's useless. */
async function show(parts: ClaimMaking, files: HostClaimFiles, signal: AbortSignal): Promise<string> {
  const state = await takeClaim(parts, files, signal);
  if (state === 'claimed') throw new Problem('session.already-claimed', 'the claim code was used');
  const code = state === 'of-another' ? undefined : await codeIn(files.file);
  if (code !== undefined) return code;
  throw new Problem(
    'session.not-claimed',
    'the code that opens this box does not lie on this host; --new makes another one',
  );
}

const WORDS: Readonly<Record<HostClaimState, string>> = {
  claimed: 'claimed: this box has an owner',
  made: 'made: the code lies on this host',
  kept: 'kept: the code on this host opens the box',
  'of-another': 'of another: the code does not lie on this host',
};

/** Without the code: what the start of the box prints is kept in a log. */
const stateOf = (state: HostClaimState): Said => ({ text: WORDS[state], data: { state } });
