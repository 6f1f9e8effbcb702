import type { ProblemAnswer } from 'host-service/contract/api/problem-answer.ts';
import type { RouteAnswer, RouteBody, RouteName } from 'host-service/contract/api/routes.ts';
import { checkAs, isLater, loadRest, routeOf, type PageRoute } from './answers/contract.ts';
import { PageProblem } from './page-problem.ts';

/** Headers of every answer (contract BUILD_HEADER, REQUEST_ID_HEADER; a test holds them equal). */
export const HEADERS = { build: 'x-appliance-build', requestId: 'x-request-id' } as const;
/** Milliseconds until a request counts as lost: the box answers changes within 300 ms (design §8). */
const TIMEOUT_MS = 20_000;

export interface CallOptions<N extends RouteName> {
  /** Values for `:name` in the path. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: RouteBody<N>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** The page may go away at this moment: the request outlives it. */
  readonly isLast?: boolean;
}

/** Asks the box. Everything that comes back has been parsed with the contract's schema. @throws PageProblem */
export type Call = <N extends RouteName>(name: N, options?: CallOptions<N>) => Promise<RouteAnswer<N>>;

/** Path and query of a request. @throws Error when a value for the path is missing */
export function addressOf(
  route: PageRoute,
  options: Pick<CallOptions<RouteName>, 'params' | 'query'>,
): string {
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

function badAnswer(response: Response, route: PageRoute, why = ''): PageProblem {
  const requestId = response.headers.get(HEADERS.requestId) ?? undefined;
  const detail = `${route.method} ${route.path} answered ${response.status}${why === '' ? '' : `: ${why}`}`;
  return new PageProblem('client.bad-answer', detail.slice(0, 512), { requestId });
}

async function refusalOf(response: Response, route: PageRoute): Promise<PageProblem> {
  const checked = checkAs('problem', await jsonOf(response));
  if (checked?.ok !== true) {
    // What stands between us and the box (the front, a proxy) answers in its own way.
    const isGateway = response.status === 502 || response.status === 503 || response.status === 504;
    return isGateway
      ? new PageProblem('client.disconnected', `${route.method} ${route.path} answered ${response.status}`)
      : badAnswer(response, route);
  }
  const { code, detail, requestId } = checked.value as ProblemAnswer;
  const retryAfterMs = retryAfterMsOf(response.headers.get('retry-after'), Date.now());
  return new PageProblem(code, detail, { requestId, retryAfterMs });
}

/** What cannot be checked is not believed: without its schema an answer counts as not heard. */
async function restOfContract(): Promise<void> {
  try {
    await loadRest();
  } catch (cause) {
    throw new PageProblem('client.disconnected', 'a part of the page could not be fetched', { cause });
  }
}

async function answerOf(response: Response, name: RouteName, route: PageRoute): Promise<unknown> {
  if (response.status >= 400) throw await refusalOf(response, route);
  if (!route.answers.includes(response.status)) throw badAnswer(response, route);
  if (response.status === 204 || response.status === 304) return undefined;
  const schema = `${name}.${response.status}`;
  if (isLater(schema)) await restOfContract();
  const checked = checkAs(schema, await jsonOf(response));
  if (checked === undefined) return undefined;
  if (!checked.ok) throw badAnswer(response, route, checked.reason);
  return checked.value;
}

export interface CallListeners {
  /** The build that the server names with each answer. */
  readonly onBuild?: (build: string) => void;
  /** The control plane itself answered: the box lives. */
  readonly onAnswer?: () => void;
  /** The box did not answer at all. */
  readonly onSilence?: () => void;
}

/** Makes the one function through which the page asks the box. */
export function createCall(fetcher: typeof fetch, listeners: CallListeners = {}): Call {
  return async <N extends RouteName>(name: N, options: CallOptions<N> = {}) => {
    const route = routeOf(name);
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
        ...(options.isLast === true ? { keepalive: true } : {}),
        cache: 'no-store',
        signal: options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]),
      });
    } catch (cause) {
      if (options.signal?.aborted) throw cause;
      listeners.onSilence?.();
      throw new PageProblem('client.disconnected', `${route.method} ${route.path}`, { cause });
    }
    const build = response.headers.get(HEADERS.build);
    // Every answer of the box names its build; what the front or a proxy says in its place is no sign of life.
    if (build !== null) {
      listeners.onAnswer?.();
      listeners.onBuild?.(build);
    }
    return (await answerOf(response, name, route)) as RouteAnswer<N>;
  };
}
