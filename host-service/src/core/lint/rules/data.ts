import { podsOf, type LintDocument, type PodView } from '../document.ts';
import type { Bundle } from '../bundle.ts';
import type { Finding } from '../finding.ts';
import { at, list, text, type Path } from '../tree.ts';

/** Claims of the bundle that only one node may mount at a time, by `namespace/name`. */
function exclusive(bundle: Bundle): ReadonlySet<string> {
  return new Set(
    bundle.documents
      .filter(({ kind }) => kind === 'PersistentVolumeClaim')
      .filter(({ value }) =>
        list(value, 'spec', 'accessModes').some((mode) => /^ReadWriteOnce/.test(String(mode))),
      )
      .map(({ namespace, name }) => `${namespace}/${name}`),
  );
}

function claimOf(
  pod: PodView,
  names: ReadonlySet<string>,
): { readonly path: Path; readonly name: string } | undefined {
  for (const [index, volume] of list(pod.spec, 'volumes').entries()) {
    const name = text(volume, 'persistentVolumeClaim', 'claimName');
    if (names.has(`${pod.document.namespace}/${name}`))
      return { path: [...pod.path, 'volumes', index], name };
  }
  return undefined;
}

/** B-29: two pods on one ReadWriteOnce claim wait for each other. */
export function* claims(bundle: Bundle): Generator<Finding> {
  const names = exclusive(bundle);
  for (const pod of podsOf(bundle.documents)) {
    const { document } = pod;
    if (document.kind !== 'Deployment' && document.kind !== 'StatefulSet') continue;
    const claim = claimOf(pod, names);
    if (claim === undefined) continue;
    const who = `${document.kind} ${document.name} with ReadWriteOnce claim ${claim.name}`;
    const replicas = at(document.value, 'spec', 'replicas') ?? 1;
    if (replicas !== 1)
      yield document.finding('claims', ['spec', 'replicas'], `${who} may have one replica only`);
    if (document.kind === 'StatefulSet') continue;
    const surge = at(document.value, 'spec', 'strategy', 'rollingUpdate', 'maxSurge');
    const waits =
      text(document.value, 'spec', 'strategy', 'type') === 'Recreate' || surge === 0 || surge === '0%';
    if (!waits)
      yield document.finding(
        'claims',
        ['spec', 'strategy'],
        `${who} starts its successor beside it; use Recreate`,
      );
  }
}

const PRUNE: Path = ['metadata', 'annotations', 'kustomize.toolkit.fluxcd.io/prune'];

/** B-42, design §4: what holds data is never removed by the way. */
export function* keepData(bundle: Bundle): Generator<Finding> {
  for (const document of bundle.documents) {
    const { kind, value, area } = document;
    if (kind === 'StorageClass' && text(value, 'reclaimPolicy') !== 'Retain') {
      yield document.finding(
        'keep-data',
        ['reclaimPolicy'],
        `StorageClass ${document.name}: reclaimPolicy is not Retain`,
      );
    }
    const policy = ['spec', 'persistentVolumeReclaimPolicy'];
    if (kind === 'PersistentVolume' && text(value, ...policy) !== 'Retain') {
      yield document.finding(
        'keep-data',
        policy,
        `PersistentVolume ${document.name}: reclaim policy is not Retain`,
      );
    }
    const holds = /^(PersistentVolumeClaim|Secret|CustomResourceDefinition)$/.test(kind);
    if (area === 'base' && holds && text(value, ...PRUNE).toLowerCase() !== 'disabled') {
      yield document.finding(
        'keep-data',
        ['metadata'],
        `${kind} ${document.name} lacks ${PRUNE.join('.')}: Disabled`,
      );
    }
    if (area === 'rendered') yield* released(document);
  }
}

function* released(document: LintDocument): Generator<Finding> {
  const { kind, value, name } = document;
  if (
    kind === 'PersistentVolumeClaim' &&
    text(value, 'metadata', 'annotations', 'helm.sh/resource-policy') !== 'keep'
  ) {
    yield document.finding(
      'keep-data',
      ['metadata'],
      `PersistentVolumeClaim ${name} goes with its release; helm.sh/resource-policy: keep`,
    );
  }
  for (const key of ['whenDeleted', 'whenScaled']) {
    const path = ['spec', 'persistentVolumeClaimRetentionPolicy', key];
    if (kind === 'StatefulSet' && text(value, ...path) === 'Delete') {
      yield document.finding('keep-data', path, `StatefulSet ${name} deletes its claims (${key})`);
    }
  }
}
