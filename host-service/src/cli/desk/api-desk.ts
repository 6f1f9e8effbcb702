import type { IntentChange } from '../../contract/api/intent.ts';
import type { RouteAnswer, RouteName } from '../../contract/api/routes.ts';
import { Problem, problemOf } from '../../contract/problem.ts';
import type { ApiClient, CallInput, StreamEnd } from '../../edges/api-client/client.ts';
import type { LiveEvent } from '../../contract/api/status.ts';
import type { Clock } from '../../engine/ports.ts';
import type { Asked, Desk, Following } from './desk.ts';
import { createNetworkDesk } from './network-desk.ts';
import { createSetupDesk } from './setup-desk.ts';

/** How the desk comes to an API and into it. Both may be asked again, because control planes and sessions end. */
export interface Entrance {
  /** A client of an API that is ready. Problem client.disconnected when there is none. */
  connect(signal: AbortSignal): Promise<ApiClient>;
  /** Value of the Cookie header. Problems session.*, cluster.*. */
  signIn(client: ApiClient, signal: AbortSignal): Promise<string>;
  /** Whether the session ends with the command, because it would live on for long. */
  readonly endsSession: boolean;
  close(): Promise<void>;
}

/** Connection and session, each kept until it fails. */
class Seat {
  readonly #entrance: Entrance;
  #client: ApiClient | undefined;
  #cookie: string | undefined;

  constructor(entrance: Entrance) {
    this.#entrance = entrance;
  }

  async take(signal: AbortSignal): Promise<{ readonly client: ApiClient; readonly cookie: string }> {
    const client = (this.#client ??= await this.#entrance.connect(signal));
    return { client, cookie: (this.#cookie ??= await this.#entrance.signIn(client, signal)) };
  }

  /** Another control plane may serve by now: it is looked for anew. */
  disconnect(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  signOut(): void {
    this.#cookie = undefined;
  }

  async close(): Promise<void> {
    const [client, cookie] = [this.#client, this.#cookie];
    // Best effort: a session ends by itself some time.
    if (this.#entrance.endsSession && client !== undefined && cookie !== undefined)
      await client.call('logout', { cookie }, AbortSignal.timeout(3_000)).catch(() => undefined);
    this.disconnect();
    await this.#entrance.close();
  }
}

/** Writes without `--expect` that lost against somebody else's are made again so often, so many milliseconds later. */
const CONFLICT = { tries: 5, waitMs: 150 } as const;
/** Milliseconds before a lost stream is opened again: first, and at most. */
const AGAIN = { first: 250, longest: 5_000 } as const;

/** The desk over the API of a control plane. */
export function createApiDesk(entrance: Entrance, clock: Clock): Desk {
  const seat = new Seat(entrance);
  const call: Call = async (name, input, signal) => {
    const { client, cookie } = await seat.take(signal);
    try {
      return await client.call(name, { ...input, cookie }, signal);
    } catch (error) {
      // It was over, or the key has changed: nothing was done yet, so it may be asked once more.
      if (!isOver(error)) throw error;
      seat.signOut();
      const again = await seat.take(signal);
      return again.client.call(name, { ...input, cookie: again.cookie }, signal);
    }
  };
  return {
    setup: createSetupDesk(call, clock),
    network: createNetworkDesk(call),
    status: (signal) => call('status', {}, signal),
    releases: (signal) => call('releases', {}, signal),
    checks: (signal) => call('checks', {}, signal),
    runChecks: (body, signal) => call('runChecks', { body }, signal),
    operations: (signal) => call('operations', {}, signal),
    operation: (name, signal) => call('operation', { params: { name } }, signal),
    request: (body, signal) => call('requests', { body, requestId: body.id }, signal),
    changeIntent: async (change, asked, signal) => {
      const answer = await intent(call, clock, change, asked, '0', signal);
      if ('plan' in answer) throw new Problem('client.bad-answer', 'a change was answered by a preview');
      return answer;
    },
    previewIntent: async (change, asked, signal) => {
      const answer = await intent(call, clock, change, asked, '1', signal);
      if ('plan' in answer) return answer;
      throw new Problem('client.bad-answer', 'a preview was answered as a change');
    },
    follow: (following, signal) => follow(seat, clock, following, signal),
    close: () => seat.close(),
  };
}

type Call = <N extends RouteName>(
  name: N,
  input: CallInput<N>,
  signal: AbortSignal,
) => Promise<RouteAnswer<N>>;

const isOver = (error: unknown): boolean => error instanceof Problem && error.code === 'session.required';
const isConflict = (error: unknown): boolean => error instanceof Problem && error.code === 'request.conflict';

/**
 * Asks for the change against the revision that the person named, else against the one that is there now. In the second case nothing was
 * looked at that could have changed, so a conflict is no news: it is asked again.
 */
async function intent(
  call: Call,
  clock: Clock,
  body: IntentChange,
  { expected, requestId }: Asked,
  dryRun: '0' | '1',
  signal: AbortSignal,
): Promise<RouteAnswer<'intent'>> {
  for (let attempt = 1; ; attempt += 1) {
    const ifMatch = expected ?? (await call('status', {}, signal)).intentRevision;
    try {
      return await call('intent', { body, ifMatch, requestId, query: { dry_run: dryRun } }, signal);
    } catch (error) {
      if (expected !== undefined || !isConflict(error) || attempt >= CONFLICT.tries) throw error;
      await clock.sleep(CONFLICT.waitMs, signal);
    }
  }
}

/** What another try cannot mend. */
const isFinal = ({ code }: Problem): boolean =>
  /^(config|client\.bad-answer|internal|cluster\.(forbidden|unauthorized)|request\.not-found)/.test(code) ||
  (code.startsWith('session.') && code !== 'session.required' && code !== 'session.locked');

async function follow(
  seat: Seat,
  clock: Clock,
  { after, onEvent, onPause }: Following,
  signal: AbortSignal,
): Promise<void> {
  let cursor = after;
  let waitMs: number = AGAIN.first;
  let hasBegun = false;
  const once = async (): Promise<StreamEnd> => {
    const { client, cookie } = await seat.take(signal);
    const hear = (event: LiveEvent): void => {
      [waitMs, hasBegun] = [AGAIN.first, true];
      cursor = event.id ?? cursor;
      onEvent(event);
    };
    return client.events({ cookie, after: cursor }, hear, signal);
  };
  while (!signal.aborted) {
    try {
      const end = await once();
      if (signal.aborted) return;
      if (end === 'signed-out') seat.signOut();
      if (end === 'lost') onPause({ code: 'client.disconnected', detail: 'the stream of events ended' });
    } catch (error) {
      if (signal.aborted) return;
      const problem = problemOf(error);
      if (!hasBegun || isFinal(problem)) throw problem;
      if (isOver(problem)) seat.signOut();
      else onPause(problem.body);
      waitMs = Math.max(waitMs, problem.retryAfterMs ?? 0);
    }
    seat.disconnect();
    await clock.sleep(waitMs, signal);
    waitMs = Math.min(waitMs * 2, AGAIN.longest);
  }
}
