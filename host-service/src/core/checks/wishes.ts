import { EndpointWish, MAX_ENDPOINTS } from '../../contract/host/endpoint.ts';
import type { Release } from '../../contract/release.ts';
import { accessOf, type WayOut } from '../network/way-out.ts';
import { referencesOf } from '../release/allowed.ts';

/** The addresses that releases are fetched from (before one is known, that of the product itself), each as this box will go there: its mirror, its proxy, the authorities that were added. */
export function endpointsOf(
  releases: readonly Release[],
  repository: string,
  way: WayOut,
): readonly EndpointWish[] {
  const named = releases.flatMap(referencesOf).map(({ artifact }) => artifact.repository);
  const repositories = [repository, ...named];
  const hosts = [...new Set(repositories.map((one) => one.slice(0, one.indexOf('/'))))];
  const wishes = hosts.flatMap((host) => {
    const wish = EndpointWish.safeParse(wishOf(host, way));
    return wish.success ? [wish.data] : [];
  });
  return [...new Map(wishes.map((wish) => [wish.url, wish])).values()].slice(0, MAX_ENDPOINTS);
}

function wishOf(host: string, way: WayOut): unknown {
  const access = accessOf(host, way);
  if (access === undefined) return undefined;
  const { origin, proxy, own } = access;
  return {
    url: `${origin}/v2/`,
    ...(proxy === undefined ? {} : { proxy: withoutUser(proxy) }),
    ...(own === undefined ? {} : { ca: own }),
  };
}

/** A password must not stand in an object that others read. */
function withoutUser(proxy: URL): string {
  const url = new URL(proxy);
  url.username = '';
  url.password = '';
  return url.href;
}
