import process from 'node:process';
import type { Command } from 'commander';
import { z } from 'zod';
import { Line } from '../../contract/names.ts';
import { problemOf } from '../../contract/problem.ts';
import { createClock } from '../../edges/clock/clock.ts';
import { doorOf, withDoorOptions } from '../desk/door.ts';
import type { OpenDesk } from '../desk/open.ts';
import { EXIT, exitOf, optionsOf, problemText } from '../objects/session.ts';
import { AskOptions, atDesk, readingVerb, withAskOptions } from '../verbs/command.ts';
import { NOT_KNOWN, outcomeText, ROLL_EXIT, ROLL_EXIT_HELP } from './exit.ts';
import { followRoll, type RollRequest } from './follow-roll.ts';
import type { RollOutcome } from './roll-judge.ts';
import { controlPlaneText } from './status-text.ts';

/** Longest wait in seconds (design §6.8): the boot of a box waits for this command. */
const LONGEST_S = 120;

const Options = AskOptions.extend({
  reason: Line.optional(),
  timeout: z.coerce.number().positive().max(LONGEST_S).default(LONGEST_S),
});

/** Asks, waits for the end, says it, sets the exit code. @throws Problem request.invalid, config.* when the options lead nowhere */
async function run(openDesk: OpenDesk, raw: unknown, verb: RollRequest['verb']): Promise<void> {
  const { timeout, requestId: id, reason } = optionsOf(Options, raw);
  const door = doorOf(raw, process.env);
  const signal = AbortSignal.timeout(timeout * 1_000);
  try {
    const desk = openDesk(door);
    try {
      tell(await followRoll(desk, createClock(), { id, verb, reason }, signal), door.options.json);
    } finally {
      await desk.close();
    }
  } catch (error) {
    const problem = problemOf(error);
    if (door.options.json) process.stdout.write(`${JSON.stringify({ outcome: 'unknown', problem })}\n`);
    else process.stderr.write(`${problemText(problem.body)}\n`);
    const exit = exitOf(problem.code);
    // Of this command, 4 means that the update is held.
    process.exitCode = exit === EXIT.unavailable ? NOT_KNOWN : exit;
  }
}

function tell(said: RollOutcome | undefined, json: boolean): void {
  process.exitCode = said === undefined ? NOT_KNOWN : ROLL_EXIT[said.kind];
  if (json) {
    const { kind = 'unknown', ...more } = said ?? {};
    process.stdout.write(`${JSON.stringify({ outcome: kind, ...more })}\n`);
  } else if (said === undefined) {
    process.stderr.write('not known: it did not come to its end within the time; asking again is safe.\n');
  } else {
    process.stdout.write(`${outcomeText(said)}\n`);
  }
}

/** `appliance control-plane status|roll|retry`: the control plane's own update (design §6). */
export function registerControlPlane(program: Command, openDesk: OpenDesk): void {
  const group = program.command('control-plane').description("look after the control plane's own update");
  readingVerb(group, 'status', 'say which control plane runs, which one is wanted, what failed').action(
    (raw: unknown) =>
      atDesk(openDesk, raw, async (desk, signal) => {
        const view = await desk.status(signal);
        return { text: controlPlaneText(view), data: view.status?.controlPlane ?? null };
      }),
  );
  const rolling = (name: string, description: string): Command =>
    withAskOptions(withDoorOptions(group.command(name).description(description)))
      .option('--timeout <seconds>', `give up waiting after so long; at most and by default ${LONGEST_S}`)
      .addHelpText('after', ROLL_EXIT_HELP);
  rolling('roll', 'look at the channel now, and wait until the control plane that it names runs').action(
    (raw: unknown) => run(openDesk, raw, 'check-now'),
  );
  rolling('retry', 'try the control plane that failed here once more, and wait for the end').action(
    (raw: unknown) => run(openDesk, raw, 'retry-control-plane'),
  );
}
