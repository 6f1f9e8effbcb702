import { APPLIANCE_NAME, Operation, ReleaseObject } from 'host-service/contract/objects.ts';
import { ApplianceSpec } from 'host-service/contract/appliance.ts';
import { Digest, GROUP_VERSION } from 'host-service/contract/names.ts';
import { FluxPin, type Product } from 'host-service/contract/product.ts';
import { Release } from 'host-service/contract/release.ts';
import type { Decision } from 'host-service/core/decide/types.ts';
import type { KnownRelease, Observed, ObservedFlux } from 'host-service/core/plan/observed.ts';
import type { PlanInput } from 'host-service/core/plan/plan-input.ts';
import { sourceUrl, substitutions } from 'host-service/core/plan/source-objects.ts';
import { renderValues } from 'host-service/core/values/render.ts';
import { textHash } from 'host-service/core/values/text-hash.ts';
import { bytesOf, makeProduct, NOW, releaseJson, REPOSITORY } from '../fixtures/documents.ts';
import { sha256 } from '../fixtures/sign.ts';

type Json = Record<string, unknown>;
export { NOW, APPLIANCE_NAME };

export const PROFILE = 'single-node';
export const SETTINGS = { appUrl: 'https://app.example.com' };
export const registryOf: PlanInput['registryOf'] = (repository) => ({
  host: repository.slice(0, repository.indexOf('/')),
  insecure: false,
});

export const PIN = FluxPin.parse({
  schema: 'appliance.flux/v1',
  version: '2.9.4',
  kubernetes: '>=1.33.0',
  adopts: '>=2.8.0 <3.0.0',
  serves: ['source.toolkit.fluxcd.io/v1/ocirepositories'],
  controllers: [{ name: 'source-controller', image: 'registry.example.com/flux/source' }],
  manifests: ['flux.yaml'],
});

export const FLUX: ObservedFlux = {
  served: new Set(PIN.serves),
  version: PIN.version,
  present: true,
  ready: true,
  detail: 'ready',
};
export const NO_FLUX: ObservedFlux = {
  served: new Set(),
  version: undefined,
  present: false,
  ready: false,
  detail: 'not there',
};

/** A stored release with its own version and bundle digest. */
export function known(version: string, over: Json = {}, status?: Json, spec: Json = {}): KnownRelease {
  const json = releaseJson({
    version,
    config: {
      repository: 'registry.example.com/vendor/config',
      digest: sha256(`config ${version}`),
      size: 5000,
    },
    ...over,
  });
  const bytes = bytesOf(json);
  const digest = Digest.parse(sha256(Buffer.from(bytes).toString('utf8')));
  const object = ReleaseObject.parse({
    apiVersion: GROUP_VERSION,
    kind: 'Release',
    metadata: { name: digest.slice(7, 19) },
    spec: {
      digest,
      version,
      repository: REPOSITORY,
      source: 'channel',
      document: Buffer.from(bytes).toString('base64'),
      signed: true,
      admittedAt: '2026-11-20T12:00:00Z',
      ...spec,
    },
    ...(status === undefined ? {} : { status }),
  });
  return { object, release: Release.parse(json), digest };
}

export const CONFIRMED = { confirmedAt: '2026-11-20T13:00:00Z' };
export const FAILED = {
  quarantine: { reason: { code: 'observe.crash-loop', detail: 'it stops' }, at: '2026-11-21T11:00:00Z' },
};

/** The world of a box with nothing installed; members can be replaced. */
export function makeObserved(over: Partial<Observed> & { known?: readonly KnownRelease[] } = {}): Observed {
  const { known: releases = [], ...rest } = over;
  return {
    applianceId: '4a8e',
    intentRevision: 3,
    spec: ApplianceSpec.parse({ settings: SETTINGS }),
    kubernetes: '1.36.3+k3s1',
    releases: new Map(releases.map((one) => [one.digest, one])),
    operations: [],
    flux: NO_FLUX,
    source: undefined,
    namespaces: { present: new Set(), terminating: new Set() },
    valuesKeys: new Map(),
    secretKeys: new Map(),
    components: [],
    ...rest,
  };
}

/** Values keys as they lie in the cluster after a release was written for this box. */
export function valuesKeysOf(
  releases: readonly KnownRelease[],
  product: Product,
  settings: Readonly<Record<string, string>> = SETTINGS,
): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  for (const { release } of releases) {
    const values = renderValues({ release, profile: PROFILE, settings, product });
    if (!values.ok) throw new Error(values.problem.detail);
    for (const [name, text] of values.value) keys.set(name, textHash(text));
  }
  return keys;
}

/** Source and Kustomization that carry a release, fetched and applied. */
export function sourceOf(release: KnownRelease, product: Product): NonNullable<Observed['source']> {
  const { digest } = release.release.config;
  return {
    release: release.digest,
    url: sourceUrl(release, registryOf),
    digest,
    fetched: digest,
    fetchProblem: undefined,
    applied: digest,
    applyProblem: undefined,
    kustomization: {
      path: product.flux.path,
      substitute: substitutions({ product, release, profile: PROFILE, registryOf }),
      suspended: false,
    },
  };
}

/** The expected components of a release, all in one state. */
export const componentsOf = (
  { release }: KnownRelease,
  state: Observed['components'][number]['state'] = 'ready',
): Observed['components'] =>
  release.components.map(({ name, kind, namespace, tier, title }) => ({
    name,
    kind,
    namespace,
    tier,
    title,
    state,
    detail: state,
    digests: {},
    pods: [],
  }));

/** A box on which `release` runs well; `stored` are all releases it knows. */
export function runningOn(
  release: KnownRelease,
  stored: readonly KnownRelease[],
  product: Product,
  over: Partial<Observed> = {},
): Observed {
  const others = stored.filter((one) => one.digest !== release.digest);
  return makeObserved({
    known: stored,
    flux: FLUX,
    source: sourceOf(release, product),
    namespaces: { present: new Set(product.namespaces.map(({ name }) => name)), terminating: new Set() },
    valuesKeys: valuesKeysOf([...others, release], product),
    components: componentsOf(release),
    ...over,
  });
}

export const decided = (target: KnownRelease | undefined, direction: Decision['direction']): Decision => ({
  target: target?.digest,
  direction,
  available: undefined,
  problems: [],
  trace: [],
});

export function planInput(over: Partial<PlanInput> & Pick<PlanInput, 'observed' | 'decision'>): PlanInput {
  return {
    product: makeProduct(),
    profile: PROFILE,
    parts: { flux: PIN, fluxManifests: [] },
    open: undefined,
    now: NOW,
    registryOf,
    ...over,
  };
}

/** An operation towards a release; its journal can be replaced. */
export function operation(
  verb: string,
  to: KnownRelease,
  over: {
    from?: KnownRelease;
    status?: Json;
    revision?: number;
    name?: string;
    steps?: readonly string[];
  } = {},
): Operation {
  return Operation.parse({
    apiVersion: GROUP_VERSION,
    kind: 'Operation',
    metadata: { name: over.name ?? `20261121120000-${verb}-${to.digest.slice(7, 15)}` },
    spec: {
      verb,
      ...(over.from === undefined
        ? {}
        : { from: { digest: over.from.digest, version: over.from.release.version } }),
      to: { digest: to.digest, version: to.release.version },
      profile: PROFILE,
      intentRevision: over.revision ?? 3,
      actor: { by: 'engine', via: 'engine' },
      steps: over.steps ?? ['wait-components'],
    },
    status: { outcome: 'running', startedAt: '2026-11-21T11:50:00Z', steps: [], events: [], ...over.status },
  });
}
