import type { Command } from 'commander';
import { Repository } from '../../contract/names.ts';
import { Problem } from '../../contract/problem.ts';
import { exportRelease } from '../export.ts';
import type { Outcome } from '../output.ts';
import { referenceOf } from '../registry.ts';
import { action, withClient, type GlobalOptions, type Shell } from './shared.ts';

interface ExportOptions extends GlobalOptions {
  readonly release: string;
  readonly out: string;
  readonly withImages?: boolean;
}

async function run(shell: Shell, options: ExportOptions): Promise<Outcome> {
  const ref = await referenceOf(options.release);
  const reference = ref.digest ?? ref.tag;
  if (reference === undefined) {
    throw new Problem('request.invalid', `${options.release} names no tag and no digest`);
  }
  const repository = Repository.parse(`${ref.registry}/${ref.repository}`);
  const input = { repository, reference, folder: options.out, images: options.withImages === true };
  const result = await withClient(shell.context, options, [repository], (client) =>
    exportRelease(client, input),
  );
  return {
    value: result,
    lines: [
      `Release ${result.version} is in ${options.out} (${result.artifacts} artifacts, ${result.size} bytes)`,
      `  document ${result.digest}`,
      `  manifest ${result.ociDigest}`,
      result.statement
        ? '  with the statement of its channel'
        : '  without a channel statement: name a channel tag, and boxes start from what the channel said',
    ],
  };
}

/** `export`: a release as a folder that boxes take along. */
export function addExportCommand(program: Command, shell: Shell): void {
  program
    .command('export')
    .description('write a release as an OCI image layout for boxes to take along')
    .requiredOption('--release <reference>', 'repository:tag or repository@digest; a channel tag is best')
    .requiredOption('--out <folder>', 'new folder, or one of an earlier export')
    .option('--with-images', 'images, control plane and host bundle as well')
    .action(action<ExportOptions>(shell, (options) => run(shell, options)));
}
