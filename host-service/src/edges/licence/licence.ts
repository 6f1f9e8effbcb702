import { runtimeOf } from 'oci-client-lite/defaults.ts';
import { isLoopbackHost } from 'oci-client-lite/http/addresses.ts';
import { Transport, type RawAnswer } from 'oci-client-lite/http/transport.ts';
import { isOciError } from 'oci-client-lite/errors.ts';
import { safeLine } from '../../contract/problem.ts';
import { clientProxy, type Credential, type WayOut } from '../../core/network/way-out.ts';
import type { LicenceAnswer } from '../../core/setup/licence-answer.ts';
import type { Licence } from '../../engine/ports.ts';
import { licenceAnswerOf, unavailable } from './answer.ts';

/** Milliseconds and bytes. An answer is some 4 KiB. */
const LIMITS = { connectMs: 5_000, answerMs: 10_000, answerBytes: 64 * 1024 } as const;
const MAX_RETRY_AFTER_MS = 3_600_000;

/** How the service is reached: own certificates of hosts (its own is among them where a box has been told of it), authorities, proxy. */
export interface LicenceWay extends WayOut {
  readonly proxyCredential?: Credential | undefined;
}

export interface LicenceOptions {
  readonly userAgent: string;
  /** Asked before each question: a person may change the way at any time. */
  readonly way: (signal: AbortSignal) => Promise<LicenceWay>;
  readonly limits?: { readonly answerMs?: number };
}

function transportFor(userAgent: string, way: LicenceWay, answerMs: number): Transport {
  const own = way.registries.flatMap(({ host, ca }) =>
    ca === undefined ? [] : [[host, { ca: [ca] }] as const],
  );
  const proxy = clientProxy(way.proxy, way.proxyCredential);
  return new Transport(
    runtimeOf({
      ...{ userAgent, registries: Object.fromEntries(own) },
      ...(proxy === undefined ? {} : { proxy }),
      ...(way.ca === undefined ? {} : { ca: [way.ca] }),
      timeouts: { connectMs: LIMITS.connectMs, headersMs: answerMs },
    }),
  );
}

/** The licence service over HTTP, by the way that the registries take: proxy, own certificates. It sends nobody elsewhere: redirects are no answer. */
export function createLicence(options: LicenceOptions): Licence {
  const { userAgent } = options;
  const limits = { ...LIMITS, ...options.limits };
  return {
    redeem: async (question, signal) => {
      const url = new URL('register', question.url.endsWith('/') ? question.url : `${question.url}/`);
      if (url.protocol !== 'https:' && !isLoopbackHost(url.host))
        return unavailable('register.unreachable', `${url.host} is not asked without encryption`);
      const deadline = AbortSignal.timeout(limits.answerMs);
      const { code, applianceId, key } = question;
      const transport = transportFor(userAgent, await options.way(signal), limits.answerMs);
      try {
        const answer = await transport.send({
          ...{ method: 'POST', url, registry: url.host },
          headers: { 'content-type': 'application/json', accept: 'application/json', 'idempotency-key': key },
          body: Buffer.from(JSON.stringify({ claim_code: code, appliance_id: applianceId })),
          signal: AbortSignal.any([signal, deadline]),
        });
        return taken(answer, await textOf(answer, limits.answerBytes), applianceId);
      } catch (error) {
        signal.throwIfAborted();
        const why = deadline.aborted ? `no answer within ${limits.answerMs} ms` : detailOf(error);
        return unavailable('register.unreachable', safeLine(`${url.host}: ${why}`));
      } finally {
        await transport.close();
      }
    },
  };
}

function taken(answer: RawAnswer, text: string | undefined, applianceId: string): LicenceAnswer {
  if (text === undefined) return unavailable('register.answer-invalid', 'its answer is too large');
  const said = licenceAnswerOf(answer.status, text, applianceId);
  const seconds = /^\d{1,6}$/.exec(answer.header('retry-after') ?? '')?.[0];
  if (said.kind !== 'unavailable' || seconds === undefined) return said;
  return { ...said, retryAfterMs: Math.min(Number(seconds) * 1000, MAX_RETRY_AFTER_MS) };
}

/** The body as text; undefined when there is more than `most` bytes. */
async function textOf({ body }: RawAnswer, most: number): Promise<string | undefined> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    size += piece.length;
    if (size > most) {
      body.destroy();
      return undefined;
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** Why a connection failed. It names hosts and never what was sent. */
const detailOf = (error: unknown): string =>
  isOciError(error) ? error.detail : 'the connection ended before the answer was complete';
