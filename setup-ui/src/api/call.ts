import { ProblemAnswer } from 'host-service/contract/api/problem-answer.ts';
import {
  BUILD_HEADER,
  REQUEST_ID_HEADER,
  ROUTES,
  type Route,
  type RouteAnswer,
  type RouteBody,
  type RouteName,
} from 'host-service/contract/api/routes.ts';
import { z } from 'zod';
import { PageProblem } from './page-problem.ts';

/** Milliseconds until a request counts as lost: the box answers changes within 300 ms (design §8). */
const TIMEOUT_MS = 20_000;

export interface CallOptions<N extends RouteName> {
  /** Values for `:name` in the path. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: RouteBody<N>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Asks the box. Everything that comes back has been parsed with the contract's schema. @throws PageProblem */
export type Call = <N extends RouteName>(name: N, options?: CallOptions<N>) => Promise<RouteAnswer<N>>;

/** Path and query of a request. @throws Error when a value for the path is missing */
export function addressOf(route: Route, options: Pick<CallOptions<RouteName>, 'params' | 'query'>): string {
  const path = route.path.replace(/:([a-z]+)/gi, (_, key: string) => {
    const value = options.params?.[key];
    if (value === undefined) throw new Error(`${route.path} needs ${key}`);
    return encodeURIComponent(value);
  });
  const query = new URLSearchParams(options.query).toString();
  return query === '' ? path : `${path}?${query}`;
}

/** Seconds or a date, as `Retry-After` has it, in milliseconds from `nowMs`. */
export function retryAfterMsOf(header: string | null, nowMs: number): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (cause) {
    if (cause instanceof DOMException || cause instanceof TypeError)
      throw new PageProblem('client.disconnected', 'the answer broke off', { cause });
    return undefined;
  }
}

function badAnswer(response: Response, route: Route, cause?: unknown): PageProblem {
  const requestId = response.headers.get(REQUEST_ID_HEADER) ?? undefined;
  const why =
    cause instanceof z.ZodError
      ? `: ${cause.issues[0]?.path.join('.') ?? ''} ${cause.issues[0]?.message ?? ''}`
      : '';
  const detail = `${route.method} ${route.path} answered ${response.status}${why}`;
  return new PageProblem('client.bad-answer', detail.slice(0, 512), { requestId, cause });
}

async function refusalOf(response: Response, route: Route): Promise<PageProblem> {
  const parsed = ProblemAnswer.safeParse(await jsonOf(response));
  if (!parsed.success) {
    // What stands between us and the box (the front, a proxy) answers in its own way.
    const isGateway = response.status === 502 || response.status === 503 || response.status === 504;
    return isGateway
      ? new PageProblem('client.disconnected', `${route.method} ${route.path} answered ${response.status}`)
      : badAnswer(response, route);
  }
  const { code, detail, requestId } = parsed.data;
  const retryAfterMs = retryAfterMsOf(response.headers.get('retry-after'), Date.now());
  return new PageProblem(code, detail, { requestId, retryAfterMs });
}

async function answerOf(response: Response, route: Route): Promise<unknown> {
  if (response.status >= 400) throw await refusalOf(response, route);
  const schema = route.answers[response.status];
  if (schema === 'empty') return undefined;
  if (schema === undefined || typeof schema === 'string') throw badAnswer(response, route);
  const parsed = schema.safeParse(await jsonOf(response));
  if (!parsed.success) throw badAnswer(response, route, parsed.error);
  return parsed.data;
}

export interface CallListeners {
  /** The build that the server names with each answer. */
  readonly onBuild?: (build: string) => void;
  /** Some answer came: the box lives. */
  readonly onAnswer?: () => void;
  /** The box did not answer at all. */
  readonly onSilence?: () => void;
}

/** Makes the one function through which the page asks the box. */
export function createCall(fetcher: typeof fetch, listeners: CallListeners = {}): Call {
  return async <N extends RouteName>(name: N, options: CallOptions<N> = {}) => {
    const route: Route = ROUTES[name];
    const hasBody = options.body !== undefined;
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    let response: Response;
    try {
      response = await fetcher(addressOf(route, options), {
        method: route.method,
        headers: {
          accept: 'application/json',
          ...(hasBody ? { 'content-type': 'application/json' } : {}),
          ...options.headers,
        },
        ...(hasBody ? { body: JSON.stringify(options.body) } : {}),
        credentials: 'same-origin',
        cache: 'no-store',
        signal: options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]),
      });
    } catch (cause) {
      if (options.signal?.aborted) throw cause;
      listeners.onSilence?.();
      throw new PageProblem('client.disconnected', `${route.method} ${route.path}`, { cause });
    }
    listeners.onAnswer?.();
    const build = response.headers.get(BUILD_HEADER);
    if (build !== null) listeners.onBuild?.(build);
    return (await answerOf(response, route)) as RouteAnswer<N>;
  };
}
