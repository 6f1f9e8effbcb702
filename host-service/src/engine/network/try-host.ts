import type { NetworkTest, NetworkTestRequest } from '../../contract/network/view.ts';
import { Problem } from '../../contract/problem.ts';
import { changedNetwork } from '../../core/network/change.ts';
import { triableHosts, type Need } from '../../core/network/needed.ts';
import { accessOf, accessOfUrl, wayOutOf, type Access, type Credential } from '../../core/network/way-out.ts';
import { credentialIn } from '../../core/network/source-access.ts';
import { repositoryAt, type Place } from '../../core/network/repository-at.ts';
import type { Setting } from '../handle/setting.ts';
import type { OpenWay } from './ports.ts';
import { readNetwork, type NetworkSight } from './sight.ts';

/**
 * Goes to one host from here, with what is stored and, on top of it, a change that is not saved: hop by hop, and with the name and password
 * that it would get. Only hosts that this box needs, so that nobody looks at other networks through it. Problems network.*, cluster.*.
 */
export async function tryHost(
  setting: Setting,
  { host, change = {} }: NetworkTestRequest,
  signal: AbortSignal,
): Promise<NetworkTest> {
  const { engine } = setting;
  const { network: ports } = engine;
  if (ports === undefined) throw new Problem('network.host-unknown', 'nothing can be tried from here');
  const sight = await readNetwork(setting, signal);
  const changed = changedNetwork(sight.spec, change, engine.ports.clock.now());
  if (!changed.ok) throw new Problem(changed.problem.code, changed.problem.detail);
  const way = openWayOf(setting, sight, change, changed.value);
  if (!triableHosts(sight.needs, way).has(host))
    throw new Problem('network.host-unknown', `neither the release nor the licence service needs ${host}`);
  const need = sight.needs.find((one) => one.host === host);
  const access = accessFor(host, need, way);
  const place = need?.use === 'licence' ? undefined : placeOf(setting, sight, host, way);
  const url = need?.use === 'licence' ? `${access.origin}/` : `${access.origin}/v2/`;
  const wish = {
    url,
    ...(access.proxy === undefined ? {} : { proxy: access.proxy.href }),
    ...(access.ca === undefined ? {} : { ca: access.ca }),
  };
  const at = new URL(url).host;
  const [report, said] = await Promise.all([
    ports.measure(wish, { proxyCredential: way.proxyCredential ?? inAddress(access.proxy) }, signal),
    place === undefined ? undefined : ports.tryCredential(way, { ...place, host: at }, signal),
  ]);
  return {
    ...{ host, report, credential: credentialOf(need, said) },
    ...(report.problem === undefined ? problemOf(at, said) : { problem: report.problem }),
  };
}

const inAddress = (proxy: URL | undefined): Credential | undefined =>
  proxy === undefined ? undefined : credentialIn(proxy);

function accessFor(host: string, need: Need | undefined, way: OpenWay): Access {
  const licence = need?.use === 'licence' ? URL.parse(`https://${host}/`) : null;
  const access = licence === null ? accessOf(host, way) : accessOfUrl(licence, way);
  if (access === undefined) throw new Problem('network.host-unknown', `${host} is no host`);
  return access;
}

const credentialOf = (
  need: Need | undefined,
  said: NetworkTest['credential'] | undefined,
): NetworkTest['credential'] => said ?? (need?.use === 'licence' ? 'not-needed' : 'untested');

function problemOf(host: string, said: NetworkTest['credential'] | undefined): Pick<NetworkTest, 'problem'> {
  if (said === 'refused')
    return {
      problem: { code: 'registry.credentials-stale', detail: `${host} refuses the name and password` },
    };
  if (said === 'missing')
    return { problem: { code: 'registry.denied', detail: `${host} wants a name and a password` } };
  return {};
}

/** Something that this box needs of the host: what an answer to it says counts. */
function placeOf(
  { engine }: Setting,
  { needs, release, channelTag }: NetworkSight,
  host: string,
  { registries }: OpenWay,
): Place | undefined {
  const served = needs.find(
    (need) =>
      need.host === host ||
      registries.some(
        (one) => one.host === need.host && one.mirrors.some((url) => URL.parse(url)?.host === host),
      ),
  );
  return served === undefined
    ? undefined
    : repositoryAt(served.host, { repository: engine.releaseRepository, tag: channelTag }, release);
}

/** The way with the change, and the passwords that it brings over those that are stored. */
function openWayOf(
  { engine }: Setting,
  sight: NetworkSight,
  change: NonNullable<NetworkTestRequest['change']>,
  spec: NetworkSight['spec'],
): OpenWay {
  const { proxy, proxyCredential: given, registries = [] } = change;
  const credentials = new Map(sight.credentials);
  for (const { host, credential } of registries) {
    if (credential === null) credentials.delete(host);
    else if (credential !== undefined) credentials.set(host, pair(credential));
  }
  const stored = proxy === null ? undefined : sight.proxyCredential;
  return {
    ...wayOutOf(engine, { network: spec.network, registries: [...spec.registries] }),
    credentials,
    proxyCredential: given === undefined ? stored : given === null ? undefined : pair(given),
  };
}

const pair = (given: { readonly user: string; readonly password: string }): Credential => ({
  username: given.user,
  password: given.password,
});
