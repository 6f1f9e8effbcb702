import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { SIGN_IN, type Accounts } from './accounts.ts';

const MAX_BYTES = 4096;
const COOKIE = 'standin-session';

const page = (text: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>Application</title><h1>Application</h1>${text}</html>`;
const FORM =
  `<form method="post" action="${SIGN_IN}"><label>E-mail <input name="email" type="email"></label> ` +
  '<label>Password <input name="password" type="password"></label> <button>Sign in</button></form>';

/** The application as people see it: a form, and who is signed in. Everything else is told as a plain text, as by any other part. */
export async function answerPeople(
  accounts: Accounts,
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
): Promise<void> {
  const path = (request.url ?? '').split('?', 1)[0];
  const html = (status: number, text: string, headers: Record<string, string> = {}): void => {
    const type = { 'content-type': 'text/html; charset=utf-8', connection: 'close' };
    response.writeHead(status, { ...type, ...headers }).end(page(text));
  };
  if (path === SIGN_IN && request.method === 'POST') {
    const form = new URLSearchParams(await textOf(request));
    if (!accounts.isRight(form.get('email') ?? '', form.get('password') ?? ''))
      return html(401, `<p>Wrong e-mail or password.</p>${FORM}`);
    return html(303, '', {
      location: '/',
      'set-cookie': `${COOKIE}=${randomUUID()}; Path=/; HttpOnly; SameSite=Lax`,
    });
  }
  if (path === SIGN_IN) return html(200, FORM);
  if (path !== '/')
    return void response.writeHead(200, { 'content-type': 'text/plain', connection: 'close' }).end(body);
  if (request.headers.cookie?.includes(`${COOKIE}=`) === true) return html(200, '<p>You are signed in.</p>');
  return html(303, '', { location: SIGN_IN });
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error('too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
