import type { ApplianceSpec, RegistryOverride } from '../../contract/appliance.ts';
import { proxyFor, withInside, type ProxySettings } from './no-proxy.ts';

/** How this box goes to other hosts. Nothing in it is secret. */
export interface WayOut {
  readonly registries: readonly RegistryOverride[];
  readonly proxy?: ProxySettings | undefined;
  /** PEM of authorities that count for every host beside the public ones. */
  readonly ca?: string | undefined;
}

/** A name and its password. */
export interface Credential {
  readonly username: string;
  readonly password: string;
}

/** The way that is in force: what a person says comes on top of the program's own file, member by member. */
export function wayOutOf(
  fixed: Pick<WayOut, 'registries' | 'proxy'>,
  { registries, network }: Pick<ApplianceSpec, 'registries' | 'network'>,
): WayOut {
  const hosts = [...new Set([...registries, ...fixed.registries].map(({ host }) => host))];
  const find = (list: readonly RegistryOverride[], host: string) => list.find((one) => one.host === host);
  const proxy = network?.proxy ?? fixed.proxy;
  return {
    registries: hosts.flatMap((host) => onTop(find(registries, host), find(fixed.registries, host)) ?? []),
    ...(proxy === undefined ? {} : { proxy }),
    ...(network?.ca === undefined ? {} : { ca: network.ca }),
  };
}

function onTop(
  person: RegistryOverride | undefined,
  own: RegistryOverride | undefined,
): RegistryOverride | undefined {
  if (person === undefined || own === undefined) return person ?? own;
  const ca = person.ca ?? own.ca;
  const credentialSecret = person.credentialSecret ?? own.credentialSecret;
  return {
    host: person.host,
    mirrors: person.mirrors.length > 0 ? person.mirrors : own.mirrors,
    plainHttp: person.plainHttp || own.plainHttp,
    ...(ca === undefined ? {} : { ca }),
    ...(credentialSecret === undefined ? {} : { credentialSecret }),
  };
}

/** Where a registry is asked first, and how. */
export interface Access {
  /** `https://host[:port]`, of the first mirror or of the registry itself. */
  readonly origin: string;
  readonly proxy: URL | undefined;
  /** PEM of the authorities that count for this host alone. */
  readonly own: string | undefined;
  /** PEM of all authorities that count there beside the public ones. */
  readonly ca: string | undefined;
}

/** How a registry (`host[:port]`) is reached first: its mirror, its proxy, the authorities that were added. */
export function accessOf(host: string, way: WayOut): Access | undefined {
  const override = way.registries.find((one) => one.host === host);
  const mirror = URL.parse(override?.mirrors[0] ?? '');
  // A registry on this very machine is spoken to in the clear, as the registry client does.
  const isPlain = override?.plainHttp ?? isLoopback(host);
  const url = URL.parse(mirror?.origin ?? `${isPlain ? 'http' : 'https'}://${host}`);
  if (url === null) return undefined;
  const mirrorOwn = mirror === null ? undefined : way.registries.find((one) => one.host === mirror.host)?.ca;
  return accessAt(url, joined(override?.ca, mirrorOwn), way);
}

/** How an address that is no registry is reached. */
export function accessOfUrl(url: URL, way: WayOut): Access {
  return accessAt(url, way.registries.find(({ host }) => host === url.host)?.ca, way);
}

const accessAt = (url: URL, own: string | undefined, { proxy, ca }: WayOut): Access => ({
  ...{ origin: url.origin, proxy: proxyFor(url, proxy) },
  ...{ own, ca: joined(own, ca) },
});

const isLoopback = (host: string): boolean => /^(127\.|localhost(:|$)|\[::1\])/.test(host);

/** Texts of certificates one after the other. */
export function joined(...texts: readonly (string | undefined)[]): string | undefined {
  const [first, ...others] = [...new Set(texts.flatMap((text) => text ?? []))];
  return others.length === 0 ? first : [first, ...others].map((text) => `${text?.trim()}\n`).join('');
}

/** The proxy as a client of ours takes it: with its password, and with everything inside the platform left out. For memory only. */
export function clientProxy(
  proxy: ProxySettings | undefined,
  credential: Credential | undefined,
): ProxySettings | undefined {
  if (proxy === undefined) return undefined;
  return {
    http: withCredential(proxy.http, credential),
    https: withCredential(proxy.https, credential),
    noProxy: withInside(proxy.noProxy),
  };
}

function withCredential(text: string | undefined, credential: Credential | undefined): string | undefined {
  const url = text === undefined || credential === undefined ? null : URL.parse(text);
  if (url === null || credential === undefined) return text;
  url.username = encodeURIComponent(credential.username);
  url.password = encodeURIComponent(credential.password);
  return url.href;
}
