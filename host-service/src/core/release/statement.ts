import { ChannelStatement, type Withdrawal } from '../../contract/documents/channel.ts';
import { CAPS, type Digest, type Repository, type Version } from '../../contract/names.ts';
import type { Floor } from '../../contract/objects.ts';
import { accept, refuse, type Verdict } from '../../contract/problem.ts';
import { isRange } from './document/cross-checks.ts';
import { checkSchema } from './document/issues.ts';
import { memberOf, readStrictJson } from './document/strict-json.ts';

/** Reads the bytes of a channel statement as JSON; problem release.damaged. */
export function readStatementJson(bytes: Uint8Array): Verdict<unknown> {
  const json = readStrictJson(bytes, CAPS.statement);
  if (!json.ok) return refuse('release.damaged', `the channel statement cannot be read: ${json.why}`);
  return accept(json.value);
}

/** Problems: release.too-new (another version of the schema), release.invalid. */
export function checkStatementJson(value: unknown): Verdict<ChannelStatement> {
  const schema = memberOf(value, 'schema');
  if (typeof schema === 'string' && /^appliance\.channel\/v[2-9]\d{0,2}$/.test(schema)) {
    return refuse('release.too-new', `the channel statement has schema ${schema}`);
  }
  const statement = checkSchema(ChannelStatement, value, 'release.invalid', 'channel statement');
  if (!statement.ok) return statement;
  const stop = statement.value.path.find((entry) => !isRange(entry.from));
  if (stop !== undefined) {
    return refuse('release.invalid', `channel statement: path: '${stop.from}' is not a version range`);
  }
  if (Date.parse(statement.value.expires) <= Date.parse(statement.value.issued)) {
    return refuse('release.invalid', 'channel statement: it expires before it was issued');
  }
  return statement;
}

/** Reads a channel statement from its exact bytes. Never throws. */
export function parseStatement(bytes: Uint8Array): Verdict<ChannelStatement> {
  const json = readStatementJson(bytes);
  return json.ok ? checkStatementJson(json.value) : json;
}

/** What the vendor said about taking a release back, if anything. */
export function withdrawalOf(
  statement: ChannelStatement | undefined,
  digest: Digest,
): Withdrawal | undefined {
  return statement?.withdrawn.find((entry) => entry.digest === digest);
}

export interface StatementExpectation {
  readonly product: string;
  readonly repository: Repository;
  readonly channel: string;
  /** The release document that came with the statement. */
  readonly release: { readonly digest: Digest; readonly version: Version };
  /** Digest of the statement's own bytes. */
  readonly digest: Digest;
  readonly floor: Floor | undefined;
  readonly now: Date;
  /** Whether an expired statement is refused; the baked release and approved imports are not judged by it. */
  readonly expiry: boolean;
}

/** The floor that counts: the highest state seen for this very product, repository and channel. */
export function floorFor(
  floor: Floor | undefined,
  of: { readonly product: string; readonly repository: string; readonly channel: string },
): Floor | undefined {
  const same =
    floor?.product === of.product && floor.repository === of.repository && floor.channel === of.channel;
  return same ? floor : undefined;
}

function checkBinding(statement: ChannelStatement, expected: StatementExpectation): Verdict<undefined> {
  if (statement.product !== expected.product) {
    return refuse(
      'release.wrong-product',
      `the statement is for ${statement.product}, not ${expected.product}`,
    );
  }
  if (statement.channel !== expected.channel) {
    return refuse(
      'release.wrong-channel',
      `the statement is for ${statement.channel}, not ${expected.channel}`,
    );
  }
  if (statement.repository !== expected.repository) {
    const text = `the statement is for ${statement.repository}, not ${expected.repository}`;
    return refuse('release.wrong-repository', text);
  }
  const { digest, version } = expected.release;
  if (statement.release.digest !== digest || statement.release.version !== version) {
    const named = `${statement.release.version} (${statement.release.digest})`;
    return refuse('release.damaged', `the statement names ${named}, but ${version} (${digest}) came with it`);
  }
  return accept(undefined);
}

function checkSequence(statement: ChannelStatement, expected: StatementExpectation): Verdict<boolean> {
  const floor = floorFor(expected.floor, expected);
  if (floor === undefined) return accept(false);
  if (statement.sequence < floor.sequence) {
    const text = `sequence ${statement.sequence} is lower than ${floor.sequence}, seen before with ${floor.release.version}`;
    return refuse('release.rollback', text);
  }
  if (statement.sequence > floor.sequence) return accept(false);
  return floor.statement === expected.digest
    ? accept(true)
    : refuse('release.fork', `sequence ${statement.sequence} was seen before with other content`);
}

/**
 * Judges a statement whose signature was checked (design §4): product, channel, repository, the release it names, floor,
 * expiry, withdrawal. A statement that was admitted before is not judged for expiry again.
 */
export function checkStatement(
  statement: ChannelStatement,
  expected: StatementExpectation,
): Verdict<{ readonly seen: boolean }> {
  const binding = checkBinding(statement, expected);
  if (!binding.ok) return binding;
  const seen = checkSequence(statement, expected);
  if (!seen.ok) return seen;
  const late = expected.now.getTime() >= Date.parse(statement.expires);
  if (late && expected.expiry && !seen.value) {
    return refuse('release.expired', `the channel statement expired on ${statement.expires}`);
  }
  const withdrawn = withdrawalOf(statement, expected.release.digest);
  if (withdrawn !== undefined) return refuse('release.withdrawn', withdrawnInWords(withdrawn));
  return accept({ seen: seen.value });
}

/** Reason and replacement in one sentence. */
export function withdrawnInWords(withdrawal: Withdrawal): string {
  const instead =
    withdrawal.instead === undefined ? '' : `; the vendor names ${withdrawal.instead.version} instead`;
  return `taken back: ${withdrawal.reason}${instead}`;
}
