import { stringify } from 'yaml';

/** Kinds of the delivery controllers that are used; the real definitions are files of Go modules, which this world does not need. */
const KINDS = [
  ['source.toolkit.fluxcd.io', 'v1', 'OCIRepository', 'ocirepositories', 'ocirepo'],
  ['source.toolkit.fluxcd.io', 'v1', 'GitRepository', 'gitrepositories', 'gitrepo'],
  ['source.toolkit.fluxcd.io', 'v1', 'Bucket', 'buckets', ''],
  ['source.toolkit.fluxcd.io', 'v1', 'HelmChart', 'helmcharts', 'hc'],
  ['source.toolkit.fluxcd.io', 'v1', 'HelmRepository', 'helmrepositories', 'helmrepo'],
  ['kustomize.toolkit.fluxcd.io', 'v1', 'Kustomization', 'kustomizations', 'ks'],
  ['helm.toolkit.fluxcd.io', 'v2', 'HelmRelease', 'helmreleases', 'hr'],
] as const;

const ANYTHING = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

function definition([group, version, kind, plural, short]: (typeof KINDS)[number]): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      annotations: { 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' },
      labels: { 'app.kubernetes.io/part-of': 'flux' },
    },
    spec: {
      group,
      scope: 'Namespaced',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        ...(short === '' ? {} : { shortNames: [short] }),
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
                spec: ANYTHING,
                status: ANYTHING,
              },
            },
          },
        },
      ],
    },
  };
}

/**
 * Definitions that serve the kinds and check nothing inside of them. Whether what is written would pass the real ones is asked where these are: in the
 * cluster tier.
 */
export const fluxDefinitions = (): string =>
  KINDS.map((kind) => `---\n${stringify(definition(kind))}`).join('');
