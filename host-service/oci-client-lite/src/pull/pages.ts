import { OciError } from '../errors.ts';
import { readAll } from '../http/body.ts';
import type { RawAnswer } from '../http/transport.ts';
import type { Endpoint } from '../registry/endpoints.ts';
import type { Call, Session } from '../registry/session.ts';

export interface Page {
  readonly answer: RawAnswer;
  readonly bytes: Uint8Array;
}

/** Target of `Link: <...>; rel="next"` (RFC 8288); undefined when there is no next page. */
function nextLink(answer: RawAnswer, endpoint: Endpoint): URL | undefined {
  const link = answer.header('link');
  const target = /<([^>]{1,4096})>\s*;[^,]*\brel="?next"?/i.exec(link ?? '')?.[1];
  if (target === undefined) return undefined;
  const url = URL.canParse(target, answer.url.href) ? new URL(target, answer.url.href) : undefined;
  if (url?.origin !== endpoint.base.origin) {
    const detail = 'the next page lies at another origin; it is not fetched';
    throw new OciError('redirect-refused', endpoint.registry, detail);
  }
  return url;
}

/**
 * All pages of a listing, bounded in number and size. `wanted` ends it early (an answer that is no listing).
 *
 * @throws OciError `too-large` when there are more pages than allowed, `redirect-refused` for pages elsewhere
 */
export async function* pagesOf(
  session: Session,
  endpoint: Endpoint,
  call: Call,
  wanted: (answer: RawAnswer) => boolean,
): AsyncGenerator<Page> {
  const { runtime } = session;
  let url: URL | undefined = call.url;
  for (let page = 0; url !== undefined; page += 1) {
    if (page >= runtime.pages) {
      throw new OciError('too-large', endpoint.registry, `${call.what}: more than ${runtime.pages} pages`);
    }
    const answer = await session.send(endpoint, { ...call, url });
    const context = { runtime, registry: endpoint.registry, signal: call.signal, what: call.what };
    const bytes = await readAll(answer, runtime.manifestBytes, context);
    if (!wanted(answer)) return;
    yield { answer, bytes };
    url = nextLink(answer, endpoint);
  }
}
