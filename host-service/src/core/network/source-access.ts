import { accessOf, type Credential, type WayOut } from './way-out.ts';
import { toBase64Text } from './base64.ts';

/** Secrets of the delivery's namespaces that sources name: always these names, whatever a person types. */
export const SOURCE_SECRETS = {
  credential: 'appliance-registries',
  ca: 'appliance-authorities',
  proxy: 'appliance-proxy',
} as const;

/** What a source of the delivery says about the way to its registry. */
export interface SourceRefs {
  readonly secretRef?: { readonly name: string };
  readonly certSecretRef?: { readonly name: string };
  readonly proxySecretRef?: { readonly name: string };
}

/** A Secret as the delivery reads it: its type, and texts by key. For this process and for Secrets only. */
export interface SourceSecret {
  readonly name: string;
  readonly type: 'Opaque' | 'kubernetes.io/dockerconfigjson';
  readonly texts: Readonly<Record<string, string>>;
}

/** What the delivery needs to go the way of this box. */
export interface SourceAccess {
  readonly refs: SourceRefs;
  /** All three, also those that are not wanted: these are emptied, so that no password outlives its use. */
  readonly secrets: readonly SourceSecret[];
}

/**
 * How the delivery reaches a registry: the same mirror, authorities, proxy and credential as the control plane itself. Hosts that are left out of the
 * proxy get none, because the delivery knows no exceptions.
 */
export function sourceAccess(
  host: string,
  way: WayOut,
  known: { readonly proxy: Credential | undefined; readonly registry: Credential | undefined },
): SourceAccess {
  const access = accessOf(host, way);
  const isPlain = access?.origin.startsWith('http:') === true;
  const ca = isPlain ? undefined : access?.ca;
  const proxy = access?.proxy;
  const asked = access === undefined ? host : (URL.parse(access.origin)?.host ?? host);
  return {
    refs: {
      ...(known.registry === undefined ? {} : { secretRef: { name: SOURCE_SECRETS.credential } }),
      ...(ca === undefined ? {} : { certSecretRef: { name: SOURCE_SECRETS.ca } }),
      ...(proxy === undefined ? {} : { proxySecretRef: { name: SOURCE_SECRETS.proxy } }),
    },
    secrets: [
      {
        ...{ name: SOURCE_SECRETS.credential, type: 'kubernetes.io/dockerconfigjson' },
        texts: {
          '.dockerconfigjson': dockerConfigOf(known.registry === undefined ? [] : [[asked, known.registry]]),
        },
      },
      {
        ...{ name: SOURCE_SECRETS.ca, type: 'Opaque' },
        texts: ca === undefined ? {} : { 'ca.crt': ca },
      },
      {
        ...{ name: SOURCE_SECRETS.proxy, type: 'Opaque' },
        texts: proxy === undefined ? {} : proxyTexts(proxy, known.proxy),
      },
    ],
  };
}

/** Address without what the URL may carry, and name and password from wherever they stand. */
function proxyTexts(proxy: URL, credential: Credential | undefined): Readonly<Record<string, string>> {
  const found = credential ?? credentialIn(proxy);
  return { address: proxy.origin, ...(found === undefined ? {} : { ...found }) };
}

/** Name and password that stand in an address, as only the program's own file may have them. */
export function credentialIn({ username, password }: URL): Credential | undefined {
  return username === ''
    ? undefined
    : { username: decodeURIComponent(username), password: decodeURIComponent(password) };
}

/** A docker configuration with these credentials, as text: what platform and delivery read. */
export const dockerConfigOf = (byHost: Iterable<readonly [string, Credential]>): string =>
  JSON.stringify({
    auths: Object.fromEntries(
      [...byHost].map(([host, { username, password }]) => [
        host,
        { username, password, auth: toBase64Text(`${username}:${password}`) },
      ]),
    ),
  });

interface Patch {
  readonly target: { readonly group: string; readonly kind: string; readonly namespace?: string };
  readonly patch: string;
}

/**
 * Patches of the root Kustomization that give the same to the sources that the bundle brings itself: to those that it holds, and by the Kustomizations
 * that it makes to those of their parts. So it works for bundles that know nothing of it. Nothing where nothing is set.
 */
export function sourcePatches(refs: SourceRefs, namespaces: readonly string[]): readonly Patch[] {
  if (Object.keys(refs).length === 0) return [];
  const any = { name: 'any' };
  const source = JSON.stringify({
    ...{ apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'OCIRepository', metadata: any, spec: refs },
  });
  const ofSources = namespaces.map((namespace) => ({
    target: { group: 'source.toolkit.fluxcd.io', kind: 'OCIRepository', namespace },
    patch: source,
  }));
  const nested = JSON.stringify({
    ...{ apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', metadata: any },
    spec: { patches: ofSources },
  });
  const parts = { group: 'kustomize.toolkit.fluxcd.io', kind: 'Kustomization' };
  return [...ofSources, { target: parts, patch: nested }];
}
