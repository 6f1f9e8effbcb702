import { bypassesProxy } from 'oci-client-lite/http/no-proxy.ts';
import { describe, expect, it } from 'vitest';
import { NetworkChange } from '../../contract/network/view.ts';
import { CORP_CA, SERVER_CERTIFICATE } from '../../../../test/fixtures/authorities.ts';
import { ApplianceSpec } from '../../contract/appliance.ts';
import { authorityViews, readAuthorities } from './authorities.ts';
import { changedNetwork, networkSpecOf, type NetworkSpec } from './change.ts';
import { triableHosts } from './needed.ts';
import { isLeftOut, proxyFor, withInside } from './no-proxy.ts';
import { sourceAccess, sourcePatches } from './source-access.ts';
import { touchesOf } from './touches.ts';
import { accessOf, clientProxy, wayOutOf } from './way-out.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const EMPTY = networkSpecOf(ApplianceSpec.parse({}));
const changed = (change: unknown, before: NetworkSpec = EMPTY) =>
  changedNetwork(before, NetworkChange.parse(change), NOW);
const specWith = (spec: object) => ApplianceSpec.parse(spec);

describe('who is reached without a proxy', () => {
  const CASES: readonly (readonly [string, string, boolean])[] = [
    ['https://registry.example.com/', '', false],
    ['https://registry.example.com/', 'example.com', true],
    ['https://registry.example.com/', '.example.com', true],
    ['https://registry.example.com/', '*.example.com', true],
    ['https://example.com/', '.example.com', true],
    ['https://notexample.com/', 'example.com', false],
    ['https://registry.example.com:8443/', 'registry.example.com:8443', true],
    ['https://registry.example.com/', 'registry.example.com:8443', false],
    ['https://registry.example.com/', 'registry.example.com:443', true],
    ['https://REGISTRY.example.com/', 'Example.COM', true],
    ['https://192.0.2.7/', '192.0.2.0/24', true],
    ['https://192.0.3.7/', '192.0.2.0/24', false],
    ['https://192.0.2.7/', '192.0.2.7', true],
    ['https://192.0.2.7/', '2.7', false],
    ['https://[2001:db8::7]/', '2001:db8::/32', true],
    ['https://[2001:db9::7]/', '2001:db8::/32', false],
    ['https://[2001:db8::7]/', '2001:db8::7', true],
    ['https://registry.example.com/', '192.0.2.0/33, other.test', false],
    ['https://registry.example.com/', '*', true],
    ['http://localhost:5000/', '', true],
    ['http://127.0.0.1:5000/', '', true],
    ['http://[::1]:5000/', '', true],
    ['https://store.kube-system.svc/', '', true],
    ['https://store.kube-system.svc.cluster.local/', '', true],
  ];

  it.each(CASES)(
    'R-30 %s with "%s" is left out: %s, and every client of ours agrees',
    (url, noProxy, left) => {
      expect(isLeftOut(new URL(url), noProxy)).toBe(left);
      expect(bypassesProxy(new URL(url), withInside(noProxy))).toBe(left);
    },
  );

  it('R-30 are the networks of the platform, whatever a person says', () => {
    const proxy = { http: 'http://proxy.example.com:3128', https: 'http://proxy.example.com:3128' };
    for (const inside of ['https://10.43.0.1/', 'http://10.42.0.7:8080/'])
      expect(proxyFor(new URL(inside), proxy)).toBeUndefined();
    expect(proxyFor(new URL('https://10.44.0.1/'), proxy)?.host).toBe('proxy.example.com:3128');
    expect(withInside('10.0.0.0/8')).toMatch(/^10\.0\.0\.0\/8,.*\.svc.*10\.43\.0\.0\/16/);
  });
});

describe('authorities that a person adds', () => {
  it('R-31 are kept without what stands around them, each once, and told with name and end', () => {
    const read = readAuthorities(`a remark\n${CORP_CA}\n${CORP_CA}`, NOW);
    if (!read.ok) throw new Error(read.problem.detail);
    expect(read.value.pem.trim()).toBe(CORP_CA.trim());
    expect(read.value.views).toEqual([
      {
        ...{ subject: 'Corp Inspection', issuer: 'Corp Inspection', validTo: '2126-01-01T00:00:00.000Z' },
        fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      },
    ]);
    expect(authorityViews(read.value.pem)).toEqual(read.value.views);
    expect(authorityViews('nonsense')).toEqual([]);
  });

  it.each([
    ['text that is none', 'hello', /no certificate/],
    [
      'a private key',
      `${CORP_CA}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----`,
      /private key/,
    ],
    ['half of a private key', `${CORP_CA}-----BEGIN EC PRIVATE KEY-----\nAAAA`, /private key/],
    ['a damaged one', CORP_CA.replace('MII', 'AAA'), /certificate 1 cannot be read/],
    ['that of a server', SERVER_CERTIFICATE, /registry\.example\.com is the certificate of a server/],
    ['too many', CORP_CA.repeat(33), /33 certificates; 32 are the most/],
  ])('are refused with network.authority when it is %s', (_what, pem, why) => {
    const read = readAuthorities(pem, NOW);
    expect(read).toMatchObject({ ok: false, problem: { code: 'network.authority' } });
    if (!read.ok) expect(read.problem.detail).toMatch(why);
    expect(changed({ ca: pem })).toMatchObject({ ok: false, problem: { code: 'network.authority' } });
  });

  it.each([
    ['2130-01-01T00:00:00Z', /has expired/],
    ['2020-01-01T00:00:00Z', /not valid before.*clock/],
  ])('are refused when their time is not now (%s)', (now, why) => {
    const read = readAuthorities(CORP_CA, new Date(now));
    if (read.ok) throw new Error('it was taken');
    expect(read.problem.detail).toMatch(why);
  });
});

describe('a change of the network', () => {
  it('R-28 changes what it names and nothing else, and null takes away', () => {
    const first = changed({ proxy: { https: 'http://proxy.example.com:3128' }, resolvers: ['192.0.2.53'] });
    if (!first.ok) throw new Error(first.problem.detail);
    const second = changed(
      { ca: CORP_CA, registries: [{ host: 'ghcr.io', mirrors: ['https://m.example.com'] }] },
      first.value,
    );
    expect(second).toMatchObject({
      value: {
        network: {
          proxy: { https: 'http://proxy.example.com:3128' },
          resolvers: ['192.0.2.53'],
          ca: CORP_CA,
        },
        registries: [{ host: 'ghcr.io', mirrors: ['https://m.example.com'] }],
      },
    });
    if (!second.ok) throw new Error(second.problem.detail);
    const none = changed(
      { proxy: null, ca: null, resolvers: [], registries: [{ host: 'ghcr.io', mirrors: [] }] },
      second.value,
    );
    expect(none).toEqual({ ok: true, value: EMPTY });
  });

  it('names the Secret of a credential in the intent, and never the credential', () => {
    const named = changed({
      registries: [{ host: 'ghcr.io', credential: { user: 'ada', password: 'x9Q' } }],
    });
    expect(named).toMatchObject({
      value: { registries: [{ host: 'ghcr.io', credentialSecret: 'appliance-registries' }] },
    });
    expect(JSON.stringify(named)).not.toMatch(/x9Q|ada/);
    if (!named.ok) throw new Error(named.problem.detail);
    expect(changed({ registries: [{ host: 'ghcr.io', credential: null }] }, named.value)).toEqual({
      ok: true,
      value: EMPTY,
    });
  });

  const REFUSED: readonly (readonly [string, object, RegExp, object?])[] = [
    ['half a proxy', { proxy: { noProxy: 'example.com' } }, /needs its address/],
    ['a password without its proxy', { proxyCredential: { user: 'a', password: 'b' } }, /need the proxy/],
    [
      'a password for a proxy that goes',
      { proxy: null, proxyCredential: { user: 'a', password: 'b' } },
      /need the proxy/,
    ],
    [
      'a name with a colon',
      { registries: [{ host: 'ghcr.io', credential: { user: 'a:b', password: 'c' } }] },
      /colon/,
    ],
    ['a registry twice', { registries: [{ host: 'ghcr.io' }, { host: 'ghcr.io' }] }, /twice/],
    ['no host', { registries: [{ host: 'ghcr.io:99999' }] }, /is not a host/],
    [
      'a mirror with a path',
      { registries: [{ host: 'ghcr.io', mirrors: ['https://m.example.com/x'] }] },
      /path/,
    ],
    [
      'a mirror with a password',
      { registries: [{ host: 'ghcr.io', mirrors: ['https://a:b@m.example.com'] }] },
      /password/,
    ],
    [
      'a mirror in the clear',
      { registries: [{ host: 'ghcr.io', mirrors: ['http://m.example.com'] }] },
      /safe connection/,
    ],
    ['itself as mirror', { registries: [{ host: 'ghcr.io', mirrors: ['https://ghcr.io'] }] }, /own mirror/],
    ['the box as name server', { resolvers: ['127.0.0.1'] }, /the box itself/],
    [
      'too many registries',
      {
        registries: Array.from({ length: 16 }, (_, n) => ({
          host: `r${n}.test`,
          mirrors: ['https://m.test'],
        })),
      },
      /16 registries/,
      { registries: [{ host: 'one.test', mirrors: ['https://m.test'] }] },
    ],
  ];

  const rows = REFUSED.map(([what, change, why, spec = {}]) => ({ what, change, why, spec }));
  it.each(rows)('R-28 is refused with network.incomplete for $what', ({ change, why, spec }) => {
    const result = changed(change, networkSpecOf(specWith(spec)));
    if (result.ok) throw new Error('it was taken');
    expect(result.problem.code).toBe('network.incomplete');
    expect(result.problem.detail).toMatch(why);
  });

  it('R-30 says what it touches: nothing of what runs, and a password alone is something new', () => {
    const touched = (change: object): readonly string[] => {
      const after = changed(change);
      if (!after.ok) throw new Error(after.problem.detail);
      return touchesOf(EMPTY, after.value, NetworkChange.parse(change));
    };
    expect(touched({})).toEqual([]);
    expect(touched({ resolvers: ['192.0.2.53'] })).toEqual(['name-servers']);
    expect(touched({ timeServers: ['ntp.example.com'] })).toEqual(['time']);
    expect(touched({ ca: CORP_CA })).toEqual(['control-plane', 'delivery', 'images']);
    expect(touched({ registries: [{ host: 'ghcr.io', credential: null }] })).toHaveLength(3);
  });
});

describe('the way out', () => {
  const fixed = {
    proxy: { https: 'http://u:p@fixed.example.com:3128' },
    registries: [{ host: 'ghcr.io', mirrors: ['https://fixed.example.com'], plainHttp: false, ca: 'FIXED' }],
  };

  it('is what the file of the box says, with what a person says on top, member by member', () => {
    expect(wayOutOf(fixed, specWith({}))).toEqual(fixed);
    const person = specWith({
      network: { proxy: { https: 'http://mine.example.com:8080' }, ca: 'MINE' },
      registries: [
        { host: 'ghcr.io', mirrors: ['https://mine.example.com'] },
        { host: 'quay.io', credentialSecret: 's' },
      ],
    });
    expect(wayOutOf(fixed, person)).toMatchObject({
      proxy: { https: 'http://mine.example.com:8080' },
      ca: 'MINE',
      registries: [
        { host: 'ghcr.io', mirrors: ['https://mine.example.com'], ca: 'FIXED' },
        { host: 'quay.io', credentialSecret: 's' },
      ],
    });
    expect(accessOf('ghcr.io', wayOutOf(fixed, person))).toMatchObject({
      ...{ origin: 'https://mine.example.com', own: 'FIXED', ca: 'FIXED\nMINE\n' },
    });
  });

  it('gives the password of a proxy to clients in memory, also one with every character', () => {
    const proxy = clientProxy(
      { https: 'http://p.example.com:3128' },
      { username: 'a@b', password: 'p:/?#%ß' },
    );
    const url = new URL(proxy?.https ?? '');
    expect([decodeURIComponent(url.username), decodeURIComponent(url.password)]).toEqual(['a@b', 'p:/?#%ß']);
  });

  it('is tried only to hosts that are needed and to their mirrors', () => {
    const way = wayOutOf(
      { registries: [] },
      specWith({
        registries: [
          { host: 'ghcr.io', mirrors: ['https://m.example.com:8443'] },
          { host: 'inner.example.com', mirrors: ['https://secret.example.com'] },
        ],
      }),
    );
    expect([...triableHosts([{ host: 'ghcr.io', use: 'registry' }], way)]).toEqual([
      'ghcr.io',
      'm.example.com:8443',
    ]);
  });
});

describe('the way of the delivery', () => {
  it('R-30 R-31 is the same: fixed names, a proxy only where it counts, and nothing where nothing is set', () => {
    const none = sourceAccess('ghcr.io', { registries: [] }, { proxy: undefined, registry: undefined });
    expect(none.refs).toEqual({});
    expect(sourcePatches(none.refs, ['flux-system'])).toEqual([]);
    const way = {
      registries: [],
      ca: CORP_CA,
      proxy: { https: 'http://u:p@proxy.example.com:3128', noProxy: 'quay.io' },
    };
    const { refs, secrets } = sourceAccess('ghcr.io', way, {
      proxy: undefined,
      registry: { username: 'a', password: 'b' },
    });
    expect(refs).toEqual({
      secretRef: { name: 'appliance-registries' },
      certSecretRef: { name: 'appliance-authorities' },
      proxySecretRef: { name: 'appliance-proxy' },
    });
    expect(secrets.map(({ name, texts }) => [name, Object.keys(texts)])).toEqual([
      ['appliance-registries', ['.dockerconfigjson']],
      ['appliance-authorities', ['ca.crt']],
      ['appliance-proxy', ['address', 'username', 'password']],
    ]);
    expect(secrets[2]?.texts['address']).toBe('http://proxy.example.com:3128');
    const left = sourceAccess('quay.io', way, { proxy: undefined, registry: undefined });
    expect(left.refs).toEqual({ certSecretRef: { name: 'appliance-authorities' } });
  });
});
