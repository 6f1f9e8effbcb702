import type { RegistryOverride } from '../../contract/appliance.ts';
import { EndpointWish, MAX_ENDPOINTS } from '../../contract/host/endpoint.ts';
import type { Release } from '../../contract/release.ts';
import { referencesOf } from '../release/allowed.ts';

/** How this box goes to other hosts. */
export interface WayOut {
  readonly registries: readonly RegistryOverride[];
  readonly proxy?:
    | {
        readonly http?: string | undefined;
        readonly https?: string | undefined;
        readonly noProxy?: string | undefined;
      }
    | undefined;
}

/** The addresses that a release is fetched from, each as this box will go there: its mirror, its proxy, the authorities that were added. */
export function endpointsOf(release: Release, repository: string, way: WayOut): readonly EndpointWish[] {
  const repositories = [repository, ...referencesOf(release).map(({ artifact }) => artifact.repository)];
  const hosts = [...new Set(repositories.map((one) => one.slice(0, one.indexOf('/'))))];
  const wishes = hosts.flatMap((host) => {
    const wish = EndpointWish.safeParse(wishOf(host, way));
    return wish.success ? [wish.data] : [];
  });
  return [...new Map(wishes.map((wish) => [wish.url, wish])).values()].slice(0, MAX_ENDPOINTS);
}

function wishOf(host: string, { registries, proxy }: WayOut): unknown {
  const override = registries.find((one) => one.host === host);
  const mirror = URL.parse(override?.mirrors[0] ?? '');
  // A registry on this very machine is spoken to in the clear, as the registry client does.
  const isPlain = override?.plainHttp ?? /^(127\.|localhost(:|$)|\[::1\])/.test(host);
  const origin = mirror?.origin ?? `${isPlain ? 'http' : 'https'}://${host}`;
  const url = new URL('/v2/', origin);
  const through = isLeftOut(url, proxy?.noProxy ?? '') ? undefined : proxy?.[schemeOf(url)];
  return {
    url: url.href,
    ...(through === undefined ? {} : { proxy: withoutUser(through) }),
    ...(override?.ca === undefined ? {} : { ca: override.ca }),
  };
}

const schemeOf = ({ protocol }: URL): 'http' | 'https' => (protocol === 'http:' ? 'http' : 'https');

/** A password must not stand in an object that others read. */
function withoutUser(proxy: string): string {
  const url = new URL(proxy);
  url.username = '';
  url.password = '';
  return url.href;
}

/** `no_proxy` as most programs read it: names with all below them, addresses, `*`. This box itself never goes through a proxy. */
function isLeftOut({ hostname, host }: URL, noProxy: string): boolean {
  if (/^(127\.|localhost$|\[::1\]$)/.test(hostname)) return true;
  return noProxy
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      const name = entry.replace(/^\*?\./, '');
      return entry === '*' || name === host || name === hostname || hostname.endsWith(`.${name}`);
    });
}
