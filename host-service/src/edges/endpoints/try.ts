import type { EndpointReport, EndpointWish } from '../../contract/host/endpoint.ts';
import { measureEndpoint, type Along } from './measure.ts';

/** Milliseconds within which a person has an answer, however many hops there are. */
const TRY_MS = 9_000;

const clock = { now: () => new Date(), monotonic: () => performance.now() };

/**
 * Goes to an address once and answers within nine seconds with the hops that it has seen until then: what does not answer is named as such.
 *
 * @throws the signal's reason when the caller gives up
 */
export async function tryEndpoint(
  wish: EndpointWish,
  along: Along,
  signal: AbortSignal,
): Promise<EndpointReport> {
  const deadline = AbortSignal.timeout(TRY_MS);
  const host = URL.parse(wish.url)?.host ?? wish.url;
  const late = { code: 'registry.timeout', detail: `${host}: no answer within ${TRY_MS / 1000} s` } as const;
  try {
    const report = await measureEndpoint(wish, clock, AbortSignal.any([signal, deadline]), along);
    signal.throwIfAborted();
    return deadline.aborted && report.problem?.code === 'registry.cancelled'
      ? { ...report, problem: late }
      : report;
  } catch (error) {
    signal.throwIfAborted();
    if (!deadline.aborted) throw error;
    return { url: wish.url, at: new Date().toISOString(), via: 'direct', problem: late };
  }
}
