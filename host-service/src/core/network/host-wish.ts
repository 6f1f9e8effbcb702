import type { ApplianceSpec } from '../../contract/appliance.ts';
import type { EndpointWish } from '../../contract/host/endpoint.ts';
import type { HostSpec } from '../../contract/objects.ts';
import { canonical } from '../json.ts';
import { withInside } from './no-proxy.ts';
import { joined } from './way-out.ts';

/** The part of a host's wish that is about the way out. */
export type NetworkWish = Pick<HostSpec, 'network' | 'registries'>;

/** What hosts are asked for: all that a person has set, without passwords; nothing where nothing is set. Certificates stand there once. */
export function networkWish({
  network,
  registries,
}: Pick<ApplianceSpec, 'network' | 'registries'>): NetworkWish {
  const { proxy, ca, resolvers = [], timeServers = [] } = network ?? {};
  const isSet = proxy !== undefined || ca !== undefined || resolvers.length > 0 || timeServers.length > 0;
  const mirrored = registries.filter(({ mirrors }) => mirrors.length > 0);
  return {
    ...(isSet
      ? {
          network: {
            ...(proxy === undefined ? {} : { proxy: { ...proxy, noProxy: withInside(proxy.noProxy) } }),
            ...(ca === undefined ? {} : { ca }),
            ...{ resolvers, timeServers },
          },
        }
      : {}),
    ...(mirrored.length === 0
      ? {}
      : { registries: mirrored.map(({ host, mirrors }) => ({ host, mirrors: [...mirrors] })) }),
  };
}

/** Whether a host is asked for just this already. */
export const isAsked = ({ network, registries }: NetworkWish, wish: NetworkWish): boolean =>
  canonical([network, registries]) === canonical([wish.network, wish.registries]);

/** An address to try, with the authorities that count for every host beside its own. */
export function withAuthorities(wish: EndpointWish, ca: string | undefined): EndpointWish {
  const all = joined(wish.ca, ca);
  return all === undefined ? wish : { ...wish, ca: all };
}

/** By member, what a host that does not carry it out leaves undone. */
const UNDONE = {
  resolvers: 'the program on this host does not set name servers yet',
  timeServers: 'the program on this host does not set time servers yet',
  proxy: 'the program on this host does not lead the platform through a proxy yet',
  ca: 'the program on this host does not give authorities to the platform yet',
  registries: 'the program on this host does not give mirrors to the platform yet',
} as const;

const nameOf = (member: string): string =>
  member === 'registries' ? 'network.mirrors' : `network.${member}`;

/** A sentence for each wish about the network, for a host whose program carries none of them out. */
export function networkRefusals(spec: NetworkWish | undefined): readonly string[] {
  const { proxy, ca, resolvers = [], timeServers = [] } = spec?.network ?? {};
  const wanted: Readonly<Record<keyof typeof UNDONE, boolean>> = {
    resolvers: resolvers.length > 0,
    timeServers: timeServers.length > 0,
    proxy: proxy !== undefined,
    ca: ca !== undefined,
    registries: (spec?.registries ?? []).length > 0,
  };
  return Object.entries(UNDONE)
    .filter(([member]) => Object.entries(wanted).some(([name, is]) => name === member && is))
    .map(([member, text]) => `${nameOf(member)}: ${text}`);
}

/** Whether a host speaks of a wish about the network. */
export const isNetworkWish = (what: string): boolean => /^network(\.[A-Za-z]+)?(:|$)/.test(what);
