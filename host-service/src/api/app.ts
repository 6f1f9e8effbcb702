import { Hono, type Context } from 'hono';
import type { Route } from '../contract/api/route.ts';
import { ROUTES, type RouteName } from '../contract/api/routes.ts';
import { ObjectName } from '../contract/names.ts';
import { Problem } from '../contract/problem.ts';
import type { ApiHost } from '../engine/handle/handle.ts';
import { MethodProblem, problemReply, responseOf, type AnyReply } from './answer.ts';
import { DEFAULT_BODY_BYTES, parseBy, parseJson, parseQuery, readBody, requireJsonType } from './body.ts';
import type { ApiEnv, Handlers } from './call.ts';
import { readCookie } from './cookie.ts';
import { admit, requireSameOrigin } from './gate.ts';
import { createHandlers } from './handlers.ts';
import { commonHeaders, makeNonce, pagePolicyOf, requestIdOf } from './headers.ts';
import { classOf, createRateLimit, type RateLimit } from './limits.ts';
import { LIMITS, type ApiOptions, type Limits } from './options.ts';
import { createStreams } from './events/streams.ts';

/** Longest path with query, in characters. */
const MAX_URL = 4096;

type ApiContext = Context<ApiEnv>;

interface Parts {
  readonly host: ApiHost;
  readonly options: ApiOptions;
  readonly limits: Limits;
  readonly rate: RateLimit;
  readonly handlers: Handlers;
}

/** The HTTP API and the page: exactly the table of routes, and the files of the page for every other address. */
export function createApi(host: ApiHost, options: ApiOptions): Hono<ApiEnv> {
  const limits: Limits = { ...LIMITS, ...options.limits };
  const { handle, access, build } = host;
  const { clock, log, meter, closing } = options;
  const streams = createStreams({
    ...{ clock, log, meter, closing, access, limits, build },
    live: handle.live,
  });
  const parts: Parts = {
    ...{ host, options, limits },
    rate: createRateLimit(limits, clock),
    handlers: createHandlers(host, options, streams),
  };
  const app = new Hono<ApiEnv>();
  for (const [path, methods] of routesByPath())
    app.all(path, (context) => serveRoute(parts, context, methods));
  app.all('*', (context) => servePage(parts, context));
  return app;
}

/** For each path: method -> route. HEAD goes with GET, except where the answer never ends. */
function routesByPath(): ReadonlyMap<string, ReadonlyMap<string, RouteName>> {
  const paths = new Map<string, Map<string, RouteName>>();
  for (const name of Object.keys(ROUTES) as RouteName[]) {
    const { method, path, answers }: Route = ROUTES[name];
    const methods = paths.get(path) ?? new Map<string, RouteName>();
    methods.set(method, name);
    if (method === 'GET' && !Object.values(answers).includes('events')) methods.set('HEAD', name);
    paths.set(path, methods);
  }
  return paths;
}

/** Runs `work`, turns what it throws into a problem, and puts on what every answer carries. */
async function answer(
  { host, options }: Parts,
  context: ApiContext,
  route: string,
  work: (requestId: string) => Promise<AnyReply>,
): Promise<Response> {
  const { clock, log, meter, cookies } = options;
  const began = clock.monotonic();
  const requestId = requestIdOf(context.req.header('x-request-id'));
  let reply: AnyReply;
  try {
    reply = await work(requestId);
  } catch (error) {
    reply = problemReply(error, requestId, { log, route });
  }
  const durationMs = clock.monotonic() - began;
  meter.request(route, reply.status, durationMs);
  if (context.req.method !== 'GET' && context.req.method !== 'HEAD')
    log.info('request', { requestId, route, status: reply.status, durationMs: Math.round(durationMs) });
  return responseOf(reply, commonHeaders(cookies, host.build, requestId));
}

function serveRoute(
  parts: Parts,
  context: ApiContext,
  methods: ReadonlyMap<string, RouteName>,
): Promise<Response> {
  const name = methods.get(context.req.method);
  return answer(parts, context, name ?? 'other', (requestId) => {
    requireShortUrl(context);
    if (name !== undefined) return runRoute(parts, context, name, requestId);
    parts.rate.take('reads', peerOf(context));
    throw new MethodProblem([...methods.keys()]);
  });
}

/** All doors in order: how often, from where, who, what. Then the handler. */
async function runRoute(
  parts: Parts,
  context: ApiContext,
  name: RouteName,
  requestId: string,
): Promise<AnyReply> {
  const { host, options, limits, rate, handlers } = parts;
  const route: Route = ROUTES[name];
  const header = (wanted: string): string | undefined => context.req.header(wanted);
  rate.take(classOf(name, route), peerOf(context));
  // The vendor's call is no browser's: it proves itself by its signature.
  if (route.method !== 'GET' && name !== 'webhook') requireSameOrigin(header);
  const cookie = readCookie(options.cookies, header('cookie'));
  const deadline = AbortSignal.timeout(limits.requestMs);
  // A change that was asked for is made even if the asker has gone; reading for nobody is a waste.
  const signal = route.method === 'GET' ? AbortSignal.any([deadline, context.req.raw.signal]) : deadline;
  try {
    const session = await admit({ access: levelOf(route, context) }, host.access, cookie, signal);
    const call = {
      ...{ requestId, session, header, cookie, signal },
      ...(await parseCall(context, name, route)),
      cut: context.env?.cut ?? (() => undefined),
    };
    // The table's schemas made the call what its handler expects; TypeScript cannot follow them by name.
    const run: (call: never) => AnyReply | Promise<AnyReply> = handlers[name];
    return await run(call as never);
  } catch (error) {
    if (!signal.aborted || error instanceof Problem) throw error;
    throw new Problem('cluster.timeout', 'the answer took too long', { cause: error });
  }
}

/** A question that changes nothing may be open to more people than what it asks about. */
function levelOf(route: Route, context: ApiContext): Route['access'] {
  const { access, dryRunAccess = access } = route;
  if (dryRunAccess === access) return access;
  const { dry_run: dryRun } = Object.assign({ dry_run: '0' }, parseQuery(route, urlOf(context)));
  return dryRun === '1' ? dryRunAccess : access;
}

async function parseCall(context: ApiContext, name: RouteName, route: Route) {
  const params = context.req.param() as Readonly<Record<string, string>>;
  for (const value of Object.values(params))
    if (!ObjectName.safeParse(value).success) throw new Problem('request.not-found', 'there is no such name');
  const query = parseQuery(route, urlOf(context));
  const takesBody = route.body !== undefined || name === 'webhook';
  if (route.body !== undefined) requireJsonType(context.req.raw.headers);
  const raw = takesBody
    ? await readBody(context.req.raw, route.bodyBytes ?? DEFAULT_BODY_BYTES)
    : new Uint8Array();
  const body = route.body === undefined ? undefined : parseBy(route.body, parseJson(raw), 'body');
  return { params, query, raw, body };
}

/** The page's files answer to everybody: there is nothing of this box in them. */
function servePage(parts: Parts, context: ApiContext): Promise<Response> {
  const { req } = context;
  const isApi = /^\/(api|metrics)(\/|$)/.test(req.path);
  return answer(parts, context, isApi ? 'other' : 'page', async () => {
    requireShortUrl(context);
    parts.rate.take(isApi ? 'reads' : 'page', peerOf(context));
    if (isApi) throw new Problem('request.not-found', 'no such address');
    if (req.method !== 'GET' && req.method !== 'HEAD') throw new MethodProblem(['GET', 'HEAD']);
    const nonce = makeNonce();
    const found = await parts.options.page.answer({
      ...{ path: req.path, nonce },
      acceptEncoding: req.header('accept-encoding') ?? '',
      ifNoneMatch: req.header('if-none-match'),
    });
    if (found === undefined) throw new Problem('request.not-found', 'no such file');
    return {
      ...{ status: found.status, bytes: found.body },
      headers: { 'content-security-policy': pagePolicyOf(nonce), ...found.headers },
    };
  });
}

const peerOf = ({ env }: ApiContext): string => env?.peer ?? 'unknown';

/** It is a stranger's own word: the host `a.1` is half of an address, and no request is made of one with a password. @throws Problem request.invalid */
function urlOf({ req }: ApiContext): URL {
  const url = URL.parse(req.url);
  if (url === null || `${url.username}${url.password}` !== '')
    throw new Problem('request.invalid', 'the address of the request cannot be read');
  return url;
}

function requireShortUrl(context: ApiContext): void {
  const { pathname, search } = urlOf(context);
  if (pathname.length + search.length > MAX_URL)
    throw new Problem('request.too-large', `an address has at most ${MAX_URL} characters`);
}
