import type { ApplianceSpec, RegistryOverride } from '../../contract/appliance.ts';
import { NetworkSettings, REGISTRY_CREDENTIALS_SECRET } from '../../contract/network/settings.ts';
import type { NetworkChange } from '../../contract/network/view.ts';
import { accept, refuse, type ProblemBody, type Verdict } from '../../contract/problem.ts';
import { readAuthorities } from './authorities.ts';

/** The part of the intent that is about the way out. */
export interface NetworkSpec {
  readonly network: NetworkSettings;
  readonly registries: readonly RegistryOverride[];
}

/** As many as the contract lets stand. */
const MAX_REGISTRIES = 16;

/** The network part of an intent, with everything that may be missing. */
export const networkSpecOf = ({
  network,
  registries,
}: Pick<ApplianceSpec, 'network' | 'registries'>): NetworkSpec => ({
  network: network ?? NetworkSettings.parse({}),
  registries,
});

/**
 * The intent with a change, field by field: what is not named stays. Problems network.authority, network.incomplete (half of a proxy, a password
 * without its proxy, a mirror that leads nowhere); nothing is written then.
 */
export function changedNetwork(before: NetworkSpec, change: NetworkChange, now: Date): Verdict<NetworkSpec> {
  const problem = proxyProblem(before, change) ?? serverProblem(change) ?? registryProblem(change);
  if (problem !== undefined) return { ok: false, problem };
  const ca = typeof change.ca === 'string' ? readAuthorities(change.ca, now) : undefined;
  if (ca?.ok === false) return ca;
  const network = {
    ...before.network,
    ...(change.proxy === undefined ? {} : { proxy: change.proxy ?? undefined }),
    ...(change.ca === undefined ? {} : { ca: ca?.value.pem }),
    ...(change.resolvers === undefined ? {} : { resolvers: [...new Set(change.resolvers)] }),
    ...(change.timeServers === undefined ? {} : { timeServers: [...new Set(change.timeServers)] }),
  };
  const registries = withRegistries(before.registries, change.registries ?? []);
  if (registries.length > MAX_REGISTRIES)
    return incomplete(`${MAX_REGISTRIES} registries are the most`, 'registries');
  return accept({ network: NetworkSettings.parse(defined(network)), registries });
}

const defined = (members: object): object =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

const incomplete = (detail: string, subject: string): { ok: false; problem: ProblemBody } =>
  refuse('network.incomplete', detail, subject);

function proxyProblem(before: NetworkSpec, change: NetworkChange): ProblemBody | undefined {
  const { proxy, proxyCredential } = change;
  const isThere = proxy === undefined ? before.network.proxy !== undefined : proxy !== null;
  if (proxy && proxy.http === undefined && proxy.https === undefined)
    return incomplete('a proxy needs its address', 'proxy').problem;
  if (!proxyCredential) return undefined;
  if (!isThere) return incomplete('a name and a password need the proxy they are for', 'proxy').problem;
  return userProblem(proxyCredential.user, 'proxyCredential');
}

/** Basic authentication ends the name at the first colon (RFC 7617 2). */
const userProblem = (user: string, subject: string): ProblemBody | undefined =>
  user.includes(':') ? incomplete('a user name cannot have a colon', subject).problem : undefined;

function serverProblem({ resolvers = [] }: NetworkChange): ProblemBody | undefined {
  const bad = resolvers.find((address) => /^(0\.|127\.|::1?$)/.test(address));
  return bad === undefined
    ? undefined
    : incomplete(`${bad} is the box itself: a name server has an address on the network`, 'resolvers')
        .problem;
}

function registryProblem({ registries = [] }: NetworkChange): ProblemBody | undefined {
  const hosts = registries.map(({ host }) => host);
  const twice = hosts.find((host, index) => hosts.indexOf(host) !== index);
  if (twice !== undefined) return incomplete(`${twice} is named twice`, 'registries').problem;
  for (const { host, mirrors = [], credential } of registries) {
    if (URL.parse(`https://${host}`)?.host !== host.toLowerCase())
      return incomplete(`${host} is not a host, with or without port`, 'registries').problem;
    const problem =
      mirrors.map((mirror) => mirrorProblem(host, mirror)).find((one) => one !== undefined) ??
      (credential ? userProblem(credential.user, host) : undefined);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function mirrorProblem(host: string, mirror: string): ProblemBody | undefined {
  const url = URL.parse(mirror);
  if (
    url === null ||
    url.username !== '' ||
    url.password !== '' ||
    !/^\/?$/.test(url.pathname) ||
    url.search !== ''
  )
    return incomplete(`the mirror of ${host} must be an address without user, password and path`, host)
      .problem;
  if (url.host === host) return incomplete(`${host} cannot be its own mirror`, host).problem;
  const isOwn = /^127\.|^localhost$|^\[::1\]$/.test(url.hostname);
  if (url.protocol === 'http:' && !isOwn)
    return incomplete(`${mirror}: a mirror is spoken to only over a safe connection (https)`, host).problem;
  return undefined;
}

function withRegistries(
  before: readonly RegistryOverride[],
  changes: NonNullable<NetworkChange['registries']>,
): readonly RegistryOverride[] {
  const merged = new Map(before.map((one) => [one.host, one]));
  for (const change of changes) merged.set(change.host, changedRegistry(merged.get(change.host), change));
  return [...merged.values()].filter(saysSomething);
}

function changedRegistry(
  before: RegistryOverride | undefined,
  { host, mirrors, credential }: NonNullable<NetworkChange['registries']>[number],
): RegistryOverride {
  const { credentialSecret: secretBefore, ...kept } = before ?? { host, mirrors: [], plainHttp: false };
  const secret =
    credential === undefined ? secretBefore : credential === null ? undefined : REGISTRY_CREDENTIALS_SECRET;
  return {
    ...kept,
    mirrors: mirrors === undefined ? kept.mirrors : [...new Set(mirrors)],
    ...(secret === undefined ? {} : { credentialSecret: secret }),
  };
}

const saysSomething = ({ mirrors, ca, plainHttp, credentialSecret }: RegistryOverride): boolean =>
  mirrors.length > 0 || ca !== undefined || plainHttp || credentialSecret !== undefined;
