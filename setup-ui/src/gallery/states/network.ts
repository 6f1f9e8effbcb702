import type { EndpointReport } from 'host-service/contract/host/endpoint.ts';
import type { NetworkTest, NetworkView } from 'host-service/contract/network/view.ts';
import type { z } from 'zod';
import type { StateInput } from '../gallery-state.ts';
import { ago, session, view, without } from './base.ts';
import { CHECKS } from './setup/checks.ts';
import { freshView, setupView } from './setup.ts';

type NetworkInput = z.input<typeof NetworkView>;
type Report = z.input<typeof EndpointReport>;

const GOOD: Report = {
  url: 'https://ghcr.io/v2/',
  at: ago(40),
  via: 'direct',
  dnsMs: 12,
  addresses: ['140.82.121.33'],
  tcpMs: 31,
  tls: {
    issuer: 'Sectigo Public Server Authentication CA DV E36',
    subject: '*.ghcr.io',
    validTo: ago(-86_400 * 60),
    trusted: true,
    public: true,
  },
  status: 401,
};
const OPENED: Report = {
  ...GOOD,
  tls: {
    issuer: 'Example GmbH Web Gateway',
    subject: '*.ghcr.io',
    validTo: ago(-86_400 * 60),
    trusted: false,
    public: false,
    reason: 'SELF_SIGNED_CERT_IN_CHAIN',
  },
  problem: { code: 'registry.tls', detail: 'ghcr.io: SELF_SIGNED_CERT_IN_CHAIN' },
};
const SILENT: Report = {
  url: 'https://license.nineminds.com/',
  at: ago(40),
  via: 'direct',
  dnsMs: 9,
  addresses: ['203.0.113.20'],
  problem: { code: 'registry.connect', detail: 'license.nineminds.com:443: no answer within 5 s' },
};

const AUTHORITY: NetworkInput['authorities'][number] = {
  subject: 'Example GmbH Root CA 2',
  issuer: 'Example GmbH Root CA 2',
  validTo: ago(-86_400 * 900),
  fingerprint: '9f2c41aa'.repeat(8),
};
const BLOCK = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----';

const EMPTY: NetworkInput = {
  revision: 7,
  settings: {},
  fixed: { proxy: false, ca: false, registries: [] },
  proxyCredential: { isSet: false },
  authorities: [],
  hosts: [],
  rejected: [],
};
const host = (
  name: string,
  report: Report | undefined,
  more: Partial<NetworkInput['hosts'][number]> = {},
): NetworkInput['hosts'][number] => ({
  host: name,
  use: 'registry',
  mirrors: [],
  via: 'direct',
  credential: { isSet: false },
  ...(report === undefined ? {} : { report }),
  ...more,
});
const LICENCE = { use: 'licence' } as const;

/** A box on which everything is set. */
const FULL: NetworkInput = {
  ...EMPTY,
  settings: {
    proxy: {
      https: 'http://proxy.example.com:3128',
      noProxy: 'registry.example.com,192.168.0.0/16',
    },
    ca: `${BLOCK}\n${BLOCK}\n`,
    resolvers: ['192.168.1.1', 'fd00::53'],
    timeServers: ['time.example.com'],
  },
  proxyCredential: { isSet: true, user: 'box-17' },
  authorities: [
    AUTHORITY,
    { ...AUTHORITY, subject: 'Registry', fingerprint: '00aa'.repeat(16), validTo: ago(90_000) },
  ],
  hosts: [
    host(
      'ghcr.io',
      { ...GOOD, via: 'proxy.example.com:3128' },
      {
        via: 'proxy.example.com:3128',
        mirrors: ['https://registry.example.com'],
        credential: { isSet: true, user: 'box-17' },
      },
    ),
    host('license.nineminds.com', SILENT, LICENCE),
  ],
};

const OPENED_VIEW: NetworkInput = {
  ...EMPTY,
  hosts: [host('ghcr.io', OPENED), host('license.nineminds.com', SILENT, LICENCE)],
};
const TEST: z.input<typeof NetworkTest> = {
  host: 'ghcr.io',
  report: OPENED,
  credential: 'untested',
  problem: { code: 'registry.tls', detail: 'ghcr.io: SELF_SIGNED_CERT_IN_CHAIN' },
};

const at = (name: string, title: string, more: Partial<StateInput>): StateInput => ({
  name: `network-${name}`,
  title: `Network: ${title}`,
  at: '/network',
  view: view(),
  network: FULL,
  networkTest: TEST,
  networkPreview: { touches: ['control-plane', 'delivery', 'images'], settings: FULL.settings },
  ...more,
});
const LONG = 'very-long-label'.repeat(4);

/** The screen for the way out of the house. */
export const NETWORK: readonly StateInput[] = [
  at('new', 'nothing is set', { network: { ...EMPTY, hosts: [host('ghcr.io', GOOD)] } }),
  at('empty', 'nothing is known yet', {
    network: EMPTY,
    view: freshView(),
    setup: setupView(),
    checks: CHECKS,
  }),
  at('opened', 'connections are opened on the way', { network: OPENED_VIEW }),
  at('full', 'everything is set', {}),
  at('fixed', 'set while the box was built', {
    network: {
      ...OPENED_VIEW,
      fixed: { proxy: true, ca: true, registries: ['ghcr.io'] },
      rejected: [{ host: 'box-17', what: 'Time servers are not changed here.', code: 'host.unsupported' }],
    },
  }),
  at('viewer', 'somebody who may only look', { session: session({ role: 'viewer', user: 'eve' }) }),
  at('offline', 'the box is gone', { freshness: { kind: 'offline', sinceMs: Date.parse(ago(90)) } }),
  without(at('unknown', 'it cannot be fetched', {}), 'network'),
  at('long', 'long names', {
    network: {
      ...FULL,
      authorities: [{ ...AUTHORITY, subject: LONG.repeat(4), issuer: LONG.repeat(4) }],
      settings: { ...FULL.settings, ca: BLOCK },
      hosts: [host(`${LONG}.example.com:65535`, { ...OPENED, via: `${LONG}.example.com:3128` })],
    },
  }),
];
