import type { Command } from 'commander';
import { z } from 'zod';
import type { OpenDesk } from '../desk/open.ts';
import { optionsOf } from '../objects/session.ts';
import { askedOf, atDesk, changeFrom, ChangeOptions, changingVerb } from './command.ts';
import { previewSaid } from './preview-text.ts';
import { mustBeKnown } from './releases.ts';

const Options = ChangeOptions.extend({ irreversible: z.boolean().optional(), retry: z.boolean().optional() });

/** `appliance approve RELEASE`: lets the box go to this release. */
export function registerApprove(program: Command, openDesk: OpenDesk): void {
  changingVerb(program, 'approve', 'approve a release, named by version or digest')
    .argument('<release>', 'version or digest')
    .option('--irreversible', 'although there is no way back from it')
    .option('--retry', 'although it failed here before: try it once more')
    .action((name: string, raw: unknown) => {
      const { irreversible = false, retry = false, reason, ...rest } = optionsOf(Options, raw);
      const change = changeFrom({ approve: { release: name, irreversible, retry }, reason });
      return atDesk(openDesk, raw, async (desk, signal) => {
        if (rest.dryRun) return previewSaid(await desk.previewIntent(change, askedOf(rest), signal));
        const { digest, version } = mustBeKnown(await desk.releases(signal), name);
        const { intentRevision } = await desk.changeIntent(change, askedOf(rest), signal);
        return {
          text: `Release ${version} is approved (intent revision ${intentRevision}).`,
          data: { intentRevision, digest, version },
        };
      });
    });
}
