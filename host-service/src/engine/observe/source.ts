import { Digest } from '../../contract/names.ts';
import { RELEASE_ANNOTATION } from '../../contract/objects.ts';
import type { Product } from '../../contract/product.ts';
import type { ObservedSource } from '../../core/plan/observed.ts';
import { digestIn } from '../../core/status/component/digests.ts';
import { conditionOf } from '../../core/status/component/facts.ts';
import type { KubeObject, Ports } from '../ports.ts';
import { conditionsIn, seenGeneration } from './facts.ts';
import { count, items, member, text, texts } from './read.ts';

/** Ready=False reasons that only mean "not yet", or repeat what the source itself says. */
const WAITING: ReadonlySet<string> = new Set([
  'Progressing',
  'ProgressingWithRetry',
  'DependencyNotReady',
  'ArtifactFailed',
]);

/** The product's OCIRepository and root Kustomization: what runs, as one fact in the cluster (docs/architecture.md). */
export async function observeSource(
  cluster: Ports['cluster'],
  { flux }: Product,
  signal: AbortSignal,
): Promise<ObservedSource | undefined> {
  const place = { namespace: flux.namespace, name: flux.name };
  const [source, kustomization] = await Promise.all([
    cluster.get({ apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'OCIRepository', ...place }, signal),
    cluster.get({ apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', ...place }, signal),
  ]);
  if (source === undefined) return undefined;
  const release = Digest.safeParse(source.metadata.annotations?.[RELEASE_ANNOTATION]);
  return {
    release: release.success ? release.data : undefined,
    url: text(source, 'spec', 'url'),
    digest: digestIn(text(source, 'spec', 'ref', 'digest')),
    refs: refsIn(source),
    fetched: isCurrent(source) ? digestIn(text(source, 'status', 'artifact', 'revision')) : undefined,
    fetchProblem: problemIn(source),
    applied: appliedBy(kustomization),
    applyProblem: kustomization === undefined ? undefined : problemIn(kustomization),
    kustomization:
      kustomization === undefined
        ? undefined
        : {
            path: text(kustomization, 'spec', 'path'),
            substitute: texts(kustomization, 'spec', 'postBuild', 'substitute'),
            suspended: member(kustomization, 'spec', 'suspend') === true,
            patches: items(kustomization, 'spec', 'patches'),
          },
  };
}

const REFS = ['secretRef', 'certSecretRef', 'proxySecretRef'] as const;

function refsIn(source: KubeObject): ObservedSource['refs'] {
  const named = REFS.map((key) => [key, text(source, 'spec', key, 'name')] as const);
  return Object.fromEntries(named.flatMap(([key, name]) => (name === '' ? [] : [[key, { name }]])));
}

const isCurrent = (object: KubeObject): boolean =>
  count(object, 'status', 'observedGeneration') === (object.metadata.generation ?? 0);

/** Ready alone never means that our digest is live: it is asked for the newest generation and for the digest (protocols §3.1). */
function appliedBy(kustomization: KubeObject | undefined): Digest | undefined {
  if (kustomization === undefined || !isCurrent(kustomization)) return undefined;
  const isReady = conditionOf(conditionsIn(kustomization), 'Ready')?.status === 'True';
  return isReady ? digestIn(text(kustomization, 'status', 'lastAppliedRevision')) : undefined;
}

function problemIn(object: KubeObject): string | undefined {
  const state = conditionOf(conditionsIn(object), 'Ready');
  if (state?.status !== 'False' || WAITING.has(state.reason)) return undefined;
  if (seenGeneration(object) < (object.metadata.generation ?? 0)) return undefined;
  return `${state.reason}: ${state.message}`;
}
