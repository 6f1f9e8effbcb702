import type { ChannelCard } from '../../contract/api/setup.ts';
import { Problem, problemOf, type ProblemBody } from '../../contract/problem.ts';
import type { KnownRelease } from '../../core/plan/observed.ts';
import { within } from '../handle/deadline.ts';
import { thinkOf } from '../handle/preview/thought.ts';
import { releaseSize } from '../handle/releases.ts';
import type { Setting } from '../handle/setting.ts';

/** How long a look counts, in milliseconds: at a channel that is not followed, at the one that the engine looks at anyway, at nothing. */
const FRESH_MS = { other: 5 * 60_000, followed: 60_000, problem: 30_000 } as const;
/** So long somebody waits for a look, in milliseconds; it goes on behind. */
const PATIENT_MS = 2_000;
/** Longest look in milliseconds. */
const LOOK_MS = 20_000;

type Said = Pick<ChannelCard, 'release' | 'problem'>;
interface Look {
  readonly said: Said;
  readonly freshMs: number;
}
interface Kept {
  readonly look: Promise<Look>;
  /** What the engine's own last look was when this one began: after another one all cards are looked at anew ("Check now"). */
  readonly seenAt: string | undefined;
  isRunning: boolean;
  /** Of this look, and until it is over of the one before. */
  said: Said | undefined;
  /** Monotonic milliseconds. */
  until: number;
}

/** The cards of all channels; `chosen` is the one that is marked, `seenAt` says when the engine looked at its channel last. */
export type ChannelCards = (
  chosen: string,
  seenAt: string | undefined,
  signal: AbortSignal,
) => Promise<readonly ChannelCard[]>;

/**
 * Looks at channels for people who choose one. Each is asked for once and kept for a while; whoever asks meanwhile waits for the same look, and
 * not for long: a card without release and problem is being looked at.
 */
export function createChannelCards(setting: Setting): ChannelCards {
  const kept = new Map<string, Kept>();
  const { clock } = setting.engine.ports;
  const begin = (name: string, seenAt: string | undefined): Kept => {
    const [said, until] = [kept.get(name)?.said, clock.monotonic() + LOOK_MS];
    const entry: Kept = { look: lookAt(setting, name), seenAt, isRunning: true, said, until };
    void entry.look.then((look) => {
      entry.isRunning = false;
      entry.said = look.said;
      entry.until = clock.monotonic() + look.freshMs;
    });
    kept.set(name, entry);
    return entry;
  };
  const isGood = (entry: Kept, seenAt: string | undefined): boolean =>
    clock.monotonic() < entry.until && (entry.isRunning || entry.seenAt === seenAt);
  return async (chosen, seenAt, signal) => {
    const { channels } = setting.engine.product.release;
    const over = new AbortController();
    const late = clock.sleep(PATIENT_MS, AbortSignal.any([signal, over.signal]));
    const cards = Object.entries(channels).map(async ([name, { title, description }]) => {
      const before = kept.get(name);
      const entry = before !== undefined && isGood(before, seenAt) ? before : begin(name, seenAt);
      // What was known stays on the card while it is looked at again.
      const look = await Promise.race([entry.look, late]);
      return { name, title, description, isChosen: name === chosen, ...(look?.said ?? entry.said) };
    });
    try {
      return await Promise.all(cards);
    } finally {
      over.abort();
    }
  };
}

/** One look, in thought: nothing of it remains in the cluster. Never rejects. */
async function lookAt(setting: Setting, channel: string): Promise<Look> {
  const who = { actor: { by: 'setup', via: 'engine' } } as const;
  const late = new Problem('registry.timeout', `no answer within ${LOOK_MS} ms`);
  const never = new AbortController().signal;
  try {
    return await within(setting.engine.ports.clock, { ms: LOOK_MS, late }, never, async (signal) => {
      const thought = await thinkOf(setting, { channel, pin: null }, who, signal);
      const { answer } = thought.resolution;
      if (answer.kind !== 'resolved') return notFound(answer.problem);
      const isFollowed = thought.before.status?.channel?.name === channel;
      const freshMs = isFollowed ? FRESH_MS.followed : FRESH_MS.other;
      const known = thought.observed.releases.get(answer.digest);
      return { said: known === undefined ? {} : { release: releaseCard(known) }, freshMs };
    });
  } catch (error) {
    return notFound(problemOf(error).body);
  }
}

const notFound = ({ code, detail }: ProblemBody): Look => ({
  said: { problem: { code, detail } },
  freshMs: FRESH_MS.problem,
});

function releaseCard(known: KnownRelease): NonNullable<ChannelCard['release']> {
  const { version, released, notes } = known.release;
  return {
    ...{ version, digest: known.digest, released, bytes: releaseSize(known) },
    ...(notes === '' ? {} : { notes: notes.slice(0, 1024) }),
  };
}
