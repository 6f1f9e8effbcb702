import type { Branding, SessionView } from '../../contract/api/session.ts';
import type { ApiHost, Granted, Session } from '../../engine/handle/handle.ts';
import type { Handlers } from '../call.ts';
import { writeCookie } from '../cookie.ts';
import type { ApiOptions } from '../options.ts';

type Sessions = 'session' | 'claim' | 'login' | 'logout' | 'sessions' | 'revokeSession';
type Cookies = ApiOptions['cookies'];

/** Who is signed in, who may be, and the way out. */
export function sessionHandlers(host: ApiHost, cookies: Cookies): Pick<Handlers, Sessions> {
  const { access } = host;
  return {
    session: async ({ cookie, signal }) => {
      const session = cookie === undefined ? undefined : await access.sessionOf(cookie, signal);
      const claimed = session !== undefined || (await access.isClaimed(signal));
      return { status: 200, json: await viewOf(host, session, claimed) };
    },
    claim: async ({ body, header, signal }) =>
      grantedReply(host, cookies, await access.claim({ ...body, device: header('user-agent') }, signal)),
    login: async ({ body, header, signal }) =>
      grantedReply(host, cookies, await access.login({ ...body, device: header('user-agent') }, signal)),
    logout: async ({ session, signal }) => {
      await access.logout(session, signal);
      return { status: 204, empty: true, headers: { 'set-cookie': writeCookie(cookies, '', 0) } };
    },
    sessions: async ({ session, signal }) => ({ status: 200, json: await access.sessions(session, signal) }),
    revokeSession: async ({ session, body, signal }) => ({
      status: 200,
      json: await access.revoke(session, body, signal),
    }),
  };
}

/** What everybody may know about the box, and who asks. */
async function viewOf(host: ApiHost, session: Session | undefined, claimed: boolean): Promise<SessionView> {
  const { product, build, access } = host;
  const words = await access.words();
  const branding: Branding = {
    ...{ name: product.name, vendor: product.vendor.name },
    ...(product.vendor.support === undefined ? {} : { support: product.vendor.support }),
    ...(product.logo === undefined ? {} : { logo: product.logo }),
    ...(product.accent === undefined ? {} : { accent: product.accent }),
  };
  const who =
    session === undefined ? {} : { user: session.user, role: session.role, expiresAt: session.expiresAt };
  return { claimed, ...who, branding, ...(words === undefined ? {} : { words: [...words] }), build };
}

async function grantedReply(host: ApiHost, cookies: Cookies, granted: Granted) {
  const { session, cookie, maxAgeSeconds } = granted;
  return {
    status: 200,
    json: await viewOf(host, session, true),
    headers: { 'set-cookie': writeCookie(cookies, cookie, maxAgeSeconds) },
  } as const;
}
