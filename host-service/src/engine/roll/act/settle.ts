import {
  ROLL_ANNOTATIONS,
  STORAGE_VERSION,
  STORAGE_VERSION_ANNOTATION,
  type ControlPlaneRecord,
} from '../../../contract/control-plane.ts';
import { GROUP_VERSION } from '../../../contract/names.ts';
import { APPLIANCE_NAME } from '../../../contract/objects.ts';
import { recordOf } from '../../../core/json.ts';
import { settledAnnotations } from '../../../core/roll/template.ts';
import { failureOf, isBeingPutBack, withLastGood } from '../../../core/roll/record.ts';
import { wakeIn } from '../../engine.ts';
import type { Cluster, KubeInput, KubeObject } from '../../ports.ts';
import type { RollContext } from './context.ts';
import { lookAtControlPlane, type Look } from '../observe.ts';
import { endRoll } from './operation.ts';
import { attemptOf } from '../put-back.ts';
import { changeRecord } from '../record.ts';
import { applyExactRights } from './rights.ts';

/** The stored form that the Appliance says its cluster has; one that says nothing has the first. */
export function storageVersionOf(appliance: KubeObject | undefined): number {
  const said = appliance?.metadata.annotations?.[STORAGE_VERSION_ANNOTATION];
  if (said === undefined) return 1;
  // What we cannot read was written by somebody who knows more than we do.
  return /^\d{1,6}$/.test(said) ? Number(said) : Number.MAX_SAFE_INTEGER;
}

/**
 * "Done" is said by the new build about itself (design §6.6, 6.7): as holder of the Lease, after a whole cycle. Stored form, exact rights, last
 * good build, end of probation, end of the journal, in this order; each can be repeated. Answers whether all of it is done.
 */
export async function settle(context: RollContext): Promise<boolean> {
  const { engine, own, seen, record, open, signal } = context;
  const { memory } = engine;
  const isOurRoll = open?.spec.to.digest === own.digest;
  const onProbation = seen.probationUntil !== undefined || seen.previousDigest !== undefined;
  const isGood = record.lastGood?.digest === own.digest && failureOf(record, own.digest) === undefined;
  const isSettled = !isOurRoll && !onProbation && isGood;
  if (isSettled && (memory.roll.isStorageRaised || !memory.roll.hasCycled)) return true;
  if (!memory.roll.hasCycled) {
    wakeIn(engine, 0);
    return false;
  }
  const { cluster, clock, log } = engine.ports;
  await raiseStorage(cluster, signal);
  memory.roll.isStorageRaised = true;
  if (onProbation) await applyExactRights(cluster, engine.namespace, own.digest, signal);
  const build = { ...own, ...(seen.release === undefined ? {} : { release: seen.release }) };
  const now = clock.now();
  const attempt = attemptOf(seen);
  const isLost = (before: ControlPlaneRecord): boolean =>
    onProbation && isBeingPutBack(before, own.digest, attempt, now);
  const written = await changeRecord(
    cluster,
    engine.namespace,
    (before) => (isLost(before) ? before : withLastGood(before, build, now)),
    signal,
  );
  if (isLost(written)) {
    wakeIn(engine, 1_000);
    return false;
  }
  if (onProbation) await endProbation(context);
  if (isOurRoll && open !== undefined) {
    const text = `Control plane ${own.version} runs and says so itself`;
    await endRoll(engine, open, { outcome: 'succeeded', text }, signal);
  }
  if (isOurRoll || onProbation) {
    const ms = open?.status === undefined ? undefined : now.getTime() - Date.parse(open.status.startedAt);
    log.info('control plane cleared its probation', { version: own.version, digest: own.digest, ms });
  }
  wakeIn(engine, 0);
  return true;
}

async function raiseStorage(cluster: Cluster, signal: AbortSignal): Promise<void> {
  const ref = { apiVersion: GROUP_VERSION, kind: 'Appliance', name: APPLIANCE_NAME };
  const found = await cluster.get(ref, signal);
  if (found === undefined) return;
  const isSaid = found.metadata.annotations?.[STORAGE_VERSION_ANNOTATION] !== undefined;
  if (isSaid && storageVersionOf(found) >= STORAGE_VERSION) return;
  const annotations = { ...found.metadata.annotations, [STORAGE_VERSION_ANNOTATION]: `${STORAGE_VERSION}` };
  await cluster.replace({ ...found, metadata: { ...found.metadata, annotations } }, signal);
}

/** The Deployment as it is, without the marks of a roll. Nothing of its template changes. */
async function endProbation({ engine, own, signal }: RollContext): Promise<void> {
  const { cluster } = engine.ports;
  const look = await lookAtControlPlane(cluster, engine.namespace, signal);
  if (look?.seen.digest !== own.digest) return;
  await cluster.apply(settledDeployment(look), { signal });
}

/** The whole Deployment as ours, because a field left out would be given up: as it is, settled. `replicas` replaces its number. */
export function settledDeployment({ deployment, seen }: Look, replicas: number = seen.replicas): KubeInput {
  const { apiVersion, kind, metadata } = deployment;
  const annotations = {
    ...settledAnnotations(metadata.annotations),
    ...(seen.changedBy === undefined ? {} : { [ROLL_ANNOTATIONS.changedBy]: seen.changedBy }),
    ...(seen.release === undefined ? {} : { [ROLL_ANNOTATIONS.release]: seen.release }),
  };
  const { name, namespace, labels, resourceVersion } = metadata;
  return {
    ...{ apiVersion, kind, spec: { ...recordOf(deployment['spec']), replicas } },
    metadata: { name, namespace, labels, annotations, resourceVersion },
  };
}
