import { Product } from 'host-service/contract/product.ts';
import { findingLine, lintBundle } from 'host-service/core/lint/lint.ts';
import { productJson } from '../fixtures/documents.ts';

type Files = Readonly<Record<string, string>>;

export const DIGEST = `sha256:${'a'.repeat(64)}`;
export const IMAGE = `registry.example.com/vendor/web:1@${DIGEST}`;

const product = Product.parse(
  productJson({
    namespaces: [
      { name: 'alga-system' },
      { name: 'quiet' },
      { name: 'msp', labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } },
      { name: 'flux-system' },
    ],
    secrets: [{ name: 'web-secret', namespace: 'msp', keys: { TOKEN: { generate: 'hex', bytes: 16 } } }],
    components: [{ name: 'web', kind: 'Deployment', namespace: 'msp', tier: 'login', title: 'Web' }],
    inject: [{ component: 'web', path: 'image.tag', image: 'web', form: 'tag-at-digest' }],
  }),
);

/** A file that lists all other base files, so that a case speaks of one thing only. */
function withFolder(files: Files): ReadonlyMap<string, string> {
  const base = Object.keys(files).filter((file) => /^base\/[^/]+\.yaml$/.test(file));
  const listed = base.map((file) => `  - ${file.slice('base/'.length)}\n`).join('');
  const folder = `kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1\nresources:\n${listed}`;
  const flux =
    'serves: [source.toolkit.fluxcd.io/v1/x, kustomize.toolkit.fluxcd.io/v1/x, helm.toolkit.fluxcd.io/v2/x]\n';
  return new Map(Object.entries({ 'base/kustomization.yaml': folder, 'flux/flux.yaml': flux, ...files }));
}

/** Findings as lines `file:line rule: text`. */
export function lint(files: Files, rendered?: Files, charts?: readonly string[]): readonly string[] {
  const options = {
    product,
    ...(rendered === undefined ? {} : { rendered: new Map(Object.entries(rendered)) }),
    ...(charts === undefined ? {} : { charts: new Set(charts) }),
  };
  return lintBundle(withFolder(files), options).map(findingLine);
}

/** A Deployment that breaks no rule; parts of it can be replaced as text. */
export function deployment(
  over: {
    readonly name?: string;
    readonly namespace?: string;
    readonly spec?: string;
    readonly pod?: string;
    readonly container?: string;
    readonly probes?: string;
    readonly links?: string;
    readonly image?: string;
  } = {},
): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${over.name ?? 'web'}, namespace: ${over.namespace ?? 'msp'} }
spec:
  replicas: 1
${over.spec ?? '  strategy: { type: Recreate }\n'}  template:
    spec:
${over.links ?? '      enableServiceLinks: false\n'}${over.pod ?? ''}      containers:
        - name: web
          image: ${over.image ?? IMAGE}
${over.probes ?? '          livenessProbe: { tcpSocket: { port: 80 } }\n          readinessProbe: { tcpSocket: { port: 80 } }\n'}${over.container ?? ''}`;
}

export const claim = (mode = 'ReadWriteOnce'): string => `---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
  namespace: msp
  annotations: { kustomize.toolkit.fluxcd.io/prune: Disabled }
spec: { accessModes: [${mode}] }
`;

export const stage = (over = ''): string => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: core, namespace: flux-system }
spec:
  sourceRef: { kind: OCIRepository, name: test-product }
  path: ./base
${over}`;

export const source = (
  spec = `ref: { digest: ${DIGEST} }`,
  url = 'oci://registry.example.com/charts/web',
): string =>
  `apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: { name: chart-web, namespace: alga-system }
spec:
  url: ${url}
  ${spec}
`;

export const release = (over = '', name = 'web'): string => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: ${name}, namespace: alga-system }
spec:
  targetNamespace: msp
${over}`;

/** The findings of one rule. */
export const only = (lines: readonly string[], rule: string): readonly string[] =>
  lines.filter((line) => line.includes(` ${rule}: `));
