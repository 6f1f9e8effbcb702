import type { StatusView } from 'host-service/contract/api/status.ts';
import type { ProblemBody } from 'host-service/contract/problem.ts';
import { channelTitle, wantedChannel } from '../model/facts.ts';
import { saying, type Saying } from '../model/saying.ts';
import type { Tone } from '../../../parts/basic/state-look.ts';

/** The channel that the box follows, and how fresh its word is. */
export interface ChannelFacts {
  readonly title: string;
  readonly description?: string;
  readonly tone: Tone;
  readonly freshness: Saying;
  /** The channel was chosen but has not been asked yet. */
  readonly isSwitching: boolean;
  readonly pin?: string;
  readonly confirmedAt?: string;
  readonly validUntil?: string;
  readonly nextCheckAt?: string;
  readonly servedBy?: string;
  readonly problem?: ProblemBody;
  readonly tag?: string;
  readonly sequence?: number;
  readonly requests?: number;
}

/** A statement that ends sooner than this is worth a word. Milliseconds. */
const SOON_MS = 7 * 24 * 60 * 60 * 1000;

/** `nowMs`: the present. */
export function channelOf(view: StatusView, nowMs: number): ChannelFacts {
  const wanted = wantedChannel(view);
  const choice = view.channels.find(({ name }) => name === wanted);
  const seen = view.status?.channel?.name === wanted ? view.status.channel : undefined;
  // What stands in the list of problems is told there, with what can be done about it.
  const isTold = view.status?.problems.some(({ code }) => code === seen?.problem?.code) ?? false;
  const optional = {
    description: choice?.description,
    pin: view.intent.pin,
    confirmedAt: seen?.lastSuccessAt,
    validUntil: seen?.expires,
    nextCheckAt: seen?.nextCheckAt,
    servedBy: seen?.servedBy,
    problem: isTold ? undefined : seen?.problem,
    tag: seen?.tag,
    sequence: seen?.sequence,
    requests: seen?.requests,
  };
  return {
    title: channelTitle(view, wanted),
    isSwitching: view.status?.channel !== undefined && seen === undefined,
    ...freshnessOf(seen, nowMs),
    ...given(optional),
  };
}

type Seen = NonNullable<NonNullable<StatusView['status']>['channel']>;

function freshnessOf(seen: Seen | undefined, nowMs: number): Pick<ChannelFacts, 'tone' | 'freshness'> {
  if (seen?.checkedAt === undefined)
    return { tone: 'plain', freshness: saying('overview.channel.never-asked') };
  const endsMs = seen.expires === undefined ? undefined : Date.parse(seen.expires) - nowMs;
  if (endsMs !== undefined && endsMs <= 0)
    return { tone: 'warn', freshness: saying('overview.channel.expired') };
  if (seen.problem !== undefined) {
    const key = seen.lastSuccessAt === undefined ? 'never-answered' : 'stale';
    return { tone: 'warn', freshness: saying(`overview.channel.${key}`) };
  }
  if (endsMs !== undefined && endsMs < SOON_MS)
    return { tone: 'warn', freshness: saying('overview.channel.expires-soon') };
  return { tone: 'good', freshness: saying('overview.channel.fresh') };
}

/** The members that have a value. */
function given<T extends object>(record: T): { [K in keyof T]?: Exclude<T[K], undefined> };
function given(record: object): object {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}
