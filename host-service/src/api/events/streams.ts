import { Problem } from '../../contract/problem.ts';
import type { Access, Live, Session } from '../../engine/handle/handle.ts';
import { EventQueue, frameOf, type Bye } from './event-queue.ts';
import type { ApiOptions, Limits } from '../options.ts';

/** Milliseconds that a client has to take the last words of its stream before the connection is cut. */
const LAST_WORDS_MS = 2_000;

export interface StreamQuery {
  readonly session: Session;
  readonly cookie: string | undefined;
  /** Cursor of the last event that the client has. */
  readonly after: string | undefined;
  readonly cut: () => void;
}

export interface Streams {
  /** Server-sent events until the client goes or is told goodbye. @throws Problem request.rate-limited, request.draining */
  open(query: StreamQuery): ReadableStream<Uint8Array>;
}

interface Open extends StreamQuery {
  readonly queue: EventQueue;
  unsubscribe: () => void;
  beatAt: number;
}

interface StreamsInput extends Pick<ApiOptions, 'clock' | 'log' | 'meter' | 'closing'> {
  readonly live: Live;
  readonly access: Access;
  readonly limits: Limits;
  readonly build: string;
}

/** Event streams of all clients: beats, slow clients, ended sessions and the end of the program. */
export function createStreams(input: StreamsInput): Streams {
  const { clock, live, limits, closing, meter } = input;
  const all = new Set<Open>();
  let idle = new AbortController();

  const leave = (stream: Open): void => {
    if (!all.delete(stream)) return;
    stream.unsubscribe();
    meter.streams(all.size);
    if (all.size === 0) idle.abort();
  };
  const dismiss = (stream: Open, reason: Bye): void => {
    leave(stream);
    stream.queue.end(reason);
    const last = AbortSignal.timeout(LAST_WORDS_MS);
    last.addEventListener('abort', stream.cut, { once: true });
  };
  const watch = async (signal: AbortSignal): Promise<void> => {
    for (;;) {
      await clock.sleep(limits.checkMs, signal);
      if (signal.aborted) return;
      await look(input, all, dismiss).catch((error: unknown) =>
        input.log.error('looking after event streams failed', { error }),
      );
    }
  };
  closing.addEventListener('abort', () => {
    for (const stream of [...all]) dismiss(stream, 'draining');
  });

  return {
    open(query) {
      if (closing.aborted) throw new Problem('request.draining', 'no new streams');
      requireRoom(limits, all, query.session);
      const now = clock.monotonic();
      const queue = new EventQueue(limits, clock, {
        onGone: () => leave(stream),
        onSlow: () => dismiss(stream, 'too-slow'),
      });
      const stream: Open = { ...query, queue, unsubscribe: () => undefined, beatAt: now };
      all.add(stream);
      meter.streams(all.size);
      if (all.size === 1) {
        idle = new AbortController();
        void watch(idle.signal);
      }
      queue.push(beatOf(input), 'beat');
      const unsubscribe = live.subscribe(query.after, (event) => queue.push(frameOf(event), event.name));
      // What it was given at once may already have been too much for it.
      if (all.has(stream)) stream.unsubscribe = unsubscribe;
      else unsubscribe();
      return queue.readable;
    },
  };
}

function requireRoom(limits: Limits, all: ReadonlySet<Open>, session: Session): void {
  const own = [...all].filter((stream) => stream.session.id === session.id).length;
  if (all.size < limits.streams && own < limits.streamsPerSession) return;
  throw new Problem('request.rate-limited', 'too many event streams are open', { retryAfterMs: 5_000 });
}

const beatOf = ({ clock, build }: StreamsInput): Uint8Array =>
  frameOf({ name: 'beat', text: JSON.stringify({ at: clock.now().toISOString(), build }) });

/** One look at every stream: does its client read, is its session still good, is a beat due. */
async function look(
  input: StreamsInput,
  all: ReadonlySet<Open>,
  dismiss: (stream: Open, reason: Bye) => void,
): Promise<void> {
  const { access, clock, limits } = input;
  const cookies = new Set([...all].map(({ cookie }) => cookie));
  const signal = AbortSignal.timeout(limits.requestMs);
  const good = new Map<string | undefined, boolean>();
  await Promise.all(
    [...cookies].map(async (cookie) => {
      // Not to know is no reason to end anything: without the cluster the page shows that it is away.
      const known = await access.sessionOf(cookie, signal).then(
        (session) => session !== undefined,
        () => true,
      );
      good.set(cookie, known);
    }),
  );
  const now = clock.monotonic();
  const isOver = ({ session }: Open): boolean => Date.parse(session.expiresAt) <= clock.now().getTime();
  const beat = beatOf(input);
  for (const stream of [...all]) {
    if (good.get(stream.cookie) === false || isOver(stream)) dismiss(stream, 'signed-out');
    else if (stream.queue.isStuck()) dismiss(stream, 'too-slow');
    else if (now - stream.beatAt >= limits.beatMs) {
      stream.beatAt = now;
      stream.queue.push(beat, 'beat');
    }
  }
}
