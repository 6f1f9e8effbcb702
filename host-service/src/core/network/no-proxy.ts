/** Names inside the platform, and the networks that its pods and services have: a proxy cannot know them. */
const INSIDE = ['localhost', '.svc', '.cluster.local', '10.42.0.0/16', '10.43.0.0/16'] as const;

/** Proxies by the scheme of the target, and who is reached without. */
export interface ProxySettings {
  readonly http?: string | undefined;
  readonly https?: string | undefined;
  readonly noProxy?: string | undefined;
}

/** What a person leaves out and what never goes through a proxy, as one text for clients that know nothing of this box. */
export const withInside = (noProxy: string | undefined): string =>
  [...new Set([...entriesOf(noProxy), ...INSIDE, '127.0.0.0/8', '::1'])].join(',');

/** The proxy for an address, if there is one. The box itself and what is inside the platform is never reached through it. */
export function proxyFor(url: URL, proxy: ProxySettings | undefined): URL | undefined {
  const text = url.protocol === 'https:' ? proxy?.https : proxy?.http;
  if (text === undefined || text === '' || isLeftOut(url, proxy?.noProxy)) return undefined;
  return URL.parse(text) ?? undefined;
}

/** `no_proxy` as most programs read it: names with all below them, addresses, networks, `name:port`, `*`. */
export function isLeftOut(url: URL, noProxy: string | undefined): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  if (/^127\.|(^|\.)localhost$|^::1$/.test(host)) return true;
  return [...INSIDE, ...entriesOf(noProxy)].some((entry) => matches(host, port, entry.toLowerCase()));
}

const entriesOf = (noProxy = ''): readonly string[] =>
  noProxy.split(/[\s,]+/).filter((entry) => entry !== '');

function matches(host: string, port: string, entry: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return isInside(host, entry);
  const isAddress = entry.split(':').length > 2;
  const [, name = '', wanted] = isAddress
    ? ['', entry.replace(/^\[|\]$/g, '')]
    : (/^\*?\.?([^:]*)(?::(\d+))?$/.exec(entry) ?? []);
  if (name === '' || (wanted !== undefined && wanted !== port)) return false;
  return host === name || (bitsOf(host) === undefined && host.endsWith(`.${name}`));
}

/** Whether an address lies in a network such as `10.0.0.0/8` or `fd00::/8`. */
function isInside(host: string, network: string): boolean {
  const [base = '', length = ''] = network.split('/');
  const [address, start] = [bitsOf(host), bitsOf(base)];
  if (address === undefined || start === undefined || address.length !== start.length) return false;
  const bits = /^\d{1,3}$/.test(length) ? Number(length) : -1;
  return bits >= 0 && bits <= start.length && address.slice(0, bits) === start.slice(0, bits);
}

/** An address as text of 32 or 128 bits; undefined for a name. */
function bitsOf(address: string): string | undefined {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) {
    const bytes = address.split('.').map(Number);
    return bytes.every((byte) => byte < 256) ? bytes.map((byte) => binary(byte, 8)).join('') : undefined;
  }
  const url = address.includes(':') ? URL.parse(`http://[${address}]/`) : null;
  if (url === null) return undefined;
  const [head = '', tail] = url.hostname.slice(1, -1).split('::');
  const groups = (text: string): readonly string[] => (text === '' ? [] : text.split(':'));
  const [left, right] = [groups(head), groups(tail ?? '')];
  const gap = tail === undefined ? 0 : 8 - left.length - right.length;
  const all = [...left, ...Array.from({ length: gap }, () => '0'), ...right];
  return all.map((group) => binary(Number.parseInt(group, 16), 16)).join('');
}

const binary = (value: number, length: number): string => value.toString(2).padStart(length, '0');
