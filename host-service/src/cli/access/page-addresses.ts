import type { NetworkInterfaceInfo } from 'node:os';
import { INNER } from '../../edges/host/facts/network.ts';

/** Of the platform's inside: nobody's browser gets there. */
const INSIDE = /^198\.1[89]\./;
/** Good on one link only, with a name of the asking machine's in it, or of a machine that got no address. */
const LOCAL_ONLY = /^(fe[89ab]|169\.254\.)/i;

/** Every address under which a browser in the network can reach the page of this machine; IPv4 first. */
export function pageAddresses(
  devices: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>,
): readonly string[] {
  const all = Object.entries(devices)
    .filter(([device]) => !INNER.test(device))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !INSIDE.test(address) && !LOCAL_ONLY.test(address));
  const of = (wanted: 'IPv4' | 'IPv6'): readonly string[] =>
    all.filter(({ family }) => family === wanted).map(({ address }) => address);
  return [...of('IPv4'), ...of('IPv6').map((address) => `[${address}]`)].map((host) => `https://${host}`);
}
