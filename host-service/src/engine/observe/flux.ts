import { VERSION_LABEL } from '../../contract/control-plane.ts';
import { Version } from '../../contract/names.ts';
import type { Product } from '../../contract/product.ts';
import type { ObservedFlux, ReleaseParts } from '../../core/plan/observed.ts';
import { OWNER_LABELS } from '../../core/plan/shape.ts';
import type { KubeObject, Ports } from '../ports.ts';
import { conditionsIn } from './facts.ts';

/** What is looked for when no release says it: the APIs that the engine itself writes and reads. */
const STOCK: readonly string[] = [
  'source.toolkit.fluxcd.io/v1/ocirepositories',
  'kustomize.toolkit.fluxcd.io/v1/kustomizations',
  'helm.toolkit.fluxcd.io/v2/helmreleases',
];

/**
 * Whether the delivery engine is there and ready: all its APIs are served, and those of its controllers that run in the cluster are available.
 * Controllers may also run elsewhere; then the APIs alone count.
 */
export async function observeFlux(
  cluster: Ports['cluster'],
  product: Product,
  parts: ReleaseParts | undefined,
  signal: AbortSignal,
): Promise<ObservedFlux> {
  const wanted = parts?.flux.serves ?? STOCK;
  const [answers, controllers, definition] = await Promise.all([
    Promise.all(wanted.map(async (api) => isServed(cluster, api, signal))),
    cluster.list(
      { apiVersion: 'apps/v1', kind: 'Deployment' },
      { namespace: product.flux.namespace, labelSelector: 'app.kubernetes.io/part-of=flux', signal },
    ),
    cluster.get(
      {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        name: 'ocirepositories.source.toolkit.fluxcd.io',
      },
      signal,
    ),
  ]);
  const served = new Set(wanted.filter((_, index) => answers[index] === true));
  const late = controllers
    .filter((controller) => !isAvailable(controller))
    .map(({ metadata }) => metadata.name);
  const absent = wanted.filter((api) => !served.has(api));
  const carriers = controllers.length > 0 ? controllers : definition === undefined ? [] : [definition];
  return {
    served,
    version: versionOf(carriers),
    controllers: new Set(controllers.map(({ metadata }) => metadata.name)),
    ours: carriers.length > 0 && carriers.every(isOurs),
    present: served.size > 0 || controllers.length > 0 || definition !== undefined,
    ready: absent.length === 0 && late.length === 0,
    detail: detailOf(absent, late),
  };
}

async function isServed(cluster: Ports['cluster'], api: string, signal: AbortSignal): Promise<boolean> {
  const slash = api.lastIndexOf('/');
  return cluster.serves(api.slice(0, slash), api.slice(slash + 1), signal);
}

function isAvailable(controller: KubeObject): boolean {
  return conditionsIn(controller).some(({ type, status }) => type === 'Available' && status === 'True');
}

/** The version that all of them say; none when they differ, as in the middle of an installation. */
function versionOf(objects: readonly KubeObject[]): Version | undefined {
  const labels = new Set(objects.map(({ metadata }) => metadata.labels?.[VERSION_LABEL] ?? ''));
  const [only, ...others] = labels;
  if (only === undefined || others.length > 0) return undefined;
  const version = Version.safeParse(only.replace(/^v/, ''));
  return version.success ? version.data : undefined;
}

/** By label: the field managers of an object are not read, they are half of its bytes. */
const isOurs = ({ metadata }: KubeObject): boolean =>
  Object.entries(OWNER_LABELS).every(([key, value]) => metadata.labels?.[key] === value);

function detailOf(absent: readonly string[], late: readonly string[]): string {
  if (absent.length > 0) return `not served: ${absent.join(', ')}`;
  return late.length > 0 ? `not available: ${late.join(', ')}` : 'ready';
}
