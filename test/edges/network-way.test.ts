import { NetworkTest, NetworkView } from 'host-service/contract/network/view.ts';
import { createCluster } from 'host-service/edges/kubernetes/cluster.ts';
import { loadKubeconfig } from 'host-service/edges/kubernetes/connect/kubeconfig.ts';
import type { KubeObject } from 'host-service/engine/ports.ts';
import { eventually } from '../cluster/kube.ts';
import { afterEach, describe, expect, it } from 'vitest';
import type { Ran } from './cli-world.ts';
import { NAME, NetworkBox, type NetworkBoxOptions } from './network-box.ts';

const PASSWORDS = { proxy: 'planted-proxy-pass-x9Q', registry: 'planted-registry-pass-x9Q' };
const CREDENTIAL = { user: 'corp-user', password: PASSWORDS.proxy };
let box: NetworkBox | undefined;

afterEach(async () => {
  await box?.close();
  box = undefined;
});

async function open(options: NetworkBoxOptions): Promise<NetworkBox> {
  box = await NetworkBox.open(options);
  await box.stage.claimCode();
  return box;
}

const testOf = ({ out }: Ran): NetworkTest => NetworkTest.parse(JSON.parse(out));
const viewOf = ({ out }: Ran): NetworkView => NetworkView.parse(JSON.parse(out));
const trusting: NonNullable<NetworkBoxOptions['config']> = (ca, host) => ({ registries: [{ host, ca }] });

async function set(at: NetworkBox, ...argv: readonly string[]): Promise<void> {
  const { exit, out, err } = await at.network('set', ...argv);
  expect(exit, err + out).toBe(0);
}

/** Until people can sign in; answers every host that a plan has named on the way. */
async function install(at: NetworkBox): Promise<ReadonlySet<string>> {
  const planned = new Set<string>();
  await at.stage.answer();
  await at.stage.until('people can sign in', ({ phase, lastGood, plan }) => {
    for (const host of plan?.hosts ?? []) planned.add(host);
    return phase === 'running' && lastGood !== undefined;
  });
  return planned;
}

async function listed(at: NetworkBox, apiVersion: string, kind: string): Promise<readonly KubeObject[]> {
  const cluster = createCluster({ auth: loadKubeconfig(at.stage.world.kubeconfig), userAgent: 'test' });
  try {
    return await cluster.list({ apiVersion, kind }, { signal: AbortSignal.timeout(10_000) });
  } finally {
    await cluster.close();
  }
}

/** Everything of the cluster that is no Secret. */
async function openObjects(at: NetworkBox): Promise<string> {
  const own = 'appliance.nineminds.com/v1alpha1';
  const kinds = [
    ...['Appliance', 'Operation', 'Host', 'Release'].map((kind) => [own, kind] as const),
    ...[['v1', 'ConfigMap'] as const, ['v1', 'Event'] as const],
    ['source.toolkit.fluxcd.io/v1', 'OCIRepository'] as const,
    ['kustomize.toolkit.fluxcd.io/v1', 'Kustomization'] as const,
  ];
  const lists = await Promise.all(kinds.map(([apiVersion, kind]) => listed(at, apiVersion, kind)));
  return JSON.stringify(lists);
}

/** another proxy after the installation. It is used at once, and no pod of the application is another one. */
async function changeProxy(at: NetworkBox): Promise<void> {
  const pods = async (): Promise<readonly (string | undefined)[]> =>
    (await listed(at, 'v1', 'Pod')).map(({ metadata }) => metadata.uid).toSorted();
  const before = await pods();
  const next = await at.anotherProxy({ credential: CREDENTIAL });
  try {
    await set(at, '--proxy', next.address);
    await eventually('the next proxy is asked', () =>
      Promise.resolve(next.asked.includes(at.host) || undefined),
    );
    await at.stage.until('it runs', ({ phase }) => phase === 'running');
    expect(await pods()).toEqual(before);
    await set(at, '--proxy', at.proxy?.address ?? '');
  } finally {
    await next.stop();
  }
}

describe('a box that cannot reach the vendor as everybody does', () => {
  it('R15 installs from a mirror in the house while the vendor is black-holed, and asks nobody else', async () => {
    const at = await open({});
    await at.stage.until(
      'the vendor is not found',
      ({ channel }) => channel?.problem?.code === 'registry.dns',
    );
    const tried = testOf(await at.network('test', at.host, '--mirror', `${at.host}=${at.mirror}`));
    expect(tried).toMatchObject({ host: at.host, credential: 'not-needed', report: { status: 200 } });
    await set(at, '--mirror', `${at.host}=${at.mirror}`);
    await at.stage.until('the channel is read', ({ channel }) => channel?.lastSuccessAt !== undefined);
    const before = await at.lookups();
    const planned = await install(at);
    expect(new Set(before)).toEqual(new Set([NAME]));
    expect((await at.lookups()).length).toBe(before.length);
    expect([...planned].sort()).toEqual([new URL(at.mirror).host, ...licenceOf(planned, at)].sort());
    const view = viewOf(await at.network('show'));
    expect(view.hosts[0]).toMatchObject({ host: at.host, mirrors: [at.mirror], via: 'direct' });
  });

  it('R15 R-30 installs through a proxy that wants a password, which nobody reads back, and goes only where the plan says', async () => {
    const at = await open({
      proxy: { credential: CREDENTIAL },
      registry: { user: 'puller', password: PASSWORDS.registry },
      config: trusting,
    });
    const { proxy, stage } = at;
    if (proxy === undefined) throw new Error('there is no proxy');
    const files = {
      proxy: await at.file('proxy', `${PASSWORDS.proxy}\n`),
      registry: await at.file('registry', `${PASSWORDS.registry}\n`),
    };
    const refused = testOf(await at.network('test', at.host, '--proxy', proxy.address));
    expect(refused).toMatchObject({ problem: { code: 'registry.proxy' }, report: { status: 407 } });
    const way = ['--proxy', proxy.address, '--proxy-credential', `${CREDENTIAL.user}:${files.proxy}`];
    const denied = testOf(await at.network('test', at.host, ...way));
    expect(denied).toMatchObject({ credential: 'missing', problem: { code: 'registry.denied' } });
    const named = [...way, '--credential', `${at.host}=puller:${files.registry}`];
    expect(testOf(await at.network('test', at.host, ...named))).toMatchObject({
      ...{ credential: 'accepted', report: { via: new URL(proxy.address).host, status: 401 } },
    });
    await set(at, ...named);
    const planned = await install(at);
    expect(new Set(proxy.asked)).toEqual(new Set([at.host]));
    // Before the proxy was set; then it looks up names.
    expect(new Set(await at.lookups())).toEqual(new Set([NAME]));
    expect([...planned].sort()).toEqual([at.host, ...licenceOf(planned, at)].sort());
    expect(at.front.answered()).toBeGreaterThan(5);
    await changeProxy(at);
    const shown = await at.network('show');
    expect(viewOf(shown)).toMatchObject({
      proxyCredential: { isSet: true, user: CREDENTIAL.user },
      hosts: [{ host: at.host, credential: { isSet: true, user: 'puller' } }, { use: 'licence' }],
    });
    const seen = [shown.out, await openObjects(at), await stage.controlPlane.log()].join('\n');
    for (const password of Object.values(PASSWORDS)) {
      expect(seen).not.toContain(password);
      expect(seen).not.toContain(Buffer.from(password).toString('base64'));
    }
  });

  it('R15 R-31 names who opens safe connections, and installs through him once his authority was added', async () => {
    const at = await open({ proxy: { isInspecting: true }, config: trusting });
    const { proxy, stage, host } = at;
    if (proxy === undefined) throw new Error('there is no proxy');
    await set(at, '--proxy', proxy.address);
    const { channel: seen } = await stage.until(
      'somebody opens the connection',
      ({ channel }) => channel?.problem?.code === 'registry.tls',
    );
    expect(seen?.problem?.detail).toMatch(/issuer.*Corp Inspection.*looks like a TLS-inspecting proxy/);
    const refused = testOf(await at.network('test', host));
    expect(refused.problem).toMatchObject({ code: 'registry.tls' });
    expect(refused.problem?.detail).toMatch(/Corp Inspection.*looks like a TLS-inspecting proxy/);
    const pem = await at.file('corp.pem', at.corp.pem);
    expect(testOf(await at.network('test', host, '--authorities', pem))).toMatchObject({
      report: { tls: { trusted: true, public: false }, status: 200 },
    });
    await set(at, '--authorities', pem);
    const planned = await install(at);
    expect(new Set(proxy.asked)).toEqual(new Set([host]));
    expect([...planned].sort()).toEqual([host, ...licenceOf(planned, at)].sort());
    expect(viewOf(await at.network('show')).authorities).toMatchObject([
      { subject: 'Corp Inspection', issuer: 'Corp Inspection' },
    ]);
  });
});

/** The licence service is planned only where there is a code to redeem. */
const licenceOf = (planned: ReadonlySet<string>, { stage }: NetworkBox): readonly string[] =>
  [new URL(stage.licence.url).host].filter((host) => planned.has(host));
