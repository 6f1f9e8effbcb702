import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import type { OciClient } from 'oci-client-lite/types.ts';
import { Timestamp, Version } from '../../contract/names.ts';
import { Problem } from '../../contract/problem.ts';
import { readSmallText } from '../../edges/files/small-file.ts';
import { conclude, type Context, type Outcome } from '../output.ts';
import { publishClient } from '../registry.ts';
import { cosignSigner, pemSigner, type Signer } from '../sign/signer.ts';

/** Options that every command has. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly plainHttp?: boolean;
}

/** What is given to a command when it is made; `done` takes its exit code. */
export interface Shell {
  readonly context: Context;
  done(exitCode: number): void;
}

/** Makes a commander action of a command that takes its options only. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- commander parses options, the caller names their shape
export function action<O extends GlobalOptions>(
  shell: Shell,
  act: (options: O, command: Command) => Promise<Outcome>,
): (this: Command) => Promise<void> {
  return async function run(this: Command): Promise<void> {
    const options = this.optsWithGlobals<O>();
    shell.done(await conclude(shell.context, options.json === true, () => act(options, this)));
  };
}

/** Makes a commander action of a command that takes a list of arguments. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- commander parses options, the caller names their shape
export function argumentsAction<O extends GlobalOptions>(
  shell: Shell,
  act: (options: O, given: readonly string[]) => Promise<Outcome>,
): (this: Command) => Promise<void> {
  return action<O>(shell, (options, command) => act(options, command.args));
}

/** Option that may be given several times. */
export const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
];

export function versionArgument(text: string): Version {
  const version = Version.safeParse(text);
  if (version.success) return version.data;
  throw new InvalidArgumentError('It is not a semantic version without build part.');
}

export function timeArgument(text: string): string {
  if (Timestamp.safeParse(text).success) return text;
  throw new InvalidArgumentError('It is not a time in UTC such as 2026-11-21T12:00:00Z.');
}

/** A number between the bounds, both included. */
export const numberArgument =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It is not a number from ${min} to ${max}.`);
  };

/** RFC 3339 in UTC, to the second. */
export const utc = (date: Date): string => date.toISOString().replace(/\.\d{3}Z$/, 'Z');

/** The moment that SOURCE_DATE_EPOCH names (reproducible-builds.org), if it is set. */
export function sourceDate(context: Context): string | undefined {
  const text = context.env['SOURCE_DATE_EPOCH'];
  if (text === undefined || text === '') return undefined;
  const seconds = Number(text);
  if (Number.isSafeInteger(seconds) && seconds >= 0 && seconds < 253_402_300_800)
    return utc(new Date(seconds * 1000));
  throw new Problem('request.invalid', 'SOURCE_DATE_EPOCH is not a number of seconds');
}

/** `created` of an artifact: given, or SOURCE_DATE_EPOCH, or the epoch; never the clock, which would change the digest. */
export const createdOf = (context: Context, given: string | undefined): string =>
  given ?? sourceDate(context) ?? '1970-01-01T00:00:00Z';

/** Runs with a registry client and closes it whatever happens. */
export async function withClient<T>(
  context: Context,
  options: GlobalOptions,
  repositories: readonly string[],
  act: (client: OciClient) => Promise<T>,
): Promise<T> {
  const path = join(context.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker'), 'config.json');
  const dockerConfig = existsSync(path) ? readSmallText(path, 1024 * 1024) : undefined;
  const client = publishClient({ plainHttp: options.plainHttp === true, repositories, dockerConfig });
  try {
    return await act(client);
  } finally {
    await client.close();
  }
}

export interface PasswordOptions {
  readonly passwordFile?: string;
  readonly passwordEnv?: string;
}

/** Passwords come by file or by the name of a variable, never on the command line, which everybody on a machine can read. */
export const withPassword = (command: Command): Command =>
  command
    .option('--password-file <file>', 'file whose first line is the password of the keys')
    .option('--password-env <name>', 'environment variable with the password of the keys');

/** @throws Problem config.unreadable, request.invalid */
export function passwordOf(context: Context, options: PasswordOptions): string | undefined {
  const { passwordFile, passwordEnv } = options;
  if (passwordFile !== undefined) return readSmallText(passwordFile, 4096).split(/\r?\n/)[0];
  if (passwordEnv === undefined) return undefined;
  const value = context.env[passwordEnv];
  if (value === undefined) throw new Problem('request.invalid', `variable ${passwordEnv} is not set`);
  return value;
}

export interface SignerOptions extends PasswordOptions {
  readonly key?: readonly string[];
  readonly cosign?: string;
  readonly cosignKey?: readonly string[];
}

export const withSigners = (command: Command): Command =>
  withPassword(command)
    .option('--key <file>', 'private key in PEM to sign with; several times for several signatures', collect)
    .option('--cosign <program>', 'cosign program to sign with instead', 'cosign')
    .option('--cosign-key <key>', 'key of cosign: a file or an address of a key service', collect);

/** @throws Problem request.invalid when there is no key, publish.key-unusable, publish.signer-failed */
export async function signersOf(context: Context, options: SignerOptions): Promise<readonly Signer[]> {
  const password = passwordOf(context, options);
  const program = options.cosign ?? 'cosign';
  const signers = (options.key ?? []).map((path) => pemSigner(path, password));
  for (const key of options.cosignKey ?? []) {
    signers.push(await cosignSigner({ program, key, password, env: context.env }));
  }
  if (signers.length === 0) throw new Problem('request.invalid', 'give --key or --cosign-key to sign with');
  return signers;
}
