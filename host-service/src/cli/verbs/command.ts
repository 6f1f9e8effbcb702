import { randomUUID } from 'node:crypto';
import process from 'node:process';
import type { Command } from 'commander';
import { z } from 'zod';
import { IntentChange, VerbBody } from '../../contract/api/intent.ts';
import { Problem } from '../../contract/problem.ts';
import type { Asked, Desk } from '../desk/desk.ts';
import { doorOf, withDoorOptions } from '../desk/door.ts';
import type { OpenDesk } from '../desk/open.ts';
import { EXIT_HELP, saying, type Said } from '../objects/session.ts';

/** A verb that only looks, with the options of all of them. */
export const readingVerb = (program: Command, name: string, description: string): Command =>
  withDoorOptions(program.command(name).description(description)).addHelpText('after', EXIT_HELP);

/** A verb that asks for something: who, why, and the key that makes it safe to repeat. */
export const askingVerb = (program: Command, name: string, description: string): Command =>
  withAskOptions(readingVerb(program, name, description));

/** The options of a verb that asks. */
export const withAskOptions = (command: Command): Command =>
  command
    .option('--by <name>', 'who asks, where nobody signs in; default: the name of this account')
    .option('--reason <text>', 'why')
    .option('--request-id <id>', 'key of this request: the same key is the same request');

/** A verb that changes what is wanted. */
export const changingVerb = (program: Command, name: string, description: string): Command =>
  askingVerb(program, name, description)
    .option('--expect <revision>', 'only if the intent still has this revision')
    .option('--dry-run', 'show what it would lead to, and change nothing');

/** Options of asking verbs. */
export const AskOptions = z.object({
  reason: z.string().optional(),
  requestId: VerbBody.shape.id.default(() => randomUUID()),
});
/** Options of changing verbs. */
export const ChangeOptions = AskOptions.extend({
  expect: z.coerce.number().int().min(0).optional(),
  dryRun: z.boolean().default(false),
});

export const askedOf = ({ expect, requestId }: z.infer<typeof ChangeOptions>): Asked => ({
  expected: expect,
  requestId,
});

/** The change as the contract has it; what it refuses is wrong input here and there. @throws Problem request.invalid */
export function changeFrom(change: z.input<typeof IntentChange>): IntentChange {
  const parsed = IntentChange.safeParse(change);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  // The place and never the value: it may be a secret.
  throw new Problem(
    'request.invalid',
    `${issue?.path.map(String).join('.') ?? 'change'}: ${issue?.message ?? ''}`,
  );
}

/**
 * Runs a verb at the desk that its options lead to. @throws Problem request.invalid, config.* when they lead nowhere
 */
export async function atDesk(
  openDesk: OpenDesk,
  raw: unknown,
  verb: (desk: Desk, signal: AbortSignal) => Promise<Said>,
): Promise<void> {
  const door = doorOf(raw, process.env);
  await saying(door.options.json, async (signal) => {
    const desk = openDesk(door);
    try {
      return await verb(desk, signal);
    } finally {
      await desk.close();
    }
  });
}
