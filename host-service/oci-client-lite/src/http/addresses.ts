import { BlockList, isIP, isIPv4 } from 'node:net';

/** How far an address is from the public network; decides where a registry may send us. */
export type AddressClass = 'public' | 'private' | 'loopback' | 'link-local' | 'special';

function list(...ranges: readonly (readonly [string, number])[]): BlockList {
  const blocks = new BlockList();
  for (const [net, prefix] of ranges) blocks.addSubnet(net, prefix, isIPv4(net) ? 'ipv4' : 'ipv6');
  return blocks;
}

const CLASSES: readonly (readonly [AddressClass, BlockList])[] = [
  ['loopback', list(['127.0.0.0', 8], ['::1', 128])],
  ['link-local', list(['169.254.0.0', 16], ['fe80::', 10])],
  ['special', list(['0.0.0.0', 8], ['224.0.0.0', 3], ['::', 128], ['ff00::', 8], ['192.0.0.0', 24])],
  [
    'private',
    list(
      ['10.0.0.0', 8],
      ['172.16.0.0', 12],
      ['192.168.0.0', 16],
      ['100.64.0.0', 10],
      ['198.18.0.0', 15],
      ['fc00::', 7],
    ),
  ],
];

/** The IPv4 address inside an IPv4-mapped, 6to4, NAT64 or IPv4-compatible IPv6 address, in dotted form. */
function embeddedV4(address: string): string | undefined {
  const host = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = '', tail = ''] = host.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const groups = host.includes('::')
    ? [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right]
    : left;
  const words = groups.map((group) => Number.parseInt(group, 16));
  const dotted = (hi = 0, lo = 0): string => [hi >> 8, hi & 255, lo >> 8, lo & 255].join('.');
  if (words[0] === 0x2002) return dotted(words[1], words[2]);
  const zeros = words.slice(0, 5).every((word) => word === 0);
  if (zeros && (words[5] === 0xffff || (words[5] === 0 && (words[6] ?? 0) !== 0)))
    return dotted(words[6], words[7]);
  if (words[0] === 0x64 && words[1] === 0xff9b) return dotted(words[6], words[7]);
  return undefined;
}

/** Class of an IP literal (no brackets, zone ignored); undefined for a name. */
export function addressClass(text: string): AddressClass | undefined {
  const address = text.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  const family = isIP(address);
  if (family === 0) return undefined;
  if (family === 6) {
    const inner = embeddedV4(address);
    if (inner !== undefined) return addressClass(inner);
  }
  const type = family === 4 ? 'ipv4' : 'ipv6';
  return CLASSES.find(([, blocks]) => blocks.check(address, type))?.[0] ?? 'public';
}

/** Host of a URL or `host:port` without port and brackets. */
export function bareHost(host: string): string {
  return host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host.replace(/:\d+$/, '');
}

/** True for `localhost`, `*.localhost`, 127.0.0.0/8 and ::1. */
export function isLoopbackHost(host: string): boolean {
  const bare = bareHost(host).toLowerCase();
  return bare === 'localhost' || bare.endsWith('.localhost') || addressClass(bare) === 'loopback';
}

/**
 * Whether a host reached from a registry of class `from` may be of class `to`. Public is always allowed, the
 * registry's own class too, link-local (cloud metadata) and special addresses never.
 */
export function mayReach(from: AddressClass, to: AddressClass): boolean {
  if (to === 'public') return true;
  return to === from && (to === 'private' || to === 'loopback');
}
