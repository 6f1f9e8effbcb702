import { parseReference } from 'oci-client-lite/reference.ts';
import { ApiError } from '../client.ts';
import { conditionsOf, type Condition } from '../conditions.ts';
import { at, durationMs, recordAt, sameJson, textAt, timeOf, type Json, type Thing } from '../fields.ts';
import { KINDS, works, writeStatus, type Machine } from '../machine.ts';
import type { Artifact, Artifacts, SourceSpec } from './artifacts.ts';
import { accessOf } from './source-access.ts';

export const REQUESTED_AT = 'reconcile.fluxcd.io/requestedAt';
/** How long after a failure a source is tried again; the real one doubles it up to a quarter of an hour. */
const RETRY_MS = 500;

export const sourceKey = (namespace: string, name: string): string => `${namespace}/${name}`;

/** `lastHandledReconcileAt` as far as somebody has asked. */
export function handledAt(object: Thing): Json {
  const asked = object.metadata.annotations?.[REQUESTED_AT];
  return asked === undefined ? {} : { lastHandledReconcileAt: asked };
}

export function specOf(source: Thing): SourceSpec {
  const mediaType = textAt(source, 'spec', 'layerSelector', 'mediaType');
  return {
    url: textAt(source, 'spec', 'url'),
    digest: textAt(source, 'spec', 'ref', 'digest'),
    insecure: at(source, 'spec', 'insecure') === true,
    mediaType: mediaType === '' ? undefined : mediaType,
  };
}

/** Why a source can never be fetched as it stands; undefined = it can be tried. */
function mistakeIn({ url, digest }: SourceSpec): string | undefined {
  if (!url.startsWith('oci://')) return `URL must be in format 'oci://<domain>/<org>/<repo>': ${url}`;
  if (digest === '') return 'only sources pinned by digest are fetched here';
  try {
    parseReference(`${url.slice('oci://'.length)}@${digest}`);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'could not parse reference';
  }
}

/** What the status says of the stored artifact, with the addresses that the real one gives. */
function artifactStatus(source: Thing, artifact: Artifact, now: Date): Json {
  const { namespace = '', name } = source.metadata;
  const path = `ocirepository/${namespace}/${name}/${artifact.revision}.tar.gz`;
  const before = recordAt(source, 'status', 'artifact');
  const unchanged = before['revision'] === artifact.revision && before['digest'] === artifact.digest;
  return {
    revision: artifact.revision,
    digest: artifact.digest,
    path,
    url: `http://source-controller.flux-system.svc.cluster.local./${path}`,
    size: artifact.bytes.length,
    lastUpdateTime: unchanged ? before['lastUpdateTime'] : timeOf(now),
    ...(Object.keys(artifact.annotations).length === 0 ? {} : { metadata: artifact.annotations }),
  };
}

/** Status of a source whose artifact is stored. */
export function fetchedStatus(source: Thing, artifact: Artifact, now: Date): Json {
  const message = `stored artifact for digest '${artifact.revision}'`;
  const observedGeneration = source.metadata.generation ?? 0;
  const selector = at(source, 'spec', 'layerSelector');
  const stored = { status: 'True', reason: 'Succeeded', message, observedGeneration } as const;
  return {
    observedGeneration,
    ...handledAt(source),
    ...(selector === undefined ? {} : { observedLayerSelector: selector }),
    artifact: artifactStatus(source, artifact, now),
    conditions: conditionsOf(
      source,
      [
        { type: 'Ready', ...stored },
        { type: 'ArtifactInStorage', ...stored },
      ],
      now,
    ),
  };
}

/**
 * Status after a failed fetch, as the real one leaves it: the artifact of before stays, and the generation is not observed, because it was not
 * reconciled (internal/reconcile ComputeReconcileResult).
 */
export function failedStatus(source: Thing, reason: string, message: string, now: Date): Json {
  const generation = source.metadata.generation ?? 0;
  const before = recordAt(source, 'status');
  const make = (type: string, status: Condition['status'], why: string, text: string): Condition => ({
    type,
    status,
    reason: why,
    message: text,
    observedGeneration: generation,
  });
  const artifact = at(before, 'artifact');
  const stored = textAt(artifact, 'revision');
  const observed = at(before, 'observedGeneration') ?? -1;
  const what =
    observed === generation
      ? 'reconciliation in progress'
      : `processing object: new generation ${observed as number} -> ${generation}`;
  return {
    ...before,
    ...handledAt(source),
    observedGeneration: observed,
    conditions: conditionsOf(
      source,
      [
        make('Reconciling', 'True', 'ProgressingWithRetry', what),
        make('Ready', 'False', reason, message),
        make('FetchFailed', 'True', reason, message),
        ...(stored === ''
          ? []
          : [make('ArtifactInStorage', 'True', 'Succeeded', `stored artifact for digest '${stored}'`)]),
      ],
      now,
    ),
  };
}

function stalledStatus(source: Thing, message: string, now: Date): Json {
  const observedGeneration = source.metadata.generation ?? 0;
  const part = { reason: 'URLInvalid', message, observedGeneration };
  const { artifact } = recordAt(source, 'status');
  return {
    observedGeneration,
    ...handledAt(source),
    ...(artifact === undefined ? {} : { artifact }),
    conditions: conditionsOf(
      source,
      [
        { type: 'Stalled', status: 'True', ...part },
        { type: 'Ready', status: 'False', ...part },
        { type: 'FetchFailed', status: 'True', ...part },
      ],
      now,
    ),
  };
}

async function pulled(machine: Machine, artifacts: Artifacts, key: string, source: Thing): Promise<Artifact> {
  return artifacts.pull(key, specOf(source), await accessOf(machine, source));
}

/** Stand-in for source-controller: OCIRepositories pinned by digest. */
export async function reconcileSource(
  machine: Machine,
  artifacts: Artifacts,
  key: string,
): Promise<number | undefined> {
  const [namespace, name = ''] = key.split('/');
  const source = machine.cache.get(KINDS.source, namespace, name);
  if (source === undefined) {
    artifacts.forget(key);
    return undefined;
  }
  if (!works(machine, 'source-controller') || at(source, 'spec', 'suspend') === true) return undefined;
  const spec = specOf(source);
  const mistake = mistakeIn(spec);
  if (mistake !== undefined) {
    await writeStatus(machine, source, stalledStatus(source, mistake, new Date()));
    return undefined;
  }
  const known = artifacts.get(key, spec.digest);
  const selected = sameJson(
    at(source, 'status', 'observedLayerSelector'),
    at(source, 'spec', 'layerSelector'),
  );
  try {
    // Pinned and stored: no request, however often it is looked at (protocols §3.1).
    const artifact = known !== undefined && selected ? known : await pulled(machine, artifacts, key, source);
    await writeStatus(machine, source, fetchedStatus(source, artifact, new Date()));
    return durationMs(textAt(source, 'spec', 'interval')) ?? 3_600_000;
  } catch (error) {
    // A failed write of a status is no failed fetch.
    if (error instanceof ApiError) throw error;
    const text = error instanceof Error ? error.message : String(error);
    const message = `failed to pull artifact from '${spec.url}': ${text}`;
    await writeStatus(machine, source, failedStatus(source, 'OCIArtifactPullFailed', message, new Date()));
    return RETRY_MS;
  }
}
