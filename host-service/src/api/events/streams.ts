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
  const dismiss: Dismiss = (stream, reason) => {
    leave(stream);
    stream.queue.end(reason);
    const last = AbortSignal.timeout(LAST_WORDS_MS);
    last.addEventListener('abort', stream.cut, { once: true });
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
        void keepLooking(input, all, dismiss, idle.signal);
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

type Dismiss = (stream: Open, reason: Bye) => void;

/** Until nobody listens any more: beats and slow clients at each look, sessions beside that, so that no beat waits for the cluster. */
async function keepLooking(
  input: StreamsInput,
  all: ReadonlySet<Open>,
  dismiss: Dismiss,
  signal: AbortSignal,
): Promise<void> {
  const { clock, limits, log } = input;
  let isChecking = false;
  for (;;) {
    await clock.sleep(limits.checkMs, signal);
    if (signal.aborted) return;
    look(input, all, dismiss);
    if (isChecking) continue;
    isChecking = true;
    void checkSessions(input, all, dismiss)
      .catch((error: unknown) => log.error('checking the sessions of event streams failed', { error }))
      .finally(() => (isChecking = false));
  }
}

function requireRoom(limits: Limits, all: ReadonlySet<Open>, session: Session): void {
  const own = [...all].filter((stream) => stream.session.id === session.id).length;
  if (all.size < limits.streams && own < limits.streamsPerSession) return;
  throw new Problem('request.rate-limited', 'too many event streams are open', { retryAfterMs: 5_000 });
}

const beatOf = ({ clock, build }: StreamsInput): Uint8Array =>
  frameOf({ name: 'beat', text: JSON.stringify({ at: clock.now().toISOString(), build }) });

/** One look at every stream: does its client read, is its time over, is a beat due. */
function look(input: StreamsInput, all: ReadonlySet<Open>, dismiss: Dismiss): void {
  const { clock, limits } = input;
  const [now, time] = [clock.monotonic(), clock.now().getTime()];
  const beat = beatOf(input);
  for (const stream of [...all]) {
    if (Date.parse(stream.session.expiresAt) <= time) dismiss(stream, 'signed-out');
    else if (stream.queue.isStuck()) dismiss(stream, 'too-slow');
    else if (now - stream.beatAt >= limits.beatMs) {
      stream.beatAt = now;
      stream.queue.push(beat, 'beat');
    }
  }
}

/** Ends the streams of sessions that were taken away; each cookie is looked at once, however many streams it has. */
async function checkSessions(
  { access, limits }: StreamsInput,
  all: ReadonlySet<Open>,
  dismiss: Dismiss,
): Promise<void> {
  const signal = AbortSignal.timeout(limits.requestMs);
  const isGood = async (cookie: string | undefined): Promise<boolean> => {
    try {
      return (await access.sessionOf(cookie, signal)) !== undefined;
    } catch {
      // Not to know is no reason to end anything: without the cluster the page shows that it is away.
      return true;
    }
  };
  const byCookie = Map.groupBy(all, ({ cookie }) => cookie);
  await Promise.all(
    [...byCookie].map(async ([cookie, streams]) => {
      if (await isGood(cookie)) return;
      for (const stream of streams) if (all.has(stream)) dismiss(stream, 'signed-out');
    }),
  );
}
