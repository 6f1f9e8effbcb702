import type { Command } from 'commander';
import { z } from 'zod';
import type { IntentChange } from '../../contract/api/intent.ts';
import type { StatusView } from '../../contract/api/status.ts';
import { Problem, safeLine } from '../../contract/problem.ts';
import type { OpenDesk } from '../desk/open.ts';
import { optionsOf, table, type Said } from '../objects/session.ts';
import { secretsOf } from '../setup/given.ts';
import { askedOf, atDesk, changeFrom, ChangeOptions, changingVerb } from './command.ts';
import { previewSaid } from './preview-text.ts';

const Options = ChangeOptions.extend({
  channel: z.string().optional(),
  pin: z.union([z.string(), z.literal(false)]).optional(),
  hold: z.boolean().optional(),
  whenOlder: z.enum(['wait', 'go-back']).optional(),
  setting: z.array(z.string()).default([]),
  secret: z.array(z.string()).default([]),
  policyUpdate: z.enum(['auto', 'approve', 'hold']).optional(),
  policyInstall: z.enum(['auto', 'approve']).optional(),
});
type Options = z.infer<typeof Options>;

/** What the options ask to change; undefined = only show. @throws Problem request.invalid, config.* of secret files */
async function changeOf(options: Options): Promise<IntentChange | undefined> {
  const { channel, pin, hold, whenOlder, policyUpdate, policyInstall, reason } = options;
  const updatePolicy = {
    ...(policyUpdate === undefined ? {} : { update: policyUpdate }),
    ...(policyInstall === undefined ? {} : { install: policyInstall }),
  };
  const settings = Object.fromEntries(options.setting.map(settingOf));
  const secrets = givenOnly(await secretsOf(options.secret));
  const some = <T extends object>(name: string, part: T): Record<string, T> =>
    Object.keys(part).length === 0 ? {} : { [name]: part };
  const change = {
    ...(channel === undefined ? {} : { channel }),
    ...(pin === undefined ? {} : { pin: pin === false ? null : pin }),
    ...(hold === undefined ? {} : { hold }),
    ...(whenOlder === undefined ? {} : { whenOlder }),
    ...some('updatePolicy', updatePolicy),
    ...some('settings', settings),
    ...some('secrets', secrets),
  };
  return Object.keys(change).length === 0 ? undefined : changeFrom({ ...change, reason });
}

/** After the installation a secret is replaced, never taken away. @throws Problem request.invalid */
function givenOnly(secrets: Readonly<Record<string, string | null>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(secrets).map(([name, text]) => {
      if (text === null) throw new Problem('request.invalid', 'a secret is not name=file');
      return [name, text];
    }),
  );
}

/** `name=value`; `name=` takes the setting away. */
function settingOf(text: string): readonly [string, string | null] {
  const equals = text.indexOf('=');
  if (equals < 1) throw new Problem('request.invalid', `setting '${text}' is not name=value`);
  const value = text.slice(equals + 1);
  return [text.slice(0, equals), value === '' ? null : value];
}

/** What is wanted, in words. */
function intentSaid({ intentRevision, intent, updatePolicy, settings, defaultChannel }: StatusView): Said {
  const { channel, pin, approvedRelease, hold, whenOlder, actor } = intent;
  const facts = [
    ['revision', String(intentRevision)],
    ['channel', channel ?? `${defaultChannel} (default)`],
    ...(pin === undefined ? [] : [['pinned to', pin]]),
    ...(approvedRelease === undefined ? [] : [['approved', approvedRelease]]),
    ['hold', hold ? 'yes' : 'no'],
    ['when older', whenOlder],
    ['install', updatePolicy.install],
    ['updates', updatePolicy.update],
    ...(actor === undefined
      ? []
      : [['asked by', `${actor.by} (${actor.via})${actor.reason === undefined ? '' : `: ${actor.reason}`}`]]),
  ];
  const answers = Object.entries(settings).map(([name, value]) => [`  ${name}`, safeLine(String(value))]);
  return {
    text: [table(facts), ...(answers.length === 0 ? [] : ['', 'settings', table(answers)])].join('\n'),
    data: { intentRevision, intent, updatePolicy, settings },
  };
}

const collect = (text: string, before: readonly string[]): string[] => [...before, text];

/** `appliance intent`: shows or changes what is wanted. */
export function registerIntent(program: Command, openDesk: OpenDesk): void {
  changingVerb(program, 'intent', 'show what is wanted of this box, or change it')
    .option('--channel <name>', 'follow this channel')
    .option('--pin <release>', 'stay at this release (version or digest)')
    .option('--no-pin', 'follow the channel again')
    .option('--hold', 'change nothing until the hold is taken back')
    .option('--no-hold', 'take the hold back')
    .option('--when-older <what>', 'when the channel is older than what runs: wait or go-back')
    .option('--setting <name=value>', 'answer a question of the product; may be repeated', collect, [])
    .option(
      '--secret <name=file>',
      'answer a secret question, or replace its answer, from a file or - for the input; may be repeated',
      collect,
      [],
    )
    .option('--policy-update <policy>', 'auto, approve or hold')
    .option('--policy-install <policy>', 'auto or approve')
    .action(async (raw: unknown) => {
      const options = optionsOf(Options, withoutDefaults(raw));
      const change = await changeOf(options);
      return atDesk(openDesk, raw, async (desk, signal) => {
        if (change === undefined) return intentSaid(await desk.status(signal));
        if (options.dryRun) return previewSaid(await desk.previewIntent(change, askedOf(options), signal));
        const data = await desk.changeIntent(change, askedOf(options), signal);
        return { text: `The box was told (intent revision ${data.intentRevision}).`, data };
      });
    });
}

/** `--no-x` makes x true by default, which nobody asked for: only what was given counts. */
function withoutDefaults(raw: unknown): unknown {
  if (typeof raw !== 'object' || raw === null) return raw;
  return Object.fromEntries(Object.entries(raw).filter(([key, value]) => !(key === 'pin' && value === true)));
}
