import { Problem } from '../contract/problem.ts';
import type { ApiHost, Who } from '../engine/handle/handle.ts';
import { checksHandlers } from './checks/handlers.ts';
import type { Call, Handlers, Reply } from './call.ts';
import { cookieNameOf } from './cookie.ts';
import { revisionOf } from './if-match.ts';
import { networkHandlers } from './network/handlers.ts';
import { openApiOf } from './openapi.ts';
import type { ApiOptions } from './options.ts';
import { actorOf, setupHandlers } from './setup/handlers.ts';
import { sessionHandlers } from './session/handlers.ts';
import type { Streams } from './events/streams.ts';

/** Headers of the vendor's wake-up call: HMAC in hex, and the seconds since 1970 that it covers. */
export const WEBHOOK_HEADERS = {
  signature: 'x-appliance-signature',
  timestamp: 'x-appliance-timestamp',
} as const;

const MAX_CURSOR = 512;

/** A handler for each route: takes apart the call, asks the handle, names the status. No decisions (design §10). */
export function createHandlers(host: ApiHost, options: ApiOptions, streams: Streams): Handlers {
  const { handle, access, version } = host;
  const { meter, cookies } = options;
  const document = { made: undefined as unknown };
  return {
    healthz: () => healthOf(host, true),
    ready: () => healthOf(host, host.state().ready),
    version: () => ({ status: 200, json: versionOf(host, options) }),
    ...sessionHandlers(host, options.cookies),
    status: ({ header }) => statusReply(host, header('if-none-match')),
    events: (call) => eventsReply(streams, call),
    intent: async ({ session, header, query, body, signal }) => {
      const expected = revisionOf(header('if-match'));
      const who: Who = { actor: actorOf(session, body.reason), expected };
      if (query.dry_run === '1') return { status: 200, json: await handle.previewIntent(body, who, signal) };
      return { status: 202, json: await handle.changeIntent(body, who, signal) };
    },
    ...setupHandlers(handle),
    ...checksHandlers(handle),
    ...networkHandlers(handle),
    ...lookHandlers(handle),
    requests: async ({ session, body, signal }) => {
      const who: Who = { actor: actorOf(session, body.reason) };
      return { status: 202, json: await handle.request(body, who, signal) };
    },
    webhook: async ({ header, raw, signal }) => {
      const [signature, timestamp] = [header(WEBHOOK_HEADERS.signature), header(WEBHOOK_HEADERS.timestamp)];
      await access.checkWebhook({ signature, timestamp, body: raw }, signal);
      handle.wake();
      return { status: 202, empty: true };
    },
    openapi: () => {
      document.made ??= openApiOf({ title: host.product.name, version, cookie: cookieNameOf(cookies) });
      return { status: 200, json: document.made };
    },
    metrics: async () => ({ status: 200, ...(await meter.text()) }),
  };
}

/** What there is and what was done. */
const lookHandlers = (
  handle: ApiHost['handle'],
): Pick<Handlers, 'releases' | 'operations' | 'operation'> => ({
  releases: async ({ signal }) => ({ status: 200, json: await handle.releases(signal) }),
  operations: async ({ signal }) => ({ status: 200, json: await handle.operations(signal) }),
  operation: async ({ params, signal }) => ({
    status: 200,
    json: await handle.operation(params.name, signal),
  }),
});

function eventsReply(streams: Streams, call: Call<'events'>): Reply<'events'> {
  const { session, cookie, query, header, cut } = call;
  // The browser's own reconnect still carries the address it began with; its header is newer.
  const named = header('last-event-id') ?? query.after;
  const after = named === undefined || named.length > MAX_CURSOR ? undefined : named;
  const events = streams.open({ session, cookie, after, cut });
  return { status: 200, events, headers: { 'x-accel-buffering': 'no' } };
}

function healthOf(host: ApiHost, isGood: boolean): Reply<'healthz'> {
  const { version } = host;
  if (host.state().draining) return { status: 503, json: { status: 'draining', version } };
  return isGood
    ? { status: 200, json: { status: 'ok', version } }
    : { status: 503, json: { status: 'starting', version } };
}

function versionOf({ version, build }: ApiHost, options: ApiOptions) {
  const { sourceRevision, built, contract, page } = options;
  return {
    ...{ version, build, uiBuild: page.build(), contract },
    ...(sourceRevision === undefined ? {} : { sourceRevision }),
    ...(built === undefined ? {} : { built }),
  };
}

/** The newest view as it lies there: no request, no new JSON. */
function statusReply({ handle }: ApiHost, ifNoneMatch: string | undefined): Reply<'status'> {
  const current = handle.live.current();
  if (current === undefined) throw new Problem('cluster.unavailable', 'the box has not been seen yet');
  const etag = /^(W\/)?"/.test(current.etag) ? current.etag : `"${current.etag}"`;
  const weak = (tag: string): string => tag.trim().replace(/^W\//, '');
  const has = (ifNoneMatch ?? '').split(',').some((tag) => tag.trim() === '*' || weak(tag) === weak(etag));
  // A browser may keep it and has to ask whether it still holds.
  const headers = { etag, 'cache-control': 'private, no-cache' };
  return has ? { status: 304, empty: true, headers } : { status: 200, readyJson: current.json, headers };
}
