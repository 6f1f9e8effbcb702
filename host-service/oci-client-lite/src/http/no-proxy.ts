import { BlockList, isIP } from 'node:net';
import type { ProxySettings } from '../types.ts';
import { bareHost, isLoopbackHost } from './addresses.ts';

/** Names inside a cluster; a forward proxy cannot know them. */
const CLUSTER_SUFFIXES = ['.svc', '.cluster.local'];

function inRange(host: string, entry: string): boolean {
  const [net = '', bits = ''] = entry.split('/');
  const family = isIP(net);
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(bits)) return false;
  if (Number(bits) > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const blocks = new BlockList();
  blocks.addSubnet(net, Number(bits), type);
  return blocks.check(host, type);
}

function matches(host: string, port: string, raw: string): boolean {
  const entry = raw.toLowerCase();
  if (entry === '*') return true;
  if (entry.includes('/')) return inRange(host, entry);
  const bareV6 = isIP(entry) === 6;
  const name = bareV6 ? entry : bareHost(entry).replace(/^\*?\./, '');
  const wantedPort = bareV6 ? undefined : /:(\d+)$/.exec(entry.replace(/^\[[^\]]*\]/, ''))?.[1];
  if (wantedPort !== undefined && wantedPort !== port) return false;
  return name !== '' && (host === name || (isIP(host) === 0 && host.endsWith(`.${name}`)));
}

/** True when `noProxy` (names, suffixes, ports, addresses, CIDR ranges) or a local name keeps this URL off the proxy. */
export function bypassesProxy(url: URL, noProxy: string | undefined): boolean {
  const host = bareHost(url.host).toLowerCase();
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  if (isLoopbackHost(host) || CLUSTER_SUFFIXES.some((suffix) => host.endsWith(suffix))) return true;
  return (noProxy ?? '')
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => matches(host, port, entry));
}

/** The forward proxy for this URL, if any. */
export function proxyFor(url: URL, settings: ProxySettings | undefined): URL | undefined {
  const text = url.protocol === 'https:' ? settings?.https : settings?.http;
  if (text === undefined || text === '' || bypassesProxy(url, settings?.noProxy)) return undefined;
  const full = text.includes('://') ? text : `http://${text}`;
  return URL.canParse(full) ? new URL(full) : undefined;
}
