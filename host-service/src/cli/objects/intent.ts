import type { Command } from 'commander';
import { z } from 'zod';
import { Problem } from '../../contract/problem.ts';
import { readSmallText } from '../../edges/files/small-file.ts';
import { keepSecretAnswers } from '../../engine/answers.ts';
import { readAppliance, setIntent, type SpecChange } from '../../engine/verbs.ts';
import { actorOf, Common, EXIT_HELP, withCluster, type Said, optionsOf } from './session.ts';

const Options = Common.extend({
  channel: z.string().optional(),
  pin: z.union([z.string(), z.literal(false)]).optional(),
  hold: z.boolean().optional(),
  whenOlder: z.enum(['wait', 'go-back']).optional(),
  setting: z.array(z.string()).default([]),
  secret: z.array(z.string()).default([]),
  policyUpdate: z.enum(['auto', 'approve', 'hold']).optional(),
  policyInstall: z.enum(['auto', 'approve']).optional(),
  expect: z.coerce.number().int().optional(),
  by: z.string().optional(),
  reason: z.string().optional(),
});
type Options = z.infer<typeof Options>;

/** What the options ask to change; undefined = only show. Problem request.invalid for a setting that is not `name=value`. */
export function changeOf(options: Options): SpecChange | undefined {
  const { channel, pin, hold, whenOlder, policyUpdate, policyInstall } = options;
  const intent = {
    ...(channel === undefined ? {} : { channel }),
    ...(pin === undefined ? {} : { pin: pin === false ? null : pin }),
    ...(hold === undefined ? {} : { hold }),
    ...(whenOlder === undefined ? {} : { whenOlder }),
  };
  const settings = Object.fromEntries(options.setting.map(settingOf));
  const updatePolicy = {
    ...(policyUpdate === undefined ? {} : { update: policyUpdate }),
    ...(policyInstall === undefined ? {} : { install: policyInstall }),
  };
  const isEmpty = [intent, settings, updatePolicy].every((part) => Object.keys(part).length === 0);
  return isEmpty ? undefined : { intent, settings, updatePolicy };
}

/** `name=value`; `name=` takes the setting away. */
function settingOf(text: string): readonly [string, string | null] {
  const equals = text.indexOf('=');
  if (equals < 1) throw new Problem('request.invalid', `setting '${text}' is not name=value`);
  const value = text.slice(equals + 1);
  return [text.slice(0, equals), value === '' ? null : value];
}

/** Longest secret answer in bytes. */
const SECRET_CAP = 4096;

/** `name=file`: secrets come from files, because everybody on a machine can read arguments. The last line break does not count. */
function secretOf(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals < 1) throw new Problem('request.invalid', `secret '${text}' is not name=file`);
  return [text.slice(0, equals), readSmallText(text.slice(equals + 1), SECRET_CAP).replace(/\r?\n$/, '')];
}

const collect = (text: string, before: readonly string[]): string[] => [...before, text];

/** `appliance intent`: shows or changes what is wanted. */
export function registerIntent(program: Command): void {
  program
    .command('intent')
    .description('show what is wanted of this box, or change it')
    .requiredOption('--kubeconfig <file>', 'how to reach the cluster')
    .option('--context <name>', 'context of the kubeconfig')
    .option('--channel <name>', 'follow this channel')
    .option('--pin <release>', 'stay at this release (version or digest)')
    .option('--no-pin', 'follow the channel again')
    .option('--hold', 'change nothing until the hold is taken back')
    .option('--no-hold', 'take the hold back')
    .option('--when-older <what>', 'when the channel is older than what runs: wait or go-back')
    .option('--setting <name=value>', 'answer a question of the product; may be repeated', collect, [])
    .option('--secret <name=file>', 'answer a secret question from a file; may be repeated', collect, [])
    .option('--policy-update <policy>', 'auto, approve or hold')
    .option('--policy-install <policy>', 'auto or approve')
    .option('--expect <revision>', 'only if the intent still has this revision')
    .option('--by <name>', 'who asks; default: the name of this account')
    .option('--reason <text>', 'why')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXIT_HELP)
    .action((raw: unknown) => {
      const options = optionsOf(Options, withoutDefaults(raw));
      return withCluster(options, async (cluster, signal): Promise<Said> => {
        const change = changeOf(options);
        const secrets = Object.fromEntries(options.secret.map(secretOf));
        if (options.secret.length > 0) await keepSecretAnswers(cluster, secrets, signal);
        if (change !== undefined) {
          await setIntent(cluster, change, { actor: actorOf(options), expected: options.expect }, signal);
        }
        const { spec, metadata } = await readAppliance(cluster, signal);
        const data = { intentRevision: metadata.generation, spec };
        return { text: JSON.stringify(data, null, 2), data };
      });
    });
}

/** `--no-x` makes x true by default, which nobody asked for: only what was given counts. */
function withoutDefaults(raw: unknown): unknown {
  if (typeof raw !== 'object' || raw === null) return raw;
  return Object.fromEntries(Object.entries(raw).filter(([key, value]) => !(key === 'pin' && value === true)));
}
