import { fileURLToPath } from 'node:url';
import { createApi } from './api/app.ts';
import type { Parts } from './compose.ts';
import { Problem } from './contract/problem.ts';
import { listen, type Drain } from './edges/listener/listener.ts';
import { createMetrics } from './edges/metrics/metrics.ts';
import { openPage } from './edges/page/page.ts';
import type { ApiHost } from './engine/handle/handle.ts';

/** The built page beside the program. */
export const PAGE = fileURLToPath(new URL('../../setup-ui/dist/', import.meta.url));

/** How long a pod stays on after SIGTERM, milliseconds (design §6.4). All of it fits into a grace period of 30 s. */
export const DRAIN = { serveOnMs: 5_000, graceMs: 20_000 } as const;

/** API, page, probes and figures on the configured address. */
export interface Server {
  readonly address: string;
  /** Serves on, says goodbye to streams, finishes what is under way and closes. */
  drain(times?: Pick<Drain, 'serveOnMs' | 'graceMs'>): Promise<void>;
  close(): Promise<void>;
}

/** Listens. Works on every replica, whoever leads. @throws Problem config.invalid when the address cannot be had */
export async function serve(parts: Parts, state: ApiHost['state']): Promise<Server> {
  const { config, own, clock, log, handle, access, engine, leader } = parts;
  const closing = new AbortController();
  const metrics = createMetrics(own.build, {
    registry: () => engine.ports.registry.counters(),
    isLeader: leader.mayWrite,
  });
  const { version, build, contract, sourceRevision, built } = own;
  const api = createApi(
    { handle, access, product: engine.product, version, build, state },
    {
      ...{ clock, log, contract, sourceRevision, built },
      cookies: config.cookies,
      page: await openPage(config.ui ?? PAGE),
      meter: metrics,
      closing: closing.signal,
    },
  );
  const listener = await listen(config.listen, (request, connection) => api.fetch(request, connection)).catch(
    (cause: unknown) => {
      throw new Problem('config.invalid', `cannot listen on ${config.listen}`, { cause });
    },
  );
  return {
    address: listener.address,
    drain: (times = DRAIN) =>
      listener.drain({
        ...times,
        // Only a Service's list of addresses can be late; anywhere else nobody comes who is not connected already.
        endsEarly: config.kubernetes !== 'in-cluster',
        onServedOn: () => closing.abort(),
      }),
    close: async () => {
      closing.abort();
      metrics.close();
      await listener.close();
    },
  };
}
