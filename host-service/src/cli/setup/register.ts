import type { Command } from 'commander';
import { z } from 'zod';
import { DraftChange, SetupApproval } from '../../contract/api/setup.ts';
import { Problem } from '../../contract/problem.ts';
import type { AskedOfDraft } from '../desk/desk.ts';
import type { OpenDesk } from '../desk/open.ts';
import { optionsOf } from '../objects/session.ts';
import { askingVerb, AskOptions, atDesk, readingVerb } from '../verbs/command.ts';
import { previewSaid } from '../verbs/preview-text.ts';
import { pairOf, secretsOf } from './given.ts';
import { setupSaid } from './setup-text.ts';

const DraftOptions = AskOptions.extend({ expect: z.string().min(1).max(128).optional() });
const SetOptions = DraftOptions.extend({
  setting: z.array(z.string()).default([]),
  secret: z.array(z.string()).default([]),
  channel: z.string().optional(),
  pin: z.union([z.string(), z.literal(false)]).optional(),
});
const ApproveOptions = DraftOptions.extend({
  release: z.string().optional(),
  dryRun: z.boolean().default(false),
});

const askedOf = ({ expect, requestId }: z.infer<typeof DraftOptions>): AskedOfDraft => ({
  expected: expect,
  requestId,
});

async function changeOf(options: z.infer<typeof SetOptions>): Promise<DraftChange> {
  const { channel, pin, setting, secret } = options;
  const answers = Object.fromEntries(setting.map((text) => pairOf(text, 'name=value')));
  return parsed(DraftChange, {
    ...(setting.length === 0 ? {} : { answers }),
    ...(secret.length === 0 ? {} : { secrets: await secretsOf(secret) }),
    ...(channel === undefined ? {} : { channel }),
    ...(pin === undefined ? {} : { pin: pin === false ? null : pin }),
  });
}

/** What the contract refuses is wrong input here and there; the place is said and never the value. @throws Problem request.invalid */
function parsed<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Problem('request.invalid', `${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? ''}`);
}

const collect = (text: string, before: readonly string[]): string[] => [...before, text];

/** `--no-pin` makes pin true by default, which nobody asked for. */
function withoutDefaults(raw: unknown): unknown {
  if (typeof raw !== 'object' || raw === null) return raw;
  return Object.fromEntries(Object.entries(raw).filter(([key, value]) => !(key === 'pin' && value === true)));
}

const EXPECT = ['--expect <revision>', 'only if the draft still has this revision'] as const;

/** `appliance setup show|set|approve`: what the page asks before something is installed. */
export function registerSetup(program: Command, openDesk: OpenDesk): void {
  const setup = program.command('setup').description('answer the questions of a new box and begin');
  readingVerb(setup, 'show', 'show questions, answers and channels; secrets are never shown').action(
    (raw: unknown) => atDesk(openDesk, raw, async (desk, signal) => setupSaid(await desk.setup.view(signal))),
  );
  askingVerb(setup, 'set', 'change answers, channel or release; nothing begins by it')
    .option(...EXPECT)
    .option(
      '--setting <name=value>',
      'an answer; without a value it is taken away; may be repeated',
      collect,
      [],
    )
    .option(
      '--secret <name=file>',
      'a secret answer from a file, or - for the input; may be repeated',
      collect,
      [],
    )
    .option('--channel <name>', 'follow this channel')
    .option('--pin <release>', 'this release and no other (version or digest)')
    .option('--no-pin', 'what the channel names')
    .action(async (raw: unknown) => {
      const options = optionsOf(SetOptions, withoutDefaults(raw));
      const change = await changeOf(options);
      return atDesk(openDesk, raw, async (desk, signal) =>
        setupSaid(await desk.setup.change(change, askedOf(options), signal)),
      );
    });
  askingVerb(setup, 'approve', 'approve the plan: the installation begins')
    .option(...EXPECT)
    .option('--release <release>', 'the release that the plan has shown (version or digest)')
    .option('--dry-run', 'show the plan, and begin nothing')
    .action((raw: unknown) => {
      const options = optionsOf(ApproveOptions, raw);
      const { release, reason, dryRun } = options;
      const approval = parsed(SetupApproval, {
        ...(release === undefined ? {} : { release }),
        ...(reason === undefined ? {} : { reason }),
      });
      return atDesk(openDesk, raw, async (desk, signal) => {
        if (dryRun) return previewSaid(await desk.setup.preview(approval, askedOf(options), signal));
        const data = await desk.setup.approve(approval, askedOf(options), signal);
        return { text: `The installation begins (intent revision ${data.intentRevision}).`, data };
      });
    });
}
