import type { EndpointReport } from '../../contract/host/endpoint.ts';
import type { NeededHost, NetworkView } from '../../contract/network/view.ts';
import { authorityViews } from '../../core/network/authorities.ts';
import { isNetworkWish } from '../../core/network/host-wish.ts';
import type { Need } from '../../core/network/needed.ts';
import { accessOf, accessOfUrl, type WayOut } from '../../core/network/way-out.ts';
import type { Engine } from '../engine.ts';
import type { Setting } from '../handle/setting.ts';
import { readNetwork, type NetworkSight } from './sight.ts';

/** As many as the contract lets stand. */
const MAX = { hosts: 32, rejected: 32, fixed: 16 } as const;

/** The way out of this box as people may read it: no password is in it. Problems cluster.*. */
export async function networkView(setting: Setting, signal: AbortSignal): Promise<NetworkView> {
  const sight = await readNetwork(setting, signal);
  const { settings, proxyCredential, hosts } = sight;
  const own = [...setting.engine.memory.ownReports.values()].flatMap(({ report }) => report ?? []);
  return {
    revision: sight.revision,
    settings,
    fixed: fixedOf(setting.engine, sight),
    proxyCredential: credentialView(proxyCredential?.username),
    authorities: [...authorityViews(settings.ca)],
    hosts: sight.needs.slice(0, MAX.hosts).map((need) => neededView(need, sight, own)),
    rejected: hosts
      .flatMap(({ name, status }) =>
        (status?.rejected ?? [])
          .filter(({ what }) => isNetworkWish(what))
          .map(({ what, code }) => ({ host: name, what, code })),
      )
      .slice(0, MAX.rejected),
  };
}

/** What the program's own file says and nobody has said otherwise. */
function fixedOf({ proxy, registries }: Engine, { spec }: NetworkSight): NetworkView['fixed'] {
  const own = new Set(spec.registries.filter(({ mirrors }) => mirrors.length > 0).map(({ host }) => host));
  return {
    proxy: proxy !== undefined && spec.network.proxy === undefined,
    ca: registries.some(({ ca }) => ca !== undefined),
    registries: registries
      .map(({ host }) => host)
      .filter((host) => !own.has(host))
      .slice(0, MAX.fixed),
  };
}

const credentialView = (user: string | undefined): NeededHost['credential'] =>
  user === undefined ? { isSet: false } : { isSet: true, user };

function neededView({ host, use }: Need, sight: NetworkSight, own: readonly EndpointReport[]): NeededHost {
  const { way, credentials, hosts } = sight;
  const access = accessFor({ host, use }, way);
  const url = access === undefined ? undefined : `${access.origin}/`;
  const report = [...own, ...hosts.flatMap(({ status }) => status?.endpoints ?? [])].find(
    (one) => url !== undefined && one.url.startsWith(url),
  );
  return {
    ...{ host, use },
    mirrors: [...(way.registries.find((one) => one.host === host)?.mirrors ?? [])],
    via: access?.proxy?.host ?? 'direct',
    credential: credentialView(credentials.get(host)?.username),
    ...(report === undefined ? {} : { report }),
  };
}

/** How a needed host is reached first. */
export function accessFor({ host, use }: Need, way: WayOut): ReturnType<typeof accessOf> {
  if (use === 'registry') return accessOf(host, way);
  const url = URL.parse(`https://${host}/`);
  return url === null ? undefined : accessOfUrl(url, way);
}
