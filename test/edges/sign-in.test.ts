import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { SignInForm } from 'host-service/contract/product.ts';
import { createSignIn } from 'host-service/edges/prober/sign-in.ts';

const never = new AbortController().signal;
const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function web(listener: RequestListener): Promise<{ ip: string; port: number }> {
  const server = createServer(listener);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { ip: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

async function formOf(request: IncomingMessage): Promise<Record<string, string>> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk as string;
  return Object.fromEntries(new URLSearchParams(text));
}

const FORM = SignInForm.parse({
  path: '/api/auth/callback',
  secret: { namespace: 'app', name: 'first-user' },
  fields: { email: 'MAIL', password: 'PASSWORD' },
  fixed: { json: 'true' },
  token: { path: '/api/auth/csrf', member: 'csrfToken', field: 'csrfToken' },
  cookie: 'session-token',
});
const RIGHT = { email: 'ada@example.com', password: 'a pass & word=+' };

/** An application that wants a token with its cookie, and knows one person. */
const application: RequestListener = (request, answer) => {
  void (async () => {
    if (request.url === '/api/auth/csrf') {
      answer.setHeader('set-cookie', 'csrf=abc; Path=/; HttpOnly');
      answer.end('{"csrfToken":"abc"}');
      return;
    }
    const form = await formOf(request);
    const isOurs = form['csrfToken'] === 'abc' && request.headers.cookie === 'csrf=abc';
    const isRight = form['email'] === RIGHT.email && form['password'] === RIGHT.password;
    const cookie =
      isOurs && isRight ? '__Secure-app.session-token=xyz; HttpOnly' : 'app.session-token=; Max-Age=0';
    answer.writeHead(302, { location: '/', 'set-cookie': cookie }).end();
  })();
};

describe('the sign-in of the first administrator', () => {
  it('B-07 works with what was typed, with the token and its cookie, and is told by the cookie of a session', async () => {
    const address = await web(application);
    const said = await createSignIn().try(address, FORM, RIGHT, never);
    expect(said).toEqual({ ok: true, detail: 'the first administrator can sign in' });
  });

  it('B-07 fails where the application wants another password, although it answers, and the password is in no answer', async () => {
    const address = await web(application);
    const said = await createSignIn().try(address, FORM, { ...RIGHT, password: 'not this one' }, never);
    expect(said.ok).toBe(false);
    expect(said.detail).toContain('cannot sign in with what was typed (answered 302)');
    expect(said.detail).not.toContain('not this one');
  });

  it('fails without a token, without an answer in time and where nothing listens, and never throws', async () => {
    const silent = await web(() => undefined);
    const tokenless = await web((_request, answer) => void answer.end('<html>'));
    const gone = { ip: '127.0.0.1', port: 9 };
    const signIn = createSignIn({ timeoutMs: 300 });
    const said = await Promise.all([silent, tokenless, gone].map((at) => signIn.try(at, FORM, RIGHT, never)));
    expect(said.map(({ ok }) => ok)).toEqual([false, false, false]);
    expect(said[1]?.detail).toContain('/api/auth/csrf did not give');
  });
});
