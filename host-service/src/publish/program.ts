import { Command, CommanderError } from 'commander';
import { addExportCommand } from './commands/export.ts';
import { addKeysCommands } from './commands/keys.ts';
import { addPushCommands } from './commands/push.ts';
import { addReleaseCommands } from './commands/release.ts';
import { addVerifyCommand } from './commands/verify.ts';
import { EXIT, type Context } from './output.ts';

/** Errors and help of commander go where ours go; it never ends the process. */
function settle(command: Command, context: Context): void {
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => {
      context.write(text);
    },
    writeErr: (text) => {
      context.warn(text);
    },
  });
  for (const child of command.commands) settle(child, context);
}

/**
 * Runs `appliance-publish` with the arguments after its name.
 *
 * @returns exit code: 0 done, 2 mistake in the command or its files, 3 refused, 4 a registry is away
 */
export async function publish(argv: readonly string[], context: Context): Promise<number> {
  const outcome: { code: number } = { code: EXIT.done };
  const shell = {
    context,
    done: (code: number): void => {
      outcome.code = code;
    },
  };
  const program = new Command('appliance-publish')
    .description('publish signed releases for appliances')
    .option('--json', 'print digests and problems as JSON')
    .option('--plain-http', 'plain HTTP for the named registries; loopback ones need it not');
  addKeysCommands(program, shell);
  addPushCommands(program, shell);
  addReleaseCommands(program, shell);
  addVerifyCommand(program, shell);
  addExportCommand(program, shell);
  settle(program, context);
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.done : EXIT.mistake;
  }
  return outcome.code;
}
