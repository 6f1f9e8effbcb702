/** Parts of the screen that an address can lead to. */
export const SECTIONS = ['proxy', 'authorities', 'resolvers', 'time', 'hosts'] as const;
export type NetworkSection = (typeof SECTIONS)[number];

/** Id of a section or of the card of one host, for links. */
export const anchorOf = (section: NetworkSection, host?: string): string =>
  host === undefined ? `network-${section}` : `network-host-${host.replace(/[^A-Za-z0-9.-]/g, '_')}`;

/** Where this screen is, seen from another one: `from` is where one returns to. */
export function networkPath(from: string, section?: NetworkSection, host?: string): string {
  const hash = section === undefined ? '' : `#${anchorOf(section, host)}`;
  return `/network?from=${encodeURIComponent(from)}${hash}`;
}

/** Where one came from; addresses that are not this page's own lead to the first screen. */
export function originOf(search: string): string {
  const from = new URLSearchParams(search).get('from') ?? '/';
  return /^\/(setup\/(answers|release|checks|plan|install)|overview)?$/.test(from) ? from : '/';
}
