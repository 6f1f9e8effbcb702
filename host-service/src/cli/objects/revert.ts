import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { z } from 'zod';
import type { VerbRequest } from '../../contract/appliance.ts';
import { createClock } from '../../edges/clock/clock.ts';
import { findRelease, requestVerb } from '../../engine/verbs.ts';
import { actorOf, Common, EXIT_HELP, withCluster, type Said, optionsOf } from './session.ts';

const Options = Common.extend({
  id: z.string().optional(),
  by: z.string().optional(),
  reason: z.string().optional(),
});
type Verb = VerbRequest['verb'];

/** What each request does, for the help and the answer. */
const WORDS: Readonly<Record<Verb, { readonly help: string; readonly said: string }>> = {
  revert: {
    help: 'go back to the last good release, or to a named earlier one',
    said: 'The box was asked to go back.',
  },
  retry: {
    help: 'try the release that failed last, or a named one, once more',
    said: 'The box was asked to try again.',
  },
  cancel: {
    help: 'cancel what is under way, at the next safe point',
    said: 'The box was asked to cancel what is under way.',
  },
  'check-now': {
    help: 'look at the channel now',
    said: 'The box was asked to look at the channel now.',
  },
};

function registerRequest(program: Command, verb: Verb): void {
  const command = program.command(verb).description(WORDS[verb].help);
  const takesRelease = verb === 'revert' || verb === 'retry';
  if (takesRelease) command.argument('[release]', 'version or digest');
  command
    .requiredOption('--kubeconfig <file>', 'how to reach the cluster')
    .option('--context <name>', 'context of the kubeconfig')
    .option('--id <id>', 'key of this request: the same key is the same request')
    .option('--by <name>', 'who asks; default: the name of this account')
    .option('--reason <text>', 'why')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXIT_HELP)
    .action((...given: readonly unknown[]) => {
      const name = takesRelease && typeof given[0] === 'string' ? given[0] : undefined;
      const options = optionsOf(Options, given[takesRelease ? 1 : 0]);
      return withCluster(options, async (cluster, signal): Promise<Said> => {
        const release = name === undefined ? undefined : await findRelease(cluster, name, signal);
        const id = options.id ?? randomUUID();
        const request: VerbRequest = {
          id,
          verb,
          ...(release === undefined ? {} : { release: release.spec.digest }),
          at: createClock().now().toISOString(),
          actor: actorOf(options),
        };
        const { intentRevision } = await requestVerb(cluster, request, signal);
        return { text: WORDS[verb].said, data: { id, verb, intentRevision } };
      });
    });
}

/** `appliance revert`, and the other requests that the engine takes up once by id: `retry`, `cancel`, `check-now`. */
export function registerRevert(program: Command): void {
  for (const verb of ['revert', 'retry', 'cancel', 'check-now'] as const) registerRequest(program, verb);
}
