import type { ApplianceSpec } from '../../contract/appliance.ts';
import type { EndpointReport, EndpointWish } from '../../contract/host/endpoint.ts';
import { problemOf } from '../../contract/problem.ts';
import { withAuthorities } from '../../core/network/host-wish.ts';
import { credentialIn } from '../../core/network/source-access.ts';
import { wayOutOf, type Credential } from '../../core/network/way-out.ts';
import { wakeIn, type Engine } from '../engine.ts';
import type { Cluster } from '../ports.ts';
import { readProxyCredential } from './secrets.ts';

/** Milliseconds for which a measurement counts: when all is well, and while an address does not answer. */
const FRESH = { goodMs: 60_000, troubledMs: 10_000 } as const;

/** The name and password for the proxy that is in force; undefined where there is no proxy or it wants none. Problems cluster.*. */
export async function proxyCredentialOf(
  engine: Pick<Engine, 'registries' | 'proxy' | 'namespace'>,
  cluster: Pick<Cluster, 'get'>,
  spec: Pick<ApplianceSpec, 'registries' | 'network'>,
  signal: AbortSignal,
): Promise<Credential | undefined> {
  const { proxy } = wayOutOf(engine, spec);
  if (proxy === undefined) return undefined;
  const url = URL.parse(proxy.https ?? proxy.http ?? '');
  if (spec.network?.proxy === undefined) return url === null ? undefined : credentialIn(url);
  return (await readProxyCredential(cluster, engine.namespace, signal)).credential;
}

/** Whether only we can try this address: hosts are not given the password that its proxy wants. */
export const isOurs = (wish: EndpointWish, credential: Credential | undefined): boolean =>
  wish.proxy !== undefined && credential !== undefined;

/**
 * What we have measured ourselves, because a proxy wants a password that no object of a host may carry. Never waits: what is missing or old is measured
 * meanwhile, and the next look sees it.
 */
export function ownReports(
  engine: Engine,
  wishes: readonly EndpointWish[],
  { credential, ca }: { readonly credential: Credential | undefined; readonly ca: string | undefined },
): readonly EndpointReport[] {
  const ours = wishes.filter((wish) => isOurs(wish, credential));
  return ours.flatMap((wish) => look(engine, withAuthorities(wish, ca), credential) ?? []);
}

function look(
  engine: Engine,
  wish: EndpointWish,
  credential: Credential | undefined,
): EndpointReport | undefined {
  const { memory, network, ports } = engine;
  if (network === undefined) return undefined;
  const { clock } = ports;
  const key = JSON.stringify([wish, credential]);
  const known = memory.ownReports.get(wish.url);
  const freshMs = known?.report?.problem === undefined ? FRESH.goodMs : FRESH.troubledMs;
  const isFresh = known?.key === key && clock.monotonic() - known.at < freshMs;
  if (!isFresh) {
    const before = known?.key === key ? known.report : undefined;
    memory.ownReports.set(wish.url, { key, report: before, at: clock.monotonic() });
    void network
      .measure(wish, { proxyCredential: credential }, new AbortController().signal)
      .then((report) => {
        if (memory.ownReports.get(wish.url)?.key === key)
          memory.ownReports.set(wish.url, { key, report, at: clock.monotonic() });
      })
      .catch((error: unknown) => {
        const { code, detail } = problemOf(error);
        ports.log.warn('an address could not be measured', { url: wish.url, code, detail });
      });
    wakeIn(engine, 1_000);
  }
  return known?.key === key ? known.report : undefined;
}
