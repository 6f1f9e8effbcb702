import { randomBytes } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import type { HostFacts } from '../../../contract/host/facts.ts';
import type { Read } from './system.ts';

interface Route {
  readonly device: string;
  readonly destination: number;
  readonly gateway: number;
  readonly mask: number;
  readonly metric: number;
}

/** Devices of the platform's inside (design §2). */
export const INNER = /^(appl0|lo|cni|flannel|veth|kube|docker|cilium)/;
/** 198.18.0.0/15, where services, pods and the box's own inner address lie. */
const RANGE = { first: 0xc6120000, mask: 0xfffe0000 } as const;
const DNS_MS = 2_000;

/** Routes, link, neighbours and name servers, from /proc, /sys and /etc. */
export function networkFacts(read: Read): HostFacts {
  const routes = routesIn(read('proc/net/route'));
  const out = routes
    .filter(({ mask, device }) => mask === 0 && !INNER.test(device))
    .toSorted((a, b) => a.metric - b.metric)[0];
  return { ...wayOut(read, out, routes.length > 0), ...resolverFacts(read), ...overlapOf(routes) };
}

function wayOut(read: Read, out: Route | undefined, isKnown: boolean): HostFacts {
  if (out === undefined) return isKnown ? { networkDevice: 'none', gateway: 'none' } : {};
  const { device } = out;
  const gateway = addressText(out.gateway);
  const carrier = read(`sys/class/net/${device}/carrier`);
  const own = (networkInterfaces()[device] ?? []).filter(({ internal }) => !internal);
  const answers = neighbour(read('proc/net/arp'), gateway);
  return {
    ...{ networkDevice: device, gateway, address: own[0]?.address ?? 'none' },
    ...(carrier === '' ? {} : { linkUp: carrier === '1' }),
    ...(answers === undefined ? {} : { gatewayAnswers: answers }),
  };
}

/** /proc/net/route: addresses are hexadecimal in the order of the processor, little-endian on all that we run on. */
export function routesIn(text: string): readonly Route[] {
  return text.split('\n').flatMap((line) => {
    const [device = '', destination = '', gateway = '', , , , metric = '', mask = ''] = line
      .trim()
      .split(/\s+/);
    const numbers = [destination, gateway, mask].map(addressNumber);
    const [to, via, over] = numbers;
    if (to === undefined || via === undefined || over === undefined) return [];
    return [{ device, destination: to, gateway: via, mask: over, metric: Number(metric) || 0 }];
  });
}

function addressNumber(hex: string): number | undefined {
  if (!/^[0-9A-F]{8}$/i.test(hex)) return undefined;
  const bytes = hex.match(/../g) ?? [];
  return bytes.reduceRight((sum, byte) => sum * 256 + Number.parseInt(byte, 16), 0);
}

const addressText = (address: number): string =>
  [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');

/** Flag 2 = complete. Never asked lately = not known. */
function neighbour(arp: string, gateway: string): boolean | undefined {
  const line = arp.split('\n').find((one) => one.startsWith(`${gateway} `));
  const flags = line?.trim().split(/\s+/)[2];
  return flags === undefined ? undefined : (Number(flags) & 2) !== 0;
}

/** resolv.conf(5); systemd's own list stands behind its stub. */
export function resolverFacts(read: Read): HostFacts {
  const text = read('etc/resolv.conf');
  if (text === '') return {};
  const own = serversIn(text);
  const isStub = own.length > 0 && own.every((server) => server.startsWith('127.0.0.5'));
  const behind = isStub ? serversIn(read('run/systemd/resolve/resolv.conf')) : [];
  const servers = behind.length > 0 ? behind : own;
  return { resolvers: servers.length === 0 ? 'none' : servers.slice(0, 6).join(' ') };
}

const serversIn = (text: string): readonly string[] =>
  [...text.matchAll(/^[ \t]*nameserver[ \t]+([0-9A-Fa-f.:%a-z]{2,64})/gm)].map(([, server = '']) => server);

function overlapOf(routes: readonly Route[]): HostFacts {
  if (routes.length === 0) return {};
  const over = routes.find(({ device, destination, mask }) => {
    if (mask === 0 || INNER.test(device)) return false;
    const common = (mask & RANGE.mask) >>> 0;
    return (destination & common) >>> 0 === (RANGE.first & common) >>> 0;
  });
  if (over === undefined) return { overlappingRoute: 'none' };
  const bits = over.mask.toString(2).replaceAll('0', '').length;
  return { overlappingRoute: `${addressText(over.destination)}/${bits} on ${over.device}` };
}

/** Whether names that cannot exist are answered: below the search domain, where parts of the platform look first, and anywhere. */
export async function wildcardFacts(read: Read): Promise<HostFacts> {
  const servers = serversIn(read('etc/resolv.conf'));
  if (servers.length === 0) return {};
  const resolver = new Resolver({ timeout: DNS_MS, tries: 1 });
  try {
    resolver.setServers([...servers]);
  } catch {
    return {};
  }
  const search = /^[ \t]*(?:search|domain)[ \t]+([A-Za-z0-9.-]{1,253})/m.exec(read('etc/resolv.conf'))?.[1];
  const label = `appliance-${randomBytes(6).toString('hex')}`;
  const names = [`${label}.invalid`, ...(search === undefined ? [] : [`${label}.${search}`])];
  const answers = await Promise.all(names.map((name) => isAnswered(resolver, name)));
  const wrong = names.find((_, index) => answers[index] === true);
  if (wrong !== undefined) return { wildcardName: wrong };
  return answers.includes(undefined) ? {} : { wildcardName: 'none' };
}

/** undefined = the servers said nothing that one could go by. */
async function isAnswered(resolver: Resolver, name: string): Promise<boolean | undefined> {
  try {
    return (await resolver.resolve4(name)).length > 0;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'ENOTFOUND' || code === 'ENODATA' ? false : undefined;
  }
}
