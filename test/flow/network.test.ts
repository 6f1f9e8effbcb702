import { NetworkChange, type NetworkView } from 'host-service/contract/network/view.ts';
import { Host } from 'host-service/contract/objects.ts';
import { Problem, PROBLEMS } from 'host-service/contract/problem.ts';
import { networkRefusals } from 'host-service/core/network/host-wish.ts';
import type { NetworkPorts } from 'host-service/engine/network/ports.ts';
import { createHandle } from 'host-service/engine/handle/create-handle.ts';
import { createWake } from 'host-service/engine/loop/wake.ts';
import { describe, expect, it } from 'vitest';
import { CORP_CA } from '../fixtures/authorities.ts';
import { REPORT } from './checks-world.ts';
import { ADA, installed, planeOn, specOf, type Plane } from './handle-world.ts';
import type { Box } from './world/box.ts';

const never = new AbortController().signal;
const OWN = 'alga-appliance-control-plane';
const PROXY = { https: 'http://proxy.corp.test:3128' };
const SECRETS = ['planted-proxy-x9Q', 'planted-registry-x9Q'] as const;
const WHOLE = {
  ...{ proxy: PROXY, proxyCredential: { user: 'corp', password: SECRETS[0] }, ca: CORP_CA },
  ...{ resolvers: ['192.0.2.53'], timeServers: ['ntp.corp.test'], reason: 'the new building' },
  registries: [
    {
      host: 'ghcr.io',
      mirrors: ['https://mirror.corp.test'],
      credential: { user: 'puller', password: SECRETS[1] },
    },
    { host: 'mirror.corp.test', credential: { user: 'puller', password: SECRETS[1] } },
  ],
};

const change = (plane: Plane, body: unknown, expected?: number): Promise<{ intentRevision: number }> =>
  plane.handle.changeNetwork(NetworkChange.parse(body), { actor: ADA, expected }, never);
const view = (plane: Plane): Promise<NetworkView> => plane.handle.network(never);
const codeOf = async (act: Promise<unknown>): Promise<string> =>
  act.then(
    () => 'fine',
    (error: unknown) => (error instanceof Problem ? error.code : String(error)),
  );
const secretTexts = (box: Box, namespace: string, name: string): Record<string, string> | undefined => {
  const data = box.cluster.store.get({ kind: 'Secret', namespace, name })?.['data'] as
    Record<string, string> | undefined;
  return data === undefined
    ? undefined
    : Object.fromEntries(
        Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString('utf8')]),
      );
};
const hostOf = (box: Box): Host => Host.parse(box.cluster.must('Host', 'box'));
const seedHost = (box: Box, status: object = {}): void =>
  void box.cluster.store.seed({
    ...{ apiVersion: 'appliance.nineminds.com/v1alpha1', kind: 'Host', metadata: { name: 'box' } },
    ...{ spec: { images: [] }, status },
  });
/** All objects but Secrets, as text. */
const openText = (box: Box): string =>
  box.cluster.store
    .keys()
    .filter((key) => !key.startsWith('Secret'))
    .map((key) => {
      const [kind = '', place = ''] = key.split(' ');
      const [namespace = '', name = ''] = place.split('/');
      return JSON.stringify(
        box.cluster.store.get({ kind, name, ...(namespace === '' ? {} : { namespace }) }),
      );
    })
    .join('\n');

describe('the way out of a box', () => {
  it('R-30 is changed field by field at any time, with name and reason, and a password goes into Secrets only', async () => {
    const box = await installed();
    const plane = planeOn(box, { isLeader: false });
    const before = (await view(plane)).revision;
    const { intentRevision } = await change(plane, WHOLE, before);
    const after = await view(plane);
    expect(after.revision).toBe(intentRevision);
    expect(after.settings).toMatchObject({ proxy: PROXY, resolvers: ['192.0.2.53'], ca: CORP_CA });
    expect(after).toMatchObject({
      proxyCredential: { isSet: true, user: 'corp' },
      authorities: [{ subject: 'Corp Inspection' }],
      fixed: { proxy: false, ca: false, registries: [] },
    });
    expect(specOf(box)).toMatchObject({
      intent: { actor: { ...ADA, reason: 'the new building' } },
      requests: [{ verb: 'check-now' }],
    });
    expect(secretTexts(box, OWN, 'appliance-proxy')).toEqual({ username: 'corp', password: SECRETS[0] });
    expect(secretTexts(box, OWN, 'appliance-registries')?.['.dockerconfigjson']).toContain(SECRETS[1]);
    await box.settle(box.engine());
    const open = JSON.stringify(after) + openText(box);
    for (const secret of SECRETS) expect(open).not.toContain(secret);

    await change(plane, { timeServers: [] });
    expect((await view(plane)).settings).toMatchObject({ proxy: PROXY, timeServers: [] });
    await change(plane, { proxy: null });
    expect(await view(plane)).toMatchObject({ proxyCredential: { isSet: false } });
    expect(secretTexts(box, OWN, 'appliance-proxy')).toEqual({});
  });

  it('is kept when somebody else was faster, and a preview writes nothing', async () => {
    const box = await installed();
    const plane = planeOn(box);
    const { revision } = await view(plane);
    const body = NetworkChange.parse({ ca: CORP_CA });
    const text = JSON.stringify(specOf(box));
    expect(await plane.handle.previewNetwork(body, { actor: ADA, expected: revision }, never)).toMatchObject({
      touches: ['control-plane', 'delivery', 'images'],
      settings: { ca: CORP_CA },
    });
    expect(JSON.stringify(specOf(box))).toBe(text);
    expect(await codeOf(change(plane, body, revision + 1))).toBe('request.conflict');
    expect(await codeOf(change(plane, { ca: 'hello' }, revision))).toBe('network.authority');
    expect(await codeOf(change(plane, { proxy: { noProxy: 'x' } }, revision))).toBe('network.incomplete');
    expect(PROBLEMS['network.authority'].next).toBe('operator');
    // What says nothing new changes nothing.
    expect(await change(plane, { ca: null }, revision)).toEqual({ intentRevision: revision });
  });

  it('R-30 R-31 is handed on to delivery and hosts without a restart, and taken back from them', async () => {
    const box = await installed();
    seedHost(box);
    const plane = planeOn(box);
    const engine = box.engine();
    await box.settle(engine);
    const pods = (): string[] => box.cluster.store.list('Pod').map(({ metadata }) => metadata.uid ?? '');
    const running = pods();
    expect(running.length).toBeGreaterThan(0);
    await change(plane, { ...WHOLE, registries: [] });
    await box.settle(engine);
    const [source] = box.cluster.store.list('OCIRepository');
    const [root] = box.cluster.store.list('Kustomization');
    expect(source?.['spec']).toMatchObject({
      certSecretRef: { name: 'appliance-authorities' },
      proxySecretRef: { name: 'appliance-proxy' },
    });
    expect(JSON.stringify(root?.['spec'])).toContain('appliance-authorities');
    expect(secretTexts(box, 'flux-system', 'appliance-proxy')).toEqual({
      ...{ address: 'http://proxy.corp.test:3128', username: 'corp', password: SECRETS[0] },
    });
    expect(secretTexts(box, 'alga-system', 'appliance-authorities')).toEqual({ 'ca.crt': CORP_CA });
    expect(hostOf(box).spec.network).toMatchObject({
      ...{ resolvers: ['192.0.2.53'], timeServers: ['ntp.corp.test'], ca: CORP_CA },
      proxy: { https: PROXY.https },
    });
    expect(JSON.stringify(hostOf(box))).not.toContain(SECRETS[0]);
    expect(pods()).toEqual(running);
    expect(box.release(box.status()?.running?.digest ?? '')?.status?.quarantine).toBeUndefined();

    await change(plane, { proxy: null, ca: null, resolvers: [], timeServers: [] });
    await box.settle(engine);
    await box.settle(engine);
    const [bare] = box.cluster.store.list('OCIRepository');
    expect(JSON.stringify(bare?.['spec'])).not.toMatch(/proxySecretRef|certSecretRef/);
    expect(secretTexts(box, 'flux-system', 'appliance-proxy')).toEqual({});
    expect(hostOf(box).spec.network).toBeUndefined();
    expect(pods()).toEqual(running);
  });

  it('says in sentences what a host does not do of it', async () => {
    const box = await installed();
    const what = networkRefusals({ network: { resolvers: ['192.0.2.53'], timeServers: [] } });
    expect(what).toEqual(['network.resolvers: the program on this host does not set name servers yet']);
    const at = box.clock.now().toISOString();
    seedHost(box, {
      rejected: [...what, 'images: x'].map((one) => ({ what: one, code: 'not-supported', at })),
    });
    expect((await view(planeOn(box))).rejected).toEqual([
      { host: 'box', what: what[0], code: 'not-supported' },
    ]);
  });
});

describe('trying a host by hand', () => {
  const tried: { readonly url: string; readonly proxy: string | undefined; readonly password?: string }[] =
    [];
  const ports: NetworkPorts = {
    measure: ({ url, proxy }, { proxyCredential }) => {
      tried.push({
        url,
        proxy,
        ...(proxyCredential === undefined ? {} : { password: proxyCredential.password }),
      });
      return Promise.resolve({ ...REPORT, url });
    },
    tryCredential: ({ credentials }, { host }) =>
      Promise.resolve(credentials.get(host)?.password === SECRETS[1] ? 'accepted' : 'refused'),
  };
  const at = (box: Box): ReturnType<typeof createHandle> => {
    const { engine, cluster } = planeOn(box);
    const options = { cluster, wake: createWake(box.clock.port), build: 'test-1', isLeader: () => true };
    return createHandle({ ...engine, network: ports }, options);
  };

  it('R-28 goes with what is proposed and saves nothing', async () => {
    const box = await installed();
    const handle = at(box);
    const [needed] = (await handle.network(never)).hosts;
    const host = needed?.host ?? '';
    const before = openText(box);
    const proposal = NetworkChange.parse({
      ...{ proxy: PROXY, proxyCredential: { user: 'corp', password: SECRETS[0] } },
      registries: [
        { host, mirrors: ['https://mirror.corp.test'] },
        { host: 'mirror.corp.test', credential: { user: 'puller', password: SECRETS[1] } },
      ],
    });
    tried.length = 0;
    const good = await handle.testNetwork({ host, change: proposal }, never);
    expect(good).toMatchObject({ host, credential: 'accepted' });
    expect(good.problem).toBeUndefined();
    expect(tried).toEqual([
      { url: 'https://mirror.corp.test/v2/', proxy: `${PROXY.https}/`, password: SECRETS[0] },
    ]);
    expect(await handle.testNetwork({ host }, never)).toMatchObject({
      ...{ credential: 'refused', problem: { code: 'registry.credentials-stale' } },
    });
    expect(openText(box)).toBe(before);
    expect(box.cluster.store.keys().filter((key) => /appliance-(proxy|registries)/.test(key))).toEqual([]);
  });

  it('R-28 measures itself what only a password opens: no object of a host carries it, and the checks still know', async () => {
    const box = await installed();
    seedHost(box, { facts: {} });
    const plane = planeOn(box);
    await change(plane, { proxy: PROXY, proxyCredential: { user: 'corp', password: SECRETS[0] } });
    const engine = { ...box.engine(), network: ports };
    tried.length = 0;
    await box.settle(engine);
    expect(hostOf(box).spec.endpoints ?? []).toEqual([]);
    const handle = at(box);
    await handle.checks(never);
    await Promise.resolve();
    const { checks } = await handle.checks(never);
    expect(checks.filter(({ id }) => id === 'registry.http')).toMatchObject([{ state: 'passed' }]);
    expect(tried[0]).toMatchObject({ proxy: `${PROXY.https}/`, password: SECRETS[0] });
    await change(plane, { proxyCredential: null });
    await box.settle(engine);
    expect(hostOf(box).spec.endpoints).toMatchObject([{ proxy: `${PROXY.https}/` }]);
  });

  it('is no means of looking at other hosts: network.host-unknown', async () => {
    const handle = at(await installed());
    tried.length = 0;
    for (const host of ['169.254.169.254', 'kubernetes.default.svc', '127.0.0.1:10250', 'inner.corp.test']) {
      const named = { registries: [{ host, mirrors: ['https://other.corp.test'] }] };
      expect(await codeOf(handle.testNetwork({ host }, never))).toBe('network.host-unknown');
      expect(await codeOf(handle.testNetwork({ host, change: named }, never))).toBe('network.host-unknown');
    }
    expect(tried).toEqual([]);
  });
});
