import { request, type IncomingMessage } from 'node:http';
import { safeLine } from '../../contract/problem.ts';
import type { SignInForm } from '../../contract/product.ts';
import type { SignIn } from '../../engine/ports.ts';

const TIMEOUT_MS = 10_000;
/** A token is short; of a page nothing is read. */
const BODY_BYTES = 16 * 1024;

interface Answer {
  readonly status: number;
  /** Cookies that were set and not taken away, by name. */
  readonly cookies: ReadonlyMap<string, string>;
  readonly body: string;
}
type Address = Parameters<SignIn['try']>[0];

/** `name=value` of each cookie that is set; an empty value takes one away. */
function cookiesOf({ headers }: IncomingMessage): ReadonlyMap<string, string> {
  const pairs = (headers['set-cookie'] ?? []).flatMap((line): [string, string][] => {
    const [pair = ''] = line.split(';', 1);
    const at = pair.indexOf('=');
    return at < 1 ? [] : [[pair.slice(0, at).trim(), pair.slice(at + 1).trim()]];
  });
  return new Map(pairs.filter(([, value]) => value !== '' && value !== '""'));
}

async function ask(
  { ip, port }: Address,
  path: string,
  sent: { readonly form?: string; readonly cookies: ReadonlyMap<string, string> },
  signal: AbortSignal,
): Promise<Answer> {
  const host = `${ip.includes(':') ? `[${ip}]` : ip}:${port}`;
  const cookie = [...sent.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const { form } = sent;
  const headers = {
    ...{ host, 'user-agent': 'appliance-probe', connection: 'close', accept: '*/*' },
    ...(cookie === '' ? {} : { cookie }),
    ...(form === undefined
      ? {}
      : {
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': Buffer.byteLength(form),
          origin: `http://${host}`,
        }),
  };
  return new Promise((resolve, reject) => {
    const method = form === undefined ? 'GET' : 'POST';
    const outgoing = request({ host: ip, port, path, method, agent: false, headers, signal });
    outgoing.on('error', reject);
    outgoing.on('response', (answer) => {
      const [status, cookies] = [answer.statusCode ?? 0, cookiesOf(answer)];
      let body = '';
      const finish = (): void => {
        resolve({ status, cookies, body });
        answer.destroy();
      };
      answer.setEncoding('utf8');
      answer.on('data', (text: string) => {
        body += text;
        if (body.length >= BODY_BYTES) finish();
      });
      answer.on('end', finish);
      answer.on('error', reject);
    });
    outgoing.end(form);
  });
}

/** The mark against forgery, and the cookies that go with it. */
async function tokenOf(
  address: Address,
  { path, member, field }: NonNullable<SignInForm['token']>,
  signal: AbortSignal,
): Promise<{ readonly fields: Record<string, string>; readonly cookies: Answer['cookies'] } | undefined> {
  const { body, cookies } = await ask(address, path, { cookies: new Map() }, signal);
  const value: unknown = Reflect.get(Object(jsonOf(body)), member);
  return typeof value === 'string' ? { fields: { [field]: value }, cookies } : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function attempt(
  address: Address,
  form: SignInForm,
  values: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const token =
    form.token === undefined
      ? { fields: {}, cookies: new Map() }
      : await tokenOf(address, form.token, signal);
  if (token === undefined)
    return { ok: false, detail: `${form.token?.path ?? ''} did not give what a sign-in needs` };
  const text = new URLSearchParams({ ...form.fixed, ...values, ...token.fields }).toString();
  const { status, cookies } = await ask(address, form.path, { form: text, cookies: token.cookies }, signal);
  const isIn = [...cookies.keys()].some((name) => name.endsWith(form.cookie));
  return isIn
    ? { ok: true, detail: 'the first administrator can sign in' }
    : {
        ok: false,
        detail: `the first administrator cannot sign in with what was typed (answered ${status})`,
      };
}

/** Signs in over HTTP at a pod, as a form would. Redirects are answers: the cookie says who is in. */
export function createSignIn(options: { readonly timeoutMs?: number } = {}): SignIn {
  const { timeoutMs = TIMEOUT_MS } = options;
  return {
    try: async (address, form, values, signal) => {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      try {
        return await attempt(address, form, values, limit);
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
        return { ok: false, detail: safeLine(`the sign-in could not be tried (${code})`) };
      }
    },
  };
}
