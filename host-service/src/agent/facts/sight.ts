import type { EndpointReport, EndpointWish } from '../../contract/host/endpoint.ts';
import type { HostFacts } from '../../contract/host/facts.ts';
import type { HostSpec, HostStatus } from '../../contract/objects.ts';
import { withAuthorities } from '../../core/network/host-wish.ts';
import type { Clock } from '../../engine/ports.ts';

/** How this machine is measured. Both never reject. */
export interface Measuring {
  host(signal: AbortSignal): Promise<HostFacts>;
  endpoint(wish: EndpointWish, signal: AbortSignal): Promise<EndpointReport>;
}

/** What was measured last. */
export interface Measured extends Pick<HostStatus, 'endpoints' | 'measured'> {
  readonly facts: HostFacts;
}

/** Milliseconds between measurements: when all is well, and while an address does not answer. */
export const MEASURE = { everyMs: 300_000, againMs: 15_000 } as const;

/** What this host was asked to measure, and what came of it. */
export interface Sight {
  /** Takes up the wishes and answers what is known; undefined before the first measurement. */
  take(spec: Pick<HostSpec, 'endpoints' | 'measure' | 'network'>): Measured | undefined;
  /** Whether something new is asked or what is known has become old. */
  isDue(): boolean;
  /** Measures all of it. */
  measure(signal: AbortSignal): Promise<void>;
}

/** Makes one that has seen nothing. */
export function createSight(measuring: Measuring, clock: Pick<Clock, 'now' | 'monotonic'>): Sight {
  const state: {
    wishes: Pick<HostSpec, 'endpoints' | 'measure'>;
    last: (Measured & { readonly key: string; readonly at: number }) | undefined;
  } = { wishes: {}, last: undefined };
  const keyOf = ({ endpoints, measure }: typeof state.wishes): string =>
    JSON.stringify([endpoints ?? [], measure?.id]);
  return {
    take(spec) {
      state.wishes = {
        endpoints: spec.endpoints?.map((wish) => withAuthorities(wish, spec.network?.ca)),
        measure: spec.measure,
      };
      if (state.last === undefined) return undefined;
      const { facts, endpoints, measured } = state.last;
      return { facts, endpoints, measured };
    },
    isDue() {
      const { last, wishes } = state;
      if (last === undefined || last.key !== keyOf(wishes)) return true;
      const isTroubled = last.endpoints?.some(({ problem }) => problem !== undefined) === true;
      return clock.monotonic() - last.at >= (isTroubled ? MEASURE.againMs : MEASURE.everyMs);
    },
    async measure(signal) {
      const { wishes } = state;
      const [facts, endpoints] = await Promise.all([
        measuring.host(signal),
        Promise.all((wishes.endpoints ?? []).map((wish) => measuring.endpoint(wish, signal))),
      ]);
      const at = clock.now().toISOString();
      const measured = wishes.measure === undefined ? { at } : { id: wishes.measure.id, at };
      state.last = { facts, endpoints, measured, key: keyOf(wishes), at: clock.monotonic() };
    },
  };
}
