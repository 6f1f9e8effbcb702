import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the service knows of a code. */
export type CodeState = 'open' | 'expired' | 'consumed' | 'superseded' | 'tenant_mismatch';
/** How it behaves: as it should; never answers; talks nonsense; redeems and drops the line before it answers; is out of order. */
export type LicenceMood = 'good' | 'hang' | 'garbage' | 'lose' | 'outage' | 'flood';

interface Asked {
  readonly code: string;
  readonly applianceId: string;
  readonly key: string | undefined;
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
/** A licence that never ends, as the vendor marks it. */
const FOREVER = 9_999_999_999;

/** A stand-in of the vendor's licence service, over real HTTP on loopback. It counts what it gives away. */
export class LicenceService {
  readonly codes = new Map<string, CodeState>();
  readonly asked: Asked[] = [];
  mood: LicenceMood = 'good';
  /** Seconds since 1970. */
  expiresAt = FOREVER;
  redemptions = 0;
  /** Good answers by idempotency key: the same question has the same answer. */
  readonly #answers = new Map<string, { readonly asked: Asked; readonly text: string }>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#serve(request, response).catch(() => response.destroy());
    });
  }

  static async start(): Promise<LicenceService> {
    const service = new LicenceService();
    await new Promise<void>((resolve) => service.#server.listen(0, '127.0.0.1', resolve));
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** As on the first day: no answer is kept for any key. */
  forget(): void {
    this.#answers.clear();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method !== 'POST' || request.url !== '/register') return void response.writeHead(404).end();
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>;
    const key = request.headers['idempotency-key'];
    const asked: Asked = {
      code: String(body['claim_code']),
      applianceId: String(body['appliance_id']),
      key: typeof key === 'string' ? key : undefined,
    };
    this.asked.push(asked);
    if (this.mood === 'hang') return;
    if (this.mood === 'outage') return void response.writeHead(503, { 'retry-after': '1' }).end('try later');
    if (this.mood === 'flood') return void response.writeHead(200).end(`"${'x'.repeat(200_000)}"`);
    const { status, text } = this.#judge(asked);
    if (this.mood === 'garbage') return void response.writeHead(200).end('<html>It works!</html>');
    if (this.mood === 'lose') return void request.socket.destroy();
    response.writeHead(status, { 'content-type': 'application/json' }).end(text);
  }

  #judge(asked: Asked): { readonly status: number; readonly text: string } {
    const stored = asked.key === undefined ? undefined : this.#answers.get(asked.key);
    if (stored?.asked.code === asked.code) return { status: 200, text: stored.text };
    const state = this.codes.get(asked.code) ?? 'invalid';
    if (state !== 'open') return { status: 422, text: JSON.stringify({ error: state }) };
    this.codes.set(asked.code, 'consumed');
    this.redemptions += 1;
    const text = JSON.stringify(this.#licence(asked));
    if (asked.key !== undefined) this.#answers.set(asked.key, { asked, text });
    return { status: 200, text };
  }

  #licence({ applianceId }: Asked): Record<string, unknown> {
    const claims = { sub: applianceId, exp: this.expiresAt, n: this.redemptions };
    return {
      license_token: `${part({ alg: 'EdDSA' })}.${part(claims)}.c2lnbmF0dXJl`,
      appliance_credential: `credential-${this.redemptions}-of-${applianceId}`,
      check_in_url: 'https://license.example.com/check-in',
      tenant_id: `tenant-${this.redemptions}`,
      edition: 'ee',
      company: 'Customer Ltd',
    };
  }
}
