/** What a host is asked for of the network, by member of its wish. */
export const NETWORK_WISHES = ['proxy', 'ca', 'resolvers', 'timeServers', 'registries'] as const;
export type NetworkWish = (typeof NETWORK_WISHES)[number];

/** The sentence about a wish that a host does not carry out begins with its name. */
export const isNetworkWish = (what: string): boolean =>
  NETWORK_WISHES.some((name) => what === `network.${name}` || what.startsWith(`network.${name}:`));
