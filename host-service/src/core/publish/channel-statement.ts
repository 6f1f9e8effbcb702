import { validRange } from 'semver';
import {
  ChannelStatement,
  type PathStop,
  type ReleaseName,
  type Withdrawal,
} from '../../contract/documents/channel.ts';
import { accept, refuse, type Verdict } from '../../contract/problem.ts';
import { goJson } from './bytes.ts';

export interface Promotion {
  readonly product: string;
  readonly repository: string;
  readonly channel: string;
  readonly release: ReleaseName;
  readonly now: Date;
  readonly expiresDays: number;
  /** Percent of the boxes; undefined = all. */
  readonly rollout: number | undefined;
  readonly withdraw: readonly Withdrawal[];
  /** Stops for older boxes; undefined keeps those that the channel has. */
  readonly path: readonly PathStop[] | undefined;
}

const DAY_MS = 86_400_000;
const timestamp = (date: Date): string => date.toISOString().replace(/\.\d{3}Z$/, 'Z');

function withdrawnOf(
  before: ChannelStatement | undefined,
  more: readonly Withdrawal[],
): readonly Withdrawal[] {
  const all = [...(before?.withdrawn ?? []), ...more];
  return [...new Map(all.map((entry) => [entry.digest, entry])).values()];
}

/** The release that the channel meant before this one; a renewed statement keeps it. */
function previousOf(before: ChannelStatement | undefined, release: ReleaseName): ReleaseName | undefined {
  return before?.release.digest === release.digest ? before.previous : before?.release;
}

/**
 * The channel's next statement (design §4): sequence = max(previous + 1, unix milliseconds), so that it rises also after a clock was set
 * back; what was withdrawn stays withdrawn.
 */
export function nextStatement(
  before: ChannelStatement | undefined,
  input: Promotion,
): Verdict<ChannelStatement> {
  const { product, repository, channel, release, now } = input;
  if (before !== undefined && (before.product !== product || before.channel !== channel)) {
    return refuse('publish.lint', `the tag carries channel ${before.channel} of ${before.product}`);
  }
  const withdrawn = withdrawnOf(before, input.withdraw);
  const taken = withdrawn.find((entry) => entry.digest === release.digest);
  if (taken !== undefined) {
    return refuse('publish.lint', `${release.version} is withdrawn: ${taken.reason}`);
  }
  const bad = (input.path ?? []).find((stop) => validRange(stop.from) === null);
  if (bad !== undefined) return refuse('publish.lint', `${bad.from} is not a range of versions`);
  const previous = previousOf(before, release);
  const parsed = ChannelStatement.safeParse({
    schema: 'appliance.channel/v1',
    product,
    repository,
    channel,
    sequence: Math.max((before?.sequence ?? 0) + 1, now.getTime()),
    issued: timestamp(now),
    expires: timestamp(new Date(now.getTime() + input.expiresDays * DAY_MS)),
    release,
    ...(previous === undefined ? {} : { previous }),
    withdrawn,
    path: input.path ?? before?.path ?? [],
    ...(input.rollout === undefined ? {} : { rollout: { percent: input.rollout } }),
  });
  if (parsed.success) return accept(parsed.data);
  const issue = parsed.error.issues[0];
  return refuse('publish.lint', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

/** Statement bytes: keys in the schema's order, no newline. */
export const statementBytes = (statement: ChannelStatement): Uint8Array =>
  goJson(ChannelStatement.parse(statement));
