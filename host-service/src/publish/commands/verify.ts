import { Problem, ProblemCode } from '../../contract/problem.ts';
import type { Command } from 'commander';
import { readReference } from '../../cli/resolve-reference.ts';
import { reportOf, type ResolveReport } from '../../cli/resolve-report.ts';
import { unpack } from '../../edges/archive/unpack.ts';
import { readProduct, readTrust } from '../../edges/files/config.ts';
import { createRegistry } from '../../edges/registry/registry.ts';
import type { Outcome } from '../output.ts';
import { action, type GlobalOptions, type Shell } from './shared.ts';

interface VerifyOptions extends GlobalOptions {
  readonly trust: string;
  readonly product?: string;
}

async function look(shell: Shell, options: VerifyOptions, reference: string): Promise<ResolveReport> {
  const trust = readTrust(options.trust);
  const product = options.product === undefined ? undefined : readProduct(options.product);
  const named = readReference(reference, product);
  const host = named.repository.split('/', 1)[0] ?? '';
  const hint = product?.release.token;
  const registry = createRegistry({
    registries: options.plainHttp === true ? [{ host, mirrors: [], plainHttp: true }] : [],
    token: hint === undefined ? undefined : { host, ...hint },
    unpack,
  });
  try {
    const now = shell.context.now();
    return await reportOf({ registry, named, trust, product, now }, new AbortController().signal);
  } finally {
    await registry.close();
  }
}

/** @throws Problem the reason for which a box would refuse it */
async function verify(shell: Shell, options: VerifyOptions, reference: string): Promise<Outcome> {
  const report = await look(shell, options, reference);
  const { result, code, detail } = report;
  if (result !== 'resolved')
    throw new Problem(
      ProblemCode.catch('release.damaged').parse(code),
      detail ?? `${reference} is ${result}`,
    );
  return {
    value: report,
    lines: [
      `${report.reference} is release ${report.version ?? ''}, as a box sees it`,
      `  document ${report.release ?? ''}`,
      `  manifest ${report.ociDigest ?? ''}`,
      `  signed by ${(report.keyIds ?? []).join(', ')}`,
    ],
  };
}

/** `verify`: what a box would make of a channel or release, by the code that boxes run. */
export function addVerifyCommand(program: Command, shell: Shell): void {
  program
    .command('verify')
    .argument('<reference>', 'repository:tag, repository@digest, or a channel of the product')
    .description('check a channel or release as a box does')
    .requiredOption('--trust <file>', 'trust.yaml of the boxes')
    .option('--product <file>', 'product.yaml')
    .action(
      action<VerifyOptions>(shell, (options, command) => verify(shell, options, command.args[0] ?? '')),
    );
}
