import { Digest } from 'host-service/contract/names.ts';
import type { Trust } from 'host-service/contract/trust.ts';
import { bytesOf, digestFor, HOST, releaseJson, statementJson } from '../../fixtures/documents.ts';
import { artifact, MemoryRegistry } from '../../fixtures/memory-registry.ts';
import { makeKey, makeTrust, sha256, signBundle, trustKey } from '../../fixtures/sign.ts';
import type { Json } from './store.ts';

export const FLUX_VERSION = '2.9.4';
// Ed25519 signs the same bytes the same way each time: two worlds can be compared.
const releaseKey = makeKey('release-1', 'ed25519');
const channelKey = makeKey('channel-1', 'ed25519');

export const TRUST: Trust = makeTrust([trustKey(releaseKey, ['release']), trustKey(channelKey, ['channel'])]);

/** How the application of a release behaves once it runs. */
export type Behaviour = 'good' | 'crash' | 'mute' | 'slow';

export interface Published {
  readonly digest: Digest;
  readonly version: string;
  readonly config: string;
  readonly image: string;
}

const crd = (plural: string, group: string, kind: string, version: string): Json => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: `${plural}.${group}`,
    labels: { 'app.kubernetes.io/part-of': 'flux', 'app.kubernetes.io/version': `v${FLUX_VERSION}` },
  },
  spec: { group, names: { kind, plural }, versions: [{ name: version, served: true, storage: true }] },
});
const CONTROLLERS = ['source-controller', 'kustomize-controller', 'helm-controller'];
const controller = (name: string): Json => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name,
    namespace: 'flux-system',
    labels: {
      'app.kubernetes.io/part-of': 'flux',
      'app.kubernetes.io/version': `v${FLUX_VERSION}`,
      'app.kubernetes.io/component': name,
    },
  },
  spec: {
    replicas: 1,
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'manager', image: `ghcr.io/fluxcd/${name}@${digestFor(name)}` }] },
    },
  },
});
const text = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const documents = (values: readonly Json[]): Uint8Array =>
  Buffer.from(values.map((value) => JSON.stringify(value)).join('\n---\n'));

/** `flux/` of a config bundle. YAML is a superset of JSON. */
const FLUX_FILES = new Map<string, Uint8Array>([
  [
    'flux/flux.yaml',
    text({
      schema: 'appliance.flux/v1',
      version: FLUX_VERSION,
      kubernetes: '>=1.33.0-0',
      adopts: '>=2.8.0 <3',
      serves: [
        'source.toolkit.fluxcd.io/v1/ocirepositories',
        'kustomize.toolkit.fluxcd.io/v1/kustomizations',
        'helm.toolkit.fluxcd.io/v2/helmreleases',
      ],
      controllers: CONTROLLERS.map((name) => ({ name, image: `ghcr.io/fluxcd/${name}@${digestFor(name)}` })),
      manifests: ['namespace.yaml', 'crds.yaml', 'deployments.yaml'],
    }),
  ],
  [
    'flux/namespace.yaml',
    documents([
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'flux-system', labels: { 'app.kubernetes.io/part-of': 'flux' } },
      },
    ]),
  ],
  [
    'flux/crds.yaml',
    documents([
      crd('ocirepositories', 'source.toolkit.fluxcd.io', 'OCIRepository', 'v1'),
      crd('kustomizations', 'kustomize.toolkit.fluxcd.io', 'Kustomization', 'v1'),
      crd('helmreleases', 'helm.toolkit.fluxcd.io', 'HelmRelease', 'v2'),
    ]),
  ],
  ['flux/deployments.yaml', documents(CONTROLLERS.map(controller))],
]);

/** The vendor: publishes signed releases and moves channels in a registry in memory. */
export class Vendor {
  readonly registry = new MemoryRegistry();
  readonly behaviour = new Map<string, Behaviour>();
  readonly byConfig = new Map<string, Json>();
  private sequence = 1_795_000_000_000;

  /** Publishes a release and moves the channel's tag to it. */
  publish(version: string, behaviour: Behaviour = 'good', over: Json = {}, statement: Json = {}): Published {
    const image = digestFor(`web ${version}`);
    const config = digestFor(`config ${version}`);
    const json = releaseJson({
      version,
      config: { repository: `${HOST}/vendor/config`, digest: config, size: 1000 },
      images: {
        web: {
          repository: `${HOST}/vendor/web`,
          digest: image,
          tag: `v${version.replaceAll('.', '-')}`,
          size: 1000,
        },
      },
      ...over,
    });
    const document = bytesOf(json);
    const digest = Digest.parse(sha256(document));
    this.sequence += 1;
    const channel = bytesOf(statementJson({ digest, version }, { sequence: this.sequence, ...statement }));
    const bundles = [signBundle(document, releaseKey), signBundle(channel, channelKey)];
    const content = artifact({ document, statement: channel, bundles });
    this.registry.publish('stable-v2', content);
    this.registry.publish(`release-${digest.slice('sha256:'.length)}`, content);
    this.registry.bundles.set(config, FLUX_FILES);
    this.behaviour.set(image, behaviour);
    this.byConfig.set(config, json);
    return { digest, version, config, image };
  }
}
