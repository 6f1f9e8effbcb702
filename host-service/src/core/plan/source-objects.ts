import { RELEASE_ANNOTATION } from '../../contract/objects.ts';
import type { Product } from '../../contract/product.ts';
import { canonical } from '../json.ts';
import { sourcePatches, type SourceRefs } from '../network/source-access.ts';
import type { KnownRelease } from './observed.ts';
import type { PlanInput, RegistryOf } from './plan-input.ts';
import { OWNER_LABELS, type ObjectShape } from './shape.ts';

interface SourceInput {
  readonly product: Product;
  readonly release: KnownRelease;
  readonly profile: string;
  readonly registryOf: RegistryOf;
}

export interface SourceObjects {
  /** OCIRepository: the one switch. Apply it first. */
  readonly source: ObjectShape;
  /** Root Kustomization. */
  readonly kustomization: ObjectShape;
}

/** `oci://host[:port]/path` from which Flux fetches the release's bundle. */
export function sourceUrl(release: KnownRelease, registryOf: RegistryOf): string {
  const { repository } = release.release.config;
  return `oci://${registryOf(repository).host}${repository.slice(repository.indexOf('/'))}`;
}

/**
 * Variables of the box that the root Kustomization fills in (docs/architecture.md). A bundle of the predecessor knows none of them and
 * holds scripts whose `${...}` must stay, so it gets none.
 */
export function substitutions(input: SourceInput): Readonly<Record<string, string>> {
  if (input.release.object.spec.upgradedFrom === 'v1') return {};
  const { host, insecure } = input.registryOf(input.release.release.config.repository);
  return {
    appliance_profile: input.profile,
    appliance_registry: host,
    appliance_registry_insecure: String(insecure),
  };
}

/** What the sources of this release say about the way to their registry. */
const refsOf = ({ release, registryOf }: Pick<SourceInput, 'release' | 'registryOf'>): SourceRefs =>
  registryOf(release.release.config.repository).refs ?? {};

/** Namespaces in which the bundle's own sources lie: beside the root, and where the packages find their values. */
export const sourceNamespaces = ({ flux, values }: Product): readonly string[] => [
  ...new Set([flux.namespace, values.namespace]),
];

const patchesOf = (input: SourceInput): ReturnType<typeof sourcePatches> =>
  sourcePatches(refsOf(input), sourceNamespaces(input.product));

/**
 * The two objects that make Flux run a release. `spec.suspend` is left out on purpose: a person may pause Flux and we do not fight it
 * (protocols §4.1). The interval is long because a digest never changes; failures are retried by Flux on its own (protocols §3.1).
 */
export function sourceObjects(input: SourceInput): SourceObjects {
  const { product, release } = input;
  const { insecure } = input.registryOf(release.release.config.repository);
  const metadata = { name: product.flux.name, namespace: product.flux.namespace, labels: OWNER_LABELS };
  const substitute = substitutions(input);
  const patches = patchesOf(input);
  return {
    source: {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata: { ...metadata, annotations: { [RELEASE_ANNOTATION]: release.digest } },
      spec: {
        interval: '1h',
        timeout: '60s',
        url: sourceUrl(release, input.registryOf),
        ref: { digest: release.release.config.digest },
        ...(insecure ? { insecure: true } : {}),
        ...refsOf(input),
        ...(product.flux.verify === undefined
          ? {}
          : { verify: { provider: 'cosign', secretRef: { name: product.flux.verify.secretName } } }),
      },
    },
    kustomization: {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata,
      spec: {
        interval: '10m',
        retryInterval: '30s',
        timeout: '5m',
        path: product.flux.path,
        prune: true,
        wait: false,
        deletionPolicy: 'Orphan',
        sourceRef: { kind: 'OCIRepository', name: product.flux.name },
        ...(Object.keys(substitute).length === 0 ? {} : { postBuild: { substitute } }),
        ...(patches.length === 0 ? {} : { patches }),
      },
    },
  };
}

/** Whether source and root Kustomization say what they would if they were applied now for this release. */
export function pointsAt(
  input: Pick<PlanInput, 'observed' | 'product' | 'profile' | 'registryOf'>,
  target: KnownRelease,
): boolean {
  const { source } = input.observed;
  if (source?.kustomization === undefined) return false;
  const substitute = substitutions({ ...input, release: target });
  return (
    source.release === target.digest &&
    source.digest === target.release.config.digest &&
    source.url === sourceUrl(target, input.registryOf) &&
    source.kustomization.path === input.product.flux.path &&
    canonical(source.refs ?? {}) === canonical(refsOf({ ...input, release: target })) &&
    canonical(source.kustomization.patches ?? []) === canonical(patchesOf({ ...input, release: target })) &&
    sameEntries(source.kustomization.substitute, substitute)
  );
}

/** Whether Flux has fetched and applied exactly this release's bundle. */
export function isApplied({ observed }: Pick<PlanInput, 'observed'>, target: KnownRelease): boolean {
  const { digest } = target.release.config;
  const { source } = observed;
  return source?.release === target.digest && source.fetched === digest && source.applied === digest;
}

function sameEntries(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
