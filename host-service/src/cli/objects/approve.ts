import type { Command } from 'commander';
import { z } from 'zod';
import { approve } from '../../engine/verbs.ts';
import { actorOf, Common, EXIT_HELP, withCluster, type Said, optionsOf } from './session.ts';

const Options = Common.extend({
  irreversible: z.boolean().optional(),
  retry: z.boolean().optional(),
  expect: z.coerce.number().int().optional(),
  by: z.string().optional(),
  reason: z.string().optional(),
});

/** `appliance approve RELEASE`: lets the box go to this release. */
export function registerApprove(program: Command): void {
  program
    .command('approve')
    .description('approve a release, named by version or digest')
    .argument('<release>', 'version or digest')
    .requiredOption('--kubeconfig <file>', 'how to reach the cluster')
    .option('--context <name>', 'context of the kubeconfig')
    .option('--irreversible', 'although there is no way back from it')
    .option('--retry', 'although it failed here before: try it once more')
    .option('--expect <revision>', 'only if the intent still has this revision')
    .option('--by <name>', 'who asks; default: the name of this account')
    .option('--reason <text>', 'why')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXIT_HELP)
    .action((release: string, raw: unknown) => {
      const { irreversible = false, retry = false, expect, ...options } = optionsOf(Options, raw);
      return withCluster(options, async (cluster, signal): Promise<Said> => {
        const approval = { actor: actorOf(options), irreversible, retry, expected: expect };
        const data = await approve(cluster, release, approval, signal);
        return {
          text: `Release ${data.version} is approved (intent revision ${data.intentRevision}).`,
          data,
        };
      });
    });
}
