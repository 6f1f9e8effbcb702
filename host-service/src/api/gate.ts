import type { Route } from '../contract/api/route.ts';
import { Problem } from '../contract/problem.ts';
import type { Access, Session } from '../engine/handle/handle.ts';

/** Default ports do not stand in a Host header, or do: both name the same place. */
const DEFAULT_PORT: Readonly<Record<string, string>> = { 'http:': ':80', 'https:': ':443' };

/** `host[:port]` of an origin or a Host header without the scheme's default port; undefined = it is neither. */
function placeOf(text: string, scheme: string): string | undefined {
  const place = text.toLowerCase();
  if (!/^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/.test(place)) return undefined;
  const port = DEFAULT_PORT[scheme] ?? '';
  return port !== '' && place.endsWith(port) ? place.slice(0, -port.length) : place;
}

/**
 * Refuses what a page of another site has a browser send. The scheme does not count: TLS may end before us. Without any of a browser's
 * headers it is no browser, and then there is no foreign page either. @throws Problem session.wrong-origin
 */
export function requireSameOrigin(header: (name: string) => string | undefined): void {
  const [origin, host, site] = [header('origin'), header('host'), header('sec-fetch-site')];
  const refuse = (detail: string): never => {
    throw new Problem('session.wrong-origin', detail);
  };
  if (site?.toLowerCase() === 'cross-site') refuse('the browser says cross-site');
  if (origin === undefined) {
    if (site !== undefined) refuse('a browser sends an origin with this');
    return;
  }
  const [, scheme = '', place = ''] = /^(https?:)\/\/([^/]+)$/.exec(origin.toLowerCase()) ?? [];
  const from = placeOf(place, scheme);
  if (from === undefined || from !== placeOf(host ?? '', scheme))
    refuse('origin and host are not the same place');
}

/**
 * Who is asking, if that is enough for the route. Before the box has an owner only public routes answer.
 *
 * @throws Problem session.not-claimed, session.required, session.denied, cluster.*
 */
export async function admit(
  { access: level }: Pick<Route, 'access'>,
  access: Access,
  cookie: string | undefined,
  signal: AbortSignal,
): Promise<Session | undefined> {
  // Probes have to be answered without the cluster; the one public route that wants to know who asks looks for itself.
  if (level === 'public') return undefined;
  const session = cookie === undefined ? undefined : await access.sessionOf(cookie, signal);
  if (session === undefined) {
    const claimed = await access.isClaimed(signal);
    throw claimed
      ? new Problem('session.required', 'no session, or it is over')
      : new Problem('session.not-claimed', 'claim it first');
  }
  // Whatever is not known to be an admin is a viewer (design §5).
  if (level === 'admin' && session.role !== 'admin')
    throw new Problem('session.denied', `${session.user} may look only`);
  return session;
}
