import { randomUUID, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { digestOf } from './content.ts';
import { bodyOf, Refusal, sendJson } from './exchange.ts';

/** Who may push. Reading is open to everybody, with a token where tokens are used. */
export type PushAccess = 'anonymous' | { readonly user: string; readonly password: string };

/** Tokens that are valid at a time; the oldest is forgotten for the next. */
const MAX_TOKENS = 10_000;
const FORM_BYTES = 64 * 1024;

const sameText = (a: string, b: string): boolean =>
  timingSafeEqual(Buffer.from(digestOf(Buffer.from(a))), Buffer.from(digestOf(Buffer.from(b))));

/** What a request needs: `pull`, `push` or `delete` (distribution "Token Scope"). */
function actionOf(method: string | undefined): string {
  if (method === 'GET' || method === 'HEAD') return 'pull';
  return method === 'DELETE' ? 'delete' : 'push';
}

/** Decides who may do what: token authentication as ghcr does it, or Basic for pushes only. */
export class Access {
  private readonly host: string;
  private readonly withTokens: boolean;
  private readonly push: PushAccess;
  /** Token -> what it is good for, as `repository:<name>:<action>`. */
  private readonly tokens = new Map<string, ReadonlySet<string>>();

  constructor(host: string, withTokens: boolean, push: PushAccess) {
    this.host = host;
    this.withTokens = withTokens;
    this.push = push;
  }

  private isPusher(authorization: string | undefined): boolean {
    if (this.push === 'anonymous') return false;
    const { user, password } = this.push;
    const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    return authorization !== undefined && sameText(authorization, expected);
  }

  private challenge(scope: string): Refusal {
    const bearer = `Bearer realm="http://${this.host}/token",service="${this.host}",scope="${scope}"`;
    const header = this.withTokens ? bearer : `Basic realm="${this.host}"`;
    return new Refusal(401, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': header });
  }

  /** `/token`: anonymous gets what anonymous may do. @throws Refusal 401 for a wrong password, 403 when `refuse` */
  async issue(request: IncomingMessage, response: ServerResponse, url: URL, refuse: boolean): Promise<void> {
    if (refuse) throw new Refusal(403, 'DENIED', 'requested access to the resource is denied');
    if (request.method !== 'GET') {
      await bodyOf(request, FORM_BYTES);
      throw new Refusal(405, 'UNSUPPORTED', 'tokens are given on GET');
    }
    const { authorization } = request.headers;
    const known = this.isPusher(authorization);
    if (authorization !== undefined && !known) {
      throw new Refusal(401, 'UNAUTHORIZED', 'wrong user or password');
    }
    const mayWrite = known || this.push === 'anonymous';
    const granted = url.searchParams
      .getAll('scope')
      .flatMap((text) => text.split(' '))
      .flatMap((scope) => {
        const [, name = '', actions = ''] = /^repository:([^:]+):([a-z,]+)$/.exec(scope) ?? [];
        return actions.split(',').map((action) => [name, action] as const);
      })
      .filter(([name, action]) => name !== '' && (action === 'pull' || mayWrite))
      .map(([name, action]) => `repository:${name}:${action}`);
    const token = randomUUID();
    const [oldest] = this.tokens.keys();
    if (oldest !== undefined && this.tokens.size >= MAX_TOKENS) this.tokens.delete(oldest);
    this.tokens.set(token, new Set(granted));
    // As on ghcr: no `expires_in`.
    sendJson(response, { token });
  }

  /** Passes a request for a repository (or for `/v2/` itself) on. @throws Refusal 401 with a challenge */
  check(request: IncomingMessage, repository: string | undefined, refuse: boolean): void {
    const action = actionOf(request.method);
    const wanted =
      repository === undefined ? 'repository:user/image:pull' : `repository:${repository}:${action}`;
    const challenge = this.challenge(wanted.replace(/:push$/, ':pull,push'));
    if (refuse) throw challenge;
    const { authorization = '' } = request.headers;
    if (!this.withTokens) {
      if (action === 'pull' || this.push === 'anonymous' || this.isPusher(authorization)) return;
      throw challenge;
    }
    const granted = this.tokens.get(/^Bearer (\S+)$/i.exec(authorization)?.[1] ?? '');
    if (granted === undefined || (repository !== undefined && !granted.has(wanted))) throw challenge;
  }
}
