import type { EndpointReport } from 'host-service/contract/host/endpoint.ts';
import { NetworkChange, NetworkView } from 'host-service/contract/network/view.ts';
import { describe, expect, it } from 'vitest';
import { networkPath, originOf } from './address.ts';
import { toldOf } from './derive-test.ts';
import { changeOf, EMPTY_DRAFT, mistakesOf, storedOf, withAuthorities } from './network-draft.ts';
import type { NetworkDraft } from './network-draft.ts';

const pem = (text: string): string => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----`;
const [ONE, TWO, THREE] = [pem('AAAA'), pem('BBBB'), pem('CCCC')];
const authority = (fingerprint: string) => ({
  ...{ subject: fingerprint, issuer: 'Root', validTo: '2027-01-01T00:00:00Z', fingerprint },
});
const view = (over: Record<string, unknown> = {}): NetworkView =>
  NetworkView.parse({
    revision: 3,
    settings: {
      proxy: { https: 'http://proxy.test:3128', noProxy: 'a.test,b.test' },
      ca: `${ONE}\n${TWO}\n`,
      resolvers: ['192.0.2.1'],
    },
    fixed: { proxy: false, ca: false, registries: [] },
    proxyCredential: { isSet: true, user: 'ada' },
    authorities: [authority('one'), authority('two')],
    hosts: [
      { host: 'ghcr.io', use: 'registry', mirrors: [], via: 'direct', credential: { isSet: false } },
      { host: 'l.test', use: 'licence', mirrors: [], via: 'direct', credential: { isSet: false } },
    ],
    rejected: [],
    ...over,
  });
const draft = (texts: NetworkDraft['texts'], more: Partial<NetworkDraft> = {}): NetworkDraft => ({
  ...EMPTY_DRAFT,
  texts,
  ...more,
});

describe('the change that the network page sends', () => {
  it('is nothing as long as nothing differs from what is stored, also after typing it again', () => {
    expect(changeOf(view(), EMPTY_DRAFT)).toBeUndefined();
    expect(changeOf(view(), draft({ https: ' http://proxy.test:3128 ' }))).toBeUndefined();
    expect(storedOf(view(), 'proxy.password')).toBe('');
  });

  it('has only what was changed, in the form of the contract', () => {
    const change = changeOf(
      view(),
      draft({
        https: 'http://other.test:3128',
        noProxy: 'a.test b.test;c.test',
        resolvers: '192.0.2.1\n2001:db8::53',
        'mirrors:ghcr.io': 'https://m.test',
        'user:ghcr.io': 'puller',
        'password:ghcr.io': ' blanks belong to it ',
      }),
    );
    expect(NetworkChange.parse(change)).toEqual({
      proxy: { https: 'http://other.test:3128', noProxy: 'a.test,b.test,c.test' },
      resolvers: ['192.0.2.1', '2001:db8::53'],
      registries: [
        {
          host: 'ghcr.io',
          mirrors: ['https://m.test'],
          credential: { user: 'puller', password: ' blanks belong to it ' },
        },
      ],
    });
  });

  it('R-30 sends the password of a mirror under the name of the mirror', () => {
    const texts = { 'mirrors:ghcr.io': 'https://m.test:8443', 'user:m.test:8443': 'eve' } as const;
    expect([...mistakesOf(view(), draft(texts)).keys()]).toEqual(['password:m.test:8443']);
    const change = changeOf(view(), draft({ ...texts, 'password:m.test:8443': 'pw' }));
    expect(NetworkChange.parse(change).registries).toEqual([
      { host: 'ghcr.io', mirrors: ['https://m.test:8443'] },
      { host: 'm.test:8443', credential: { user: 'eve', password: 'pw' } },
    ]);
  });

  it('takes away what was emptied or removed', () => {
    expect(changeOf(view(), draft({ https: '', resolvers: '' }, { forgotten: ['proxy'] }))).toEqual({
      proxy: null,
      proxyCredential: null,
      resolvers: [],
    });
  });

  it('R-31 adds and removes single authorities, each once', () => {
    const { draft: added, count } = withAuthorities(
      EMPTY_DRAFT,
      `noise\r\n${THREE.replaceAll('\n', '\r\n')}`,
    );
    expect(count).toBe(1);
    expect(withAuthorities(added, THREE).count).toBe(0);
    expect(withAuthorities(added, 'no certificate').count).toBe(0);
    expect(changeOf(view(), { ...added, removed: ['one'] })).toEqual({ ca: `${TWO}\n${THREE}\n` });
    expect(changeOf(view(), { ...EMPTY_DRAFT, removed: ['one', 'two'] })).toEqual({ ca: null });
    // Where they cannot be told apart, all go together.
    const together = view({ authorities: [authority('one')] });
    expect(changeOf(together, { ...EMPTY_DRAFT, removed: ['one'] })).toEqual({ ca: null });
    expect(changeOf(together, added)).toEqual({ ca: `${ONE}\n${TWO}\n${THREE}\n` });
  });

  it('finds the mistakes that a page can find', () => {
    const found = (texts: NetworkDraft['texts']): readonly unknown[] => [
      ...mistakesOf(view(), draft(texts)).entries(),
    ];
    expect(found({ https: 'http://ada:pw@proxy.test' })).toEqual([['https', 'network.mistake.proxy']]);
    expect(found({ http: 'proxy.test:3128' })).toEqual([['http', 'network.mistake.proxy']]);
    expect(found({ resolvers: 'dns.test' })).toEqual([['resolvers', 'network.mistake.resolver']]);
    expect(found({ resolvers: '1.1.1.1 2.2.2.2 3.3.3.3 4.4.4.4' })).toEqual([
      ['resolvers', 'network.mistake.many-resolvers'],
    ]);
    expect(found({ resolvers: '999.1.1.1' })).toHaveLength(1);
    expect(found({ timeServers: 'not a/name' })).toEqual([['timeServers', 'network.mistake.time-server']]);
    expect(found({ 'mirrors:ghcr.io': 'mirror' })).toEqual([['mirrors:ghcr.io', 'network.mistake.mirror']]);
    expect(found({ 'password:ghcr.io': 'x' })).toEqual([['user:ghcr.io', 'network.mistake.user']]);
    expect(found({ 'proxy.user': 'eve' })).toEqual([['proxy.password', 'network.mistake.password']]);
    expect(found({ https: '', http: '', resolvers: 'fd00::53', timeServers: 'time.test' })).toEqual([]);
  });
});

const REPORT: EndpointReport = {
  ...{ url: 'https://ghcr.io/v2/', at: '2026-03-02T10:00:00Z', via: 'direct', dnsMs: 3, tcpMs: 4 },
  tls: { issuer: 'Public', subject: 'ghcr.io', trusted: true, public: true },
  status: 401,
};
const tls = (more: Partial<NonNullable<EndpointReport['tls']>>): EndpointReport => ({
  ...REPORT,
  tls: { issuer: 'Corp', subject: 'ghcr.io', trusted: false, public: false, ...more },
});
const cut = (
  keys: readonly (keyof EndpointReport)[],
  more: Partial<EndpointReport> = {},
): EndpointReport => ({
  ...(Object.fromEntries(
    Object.entries(REPORT).filter(([key]) => !keys.some((one) => one === key)),
  ) as EndpointReport),
  ...more,
});

describe('a measurement in words (R-28, R-32)', () => {
  it.each([
    ['all is well', REPORT, undefined, true, 'network.told.good', undefined],
    [
      'the name is not found',
      cut(['dnsMs', 'tcpMs', 'tls', 'status'], { problem: { code: 'registry.dns', detail: '' } }),
      undefined,
      false,
      'network.told.name',
      'resolvers',
    ],
    [
      'nobody answers',
      cut(['tcpMs', 'tls', 'status'], { problem: { code: 'registry.connect', detail: '' } }),
      undefined,
      false,
      'network.told.connection',
      'proxy',
    ],
    [
      'a proxy opens the connection',
      tls({ reason: 'SELF_SIGNED_CERT_IN_CHAIN' }),
      undefined,
      false,
      'network.told.certificate',
      'authority',
    ],
    [
      'the clock is wrong',
      tls({ reason: 'CERT_NOT_YET_VALID' }),
      undefined,
      false,
      'network.told.certificate',
      'time',
    ],
    [
      'the proxy wants a password',
      cut(['tls', 'status'], { via: 'p:1', tcpMs: 0, status: 407 }),
      undefined,
      false,
      'network.told.answer',
      'proxy-credential',
    ],
    ['the registry refuses', REPORT, 'refused', false, 'network.told.access', 'credential'],
    ['a name is missing', REPORT, 'missing', false, 'network.told.access', 'credential'],
    ['access was not tried', REPORT, 'untested', true, 'network.told.good', undefined],
  ] as const)('says it when %s', (_name, report, credential, isGood, key, advice) => {
    const told = toldOf(report, credential === undefined ? {} : { credential });
    expect([told.isGood, told.says.key, told.advice]).toEqual([isGood, key, advice]);
  });

  it('takes any page of the licence service for an answer, and no page of a registry for one', () => {
    const report = { ...REPORT, status: 404 };
    expect(toldOf(report, { use: 'licence' }).isGood).toBe(true);
    expect(toldOf(report).isGood).toBe(false);
  });

  it('blames nothing that was not tried', () => {
    const { hops } = toldOf(
      cut(['tcpMs', 'tls'], { status: 502, problem: { code: 'registry.proxy', detail: '' }, via: 'p:1' }),
    );
    expect(hops.map(({ state }) => state)).toEqual(['good', 'bad', 'untried', 'untried']);
  });
});

describe('the way to the network page and back', () => {
  it('leads back to where one was, and to no address of somebody else', () => {
    expect(networkPath('/setup/checks', 'proxy')).toBe('/network?from=%2Fsetup%2Fchecks#network-proxy');
    expect(networkPath('/', 'hosts', 'ghcr.io:443')).toBe('/network?from=%2F#network-host-ghcr.io_443');
    expect(originOf('from=%2Fsetup%2Fchecks')).toBe('/setup/checks');
    for (const from of ['//evil.test', 'https://evil.test', '/setup/../x', 'javascript:1', ''])
      expect(originOf(`from=${encodeURIComponent(from)}`)).toBe('/');
  });
});
