import type { Route } from '../../contract/api/route.ts';
import {
  REQUEST_ID_HEADER,
  ROUTES,
  type RouteAnswer,
  type RouteBody,
  type RouteName,
} from '../../contract/api/routes.ts';
import { LiveEvents, type LiveEvent } from '../../contract/api/status.ts';
import { Problem } from '../../contract/problem.ts';
import { originOf } from './address.ts';
import { EventCutter, type RawEvent } from './event-stream.ts';
import { createWire, LIMITS, type Incoming, type Limits, type Outgoing, type Wire } from './exchange.ts';
import { jsonOf, problemOfRefusal } from './failure.ts';

export interface ClientOptions {
  /** `http(s)://host[:port]`. */
  readonly origin: string;
  /** Addresses that the cluster itself names may be spoken to in plain HTTP: they are on its own network. */
  readonly isFromCluster?: boolean;
  /** PEM of the authority behind the certificate; default: those of this machine. */
  readonly ca?: string | undefined;
  readonly userAgent: string;
  readonly limits?: Partial<Limits>;
}

/** What goes along with a call. */
export interface CallInput<N extends RouteName> {
  /** Value of the Cookie header. */
  readonly cookie?: string | undefined;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: RouteBody<N>;
  /** Revision of the intent or the draft that this is about. */
  readonly ifMatch?: number | string | undefined;
  readonly requestId?: string | undefined;
}

/** How a stream ended: with the server's word, or without one. */
export type StreamEnd = 'draining' | 'signed-out' | 'too-slow' | 'lost';

/**
 * The API of a box by its table of routes. Answers are parsed by the contract; a refusal is thrown as the problem that the box named, what is
 * no answer as client.disconnected or client.bad-answer.
 */
export interface ApiClient {
  readonly origin: string;
  call<N extends RouteName>(name: N, input: CallInput<N>, signal: AbortSignal): Promise<RouteAnswer<N>>;
  /** Signs in with a password; the value of the Cookie header for further calls. Problems session.*. */
  login(user: string, password: string, signal: AbortSignal): Promise<string>;
  /** Whether a control plane answers there and can serve. */
  isReady(signal: AbortSignal): Promise<boolean>;
  /** Calls back for each event behind the cursor until the stream ends or the signal fires. */
  events(
    input: { readonly cookie: string | undefined; readonly after: string | undefined },
    onEvent: (event: LiveEvent) => void,
    signal: AbortSignal,
  ): Promise<StreamEnd>;
  close(): void;
}

/** @throws Problem request.invalid when the origin is none, or not to be trusted with a session */
export function createApiClient(options: ClientOptions): ApiClient {
  const { ca, userAgent } = options;
  const origin = options.isFromCluster === true ? options.origin : originOf(options.origin);
  const limits = { ...LIMITS, ...options.limits };
  const wire = createWire(origin, ca, limits);
  const ask = <N extends RouteName>(name: N, input: CallInput<N>, signal: AbortSignal) =>
    wire.exchange(outgoingOf(name, input, userAgent, signal));
  return {
    origin,
    call: async (name, input, signal) => answerOf(name, good(await ask(name, input, signal), name)),
    login: async (user, password, signal) => {
      const answer = good(await ask('login', { body: { user, password } }, signal), 'login');
      const cookie = answer.cookies[0]?.split(';', 1)[0];
      if (cookie === undefined) throw new Problem('client.bad-answer', 'signing in gave no session');
      return cookie;
    },
    isReady: async (signal) =>
      ask('ready', {}, signal).then(
        ({ status }) => status === 200,
        () => false,
      ),
    events: (input, onEvent, signal) => follow(wire, { ...input, userAgent, limits }, onEvent, signal),
    close: () => wire.close(),
  };
}

function outgoingOf<N extends RouteName>(
  name: N,
  { cookie, params = {}, query = {}, body, ifMatch, requestId }: CallInput<N>,
  userAgent: string,
  signal: AbortSignal,
): Outgoing {
  const { method, path }: Route = ROUTES[name];
  const filled = path.replaceAll(/:(\w+)/g, (_, param: string) => encodeURIComponent(params[param] ?? ''));
  const search = new URLSearchParams(query).toString();
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    accept: 'application/json',
    'user-agent': userAgent,
    ...(cookie === undefined ? {} : { cookie }),
    ...(text === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
    ...(ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` }),
    ...(requestId === undefined ? {} : { [REQUEST_ID_HEADER]: requestId }),
  };
  return { method, path: search === '' ? filled : `${filled}?${search}`, headers, body: text, signal };
}

/** The answer when it is good. @throws the problem that it carries */
function good(answer: Incoming, name: RouteName): Incoming {
  const { status, text } = answer;
  if (status >= 200 && status < 300) return answer;
  const { method, path } = ROUTES[name];
  const what = `${method} ${path}`;
  if (status < 400) throw new Problem('client.bad-answer', `${what}: ${status}, which leads elsewhere`);
  throw problemOfRefusal({ status, text, retryAfter: answer.header('retry-after'), what });
}

/** @throws Problem client.bad-answer when it is not what the table says */
function answerOf<N extends RouteName>(name: N, { status, text }: Incoming): RouteAnswer<N> {
  const { answers, method, path }: Route = ROUTES[name];
  const expected = answers[status];
  const parsed =
    expected === undefined || typeof expected === 'string' ? undefined : expected.safeParse(jsonOf(text));
  if (expected === 'empty' || parsed?.success === true) {
    // The table's schema made it what its type says; TypeScript cannot follow it by name.
    return parsed?.data as RouteAnswer<N>;
  }
  const at = parsed?.error?.issues[0]?.path.map(String).join('.') ?? '';
  throw new Problem(
    'client.bad-answer',
    `${method} ${path}: ${status}, not as agreed${at === '' ? '' : ` at ${at}`}`,
  );
}

interface Following {
  readonly cookie: string | undefined;
  readonly after: string | undefined;
  readonly userAgent: string;
  readonly limits: Limits;
}

async function follow(
  wire: Wire,
  { cookie, after, userAgent, limits }: Following,
  onEvent: (event: LiveEvent) => void,
  signal: AbortSignal,
): Promise<StreamEnd> {
  const query = after === undefined ? {} : { after };
  const outgoing = outgoingOf('events', { cookie, query }, userAgent, signal);
  const opened = await wire.stream({
    ...outgoing,
    headers: { ...outgoing.headers, accept: 'text/event-stream' },
  });
  if ('status' in opened) {
    good(opened, 'events');
    throw new Problem('client.bad-answer', 'GET /api/events: no stream of events');
  }
  const cutter = new EventCutter(limits.answerBytes);
  for await (const piece of opened) {
    for (const raw of cutter.push(piece)) {
      const event = eventOf(raw);
      if (event?.name === 'bye') return event.data.reason;
      if (event !== undefined) onEvent(event);
    }
  }
  return 'lost';
}

/** An event of a kind that is not known here comes from a newer control plane and says nothing to us. @throws Problem client.bad-answer */
function eventOf({ name, id, data }: RawEvent): LiveEvent | undefined {
  if (!Object.hasOwn(LiveEvents, name)) return undefined;
  const parsed = LiveEvents[name as LiveEvent['name']].safeParse(jsonOf(data));
  if (!parsed.success) throw new Problem('client.bad-answer', `GET /api/events: ${name} is not as agreed`);
  return { name, ...(id === undefined ? {} : { id }), data: parsed.data } as LiveEvent;
}
