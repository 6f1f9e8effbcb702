import { isClusterScoped } from '../document.ts';
import type { Bundle } from '../bundle.ts';
import type { Finding } from '../finding.ts';
import { at, list, text } from '../tree.ts';

/** R8: a Kustomization that prunes and owns a namespace can delete it with all data in it. */
export function* namespaceInBase(bundle: Bundle): Generator<Finding> {
  for (const document of bundle.documents) {
    if (document.kind === 'Namespace' && (document.area === 'base' || document.area === 'rendered')) {
      yield document.finding(
        'namespace-in-base',
        [],
        `Namespace ${document.name} is declared in product.yaml, not here`,
      );
    }
    const make = ['spec', 'install', 'createNamespace'];
    if (document.kind === 'HelmRelease' && at(document.value, ...make) === true) {
      yield document.finding(
        'namespace-in-base',
        make,
        `HelmRelease ${document.name} would make its namespace`,
      );
    }
  }
}

/** Names that the platform itself uses and reconciles. */
const PLATFORM =
  /^(system:|k3s-|cluster-admin$|admin$|edit$|view$|local-path($|-)|coredns$|metrics-server|traefik|svclb|system-(cluster|node)-critical$)/;

/** B-40: of two definitions of one object the later wins, again and again. */
export function* uniqueNames(bundle: Bundle): Generator<Finding> {
  const seen = new Map<string, string>();
  for (const document of bundle.documents) {
    const { kind, name, namespace, apiVersion } = document;
    if (kind === '' || name === '') continue;
    const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
    const id = `${group}/${kind}/${namespace}/${name}`;
    const where = seen.get(id);
    if (where !== undefined)
      yield document.finding(
        'unique-names',
        ['metadata', 'name'],
        `${kind} ${name} is already defined in ${where}`,
      );
    else seen.set(id, `${document.file}:${document.line([])}`);
    if (isClusterScoped(kind) && PLATFORM.test(name)) {
      yield document.finding(
        'unique-names',
        ['metadata', 'name'],
        `${kind} ${name} bears a name of the platform`,
      );
    }
  }
}

/** API versions that every Kubernetes from 1.33 on serves. */
const SERVED = new Set([
  'v1',
  'admissionregistration.k8s.io/v1',
  'apiextensions.k8s.io/v1',
  'apiregistration.k8s.io/v1',
  'apps/v1',
  'autoscaling/v2',
  'batch/v1',
  'coordination.k8s.io/v1',
  'discovery.k8s.io/v1',
  'kustomize.config.k8s.io/v1beta1',
  'networking.k8s.io/v1',
  'policy/v1',
  'rbac.authorization.k8s.io/v1',
  'scheduling.k8s.io/v1',
  'storage.k8s.io/v1',
]);

/** B-36: an API version that the pinned Flux or the platform does not serve. */
export function* servedApi(bundle: Bundle): Generator<Finding> {
  const served = new Set(SERVED);
  for (const document of bundle.documents) {
    if (document.file === 'flux/flux.yaml') {
      for (const entry of list(document.value, 'serves'))
        served.add(String(entry).split('/').slice(0, 2).join('/'));
    }
    if (document.kind !== 'CustomResourceDefinition') continue;
    for (const version of list(document.value, 'spec', 'versions')) {
      served.add(`${text(document.value, 'spec', 'group')}/${text(version, 'name')}`);
    }
  }
  for (const document of bundle.documents) {
    if (document.kind === '' || served.has(document.apiVersion)) continue;
    yield document.finding(
      'served-api',
      ['apiVersion'],
      `nothing serves ${document.apiVersion} for ${document.kind}`,
    );
  }
}
