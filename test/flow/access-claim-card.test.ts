import type { NetworkInterfaceInfo } from 'node:os';
import { claimCard } from 'host-service/cli/access/claim-card.ts';
import { pageAddresses } from 'host-service/cli/access/page-addresses.ts';
import { describe, expect, it } from 'vitest';

const at = (address: string, internal = false): NetworkInterfaceInfo => ({
  ...{ address, internal, netmask: '', mac: '', cidr: null },
  ...(address.includes(':') ? { family: 'IPv6', scopeid: 0 } : { family: 'IPv4' }),
});
const DEVICES = {
  lo: [at('127.0.0.1', true), at('::1', true)],
  appl0: [at('198.19.255.1')],
  eno1: [at('192.168.7.20'), at('fe80::1'), at('2001:db8::20')],
  wlan0: [at('10.1.2.3')],
  usb0: [at('169.254.3.4')],
  cni0: [at('198.18.0.1')],
  veth12ab: [at('10.9.9.9')],
};
const FACTS = {
  code: 'ABCD-EFGH-JKMN',
  words: ['picnic', 'dwarf', 'gaze', 'car', 'exclude', 'oblige'],
  addresses: pageAddresses(DEVICES),
};

describe('what a person in front of the box reads', () => {
  it('R-35 names every address that a browser in the network reaches, and none of the inside', () => {
    expect(FACTS.addresses).toEqual(['https://192.168.7.20', 'https://10.1.2.3', 'https://[2001:db8::20]']);
    expect(pageAddresses({})).toEqual([]);
  });

  it('R-35 R-43 stands together: code, the six words of the page, the addresses, and one to point a phone at', () => {
    const card = claimCard(FACTS, true).split('\n');
    expect(card.slice(0, 5)).toEqual([
      'code      ABCD-EFGH-JKMN',
      'words     picnic dwarf gaze car exclude oblige',
      'open      https://192.168.7.20',
      'or        https://10.1.2.3',
      'or        https://[2001:db8::20]',
    ]);
    const drawn = card.filter((line) => /^[█▀▄ ]{20,}$/.test(line));
    expect(drawn.length).toBeGreaterThan(10);
    expect(new Set(drawn.map((line) => line.length)).size).toBe(1);
    expect(Math.max(...card.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(card.length).toBeLessThanOrEqual(25);
  });

  it('is not drawn where nobody asked for it, and is the code alone where there is nothing else to say', () => {
    expect(claimCard(FACTS, false)).not.toMatch(/[█▀▄]/);
    expect(claimCard({ ...FACTS, addresses: [] }, true)).not.toMatch(/[█▀▄]/);
    expect(claimCard({ code: FACTS.code, words: undefined, addresses: [] }, true)).toBe(FACTS.code);
  });
});
