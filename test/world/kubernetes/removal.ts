import { at, listOf, objectOf, textOf, textsOf } from './json.ts';
import type { JsonObject } from './json.ts';
import { bucketName } from './kinds.ts';
import type { Resource } from './kinds.ts';
import { isGoing, isHeld, now } from './meta.ts';
import type { Objects } from './objects.ts';
import { changed } from './refusal.ts';
import type { Entry } from './store.ts';
import type { Store } from './store.ts';

export const ORPHAN = 'orphan';
export const FOREGROUND = 'foregroundDeletion';
/** Held until all objects of the kind are gone. */
export const CLEANUP = 'customresourcecleanup.apiextensions.k8s.io';

/** What dependents do when their owner goes; Jobs leave their pods behind unless told otherwise (batch/v1 default). */
function policyOf(resource: Resource, options: JsonObject): string {
  const said = textOf(options['propagationPolicy']);
  if (said !== '') return said;
  if (options['orphanDependents'] === true) return 'Orphan';
  return resource.kind === 'Job' && resource.group === 'batch' ? 'Orphan' : 'Background';
}

function finalizersOf(resource: Resource, before: Entry, policy: string, isUsed: boolean): readonly string[] {
  const own = textsOf(at(before.object, 'metadata', 'finalizers')).filter(
    (one) => one !== ORPHAN && one !== FOREGROUND,
  );
  const cleanup = resource.plural === 'customresourcedefinitions' && isUsed && !own.includes(CLEANUP);
  return [
    ...own,
    ...(policy === 'Orphan' ? [ORPHAN] : policy === 'Foreground' ? [FOREGROUND] : []),
    ...(cleanup ? [CLEANUP] : []),
  ];
}

export interface Removed {
  readonly entry: Entry;
  /** False: it waits for its finalizers. */
  readonly gone: boolean;
}

/**
 * DELETE of one object with its DeleteOptions.
 * @throws Refusal 404, 409 when a precondition does not hold
 */
export function removeObject(
  { store, objects }: { readonly store: Store; readonly objects: Objects },
  resource: Resource,
  place: { readonly namespace: string; readonly name: string },
  options: JsonObject,
  dryRun = false,
): Removed {
  const before = objects.get(resource, place.namespace, place.name);
  const { uid, resourceVersion } = objectOf(options['preconditions']);
  const found = textOf(at(before.object, 'metadata', 'resourceVersion'));
  if (uid !== undefined && uid !== before.uid)
    throw changed(
      resource,
      place.name,
      `Precondition failed: UID in precondition: ${textOf(uid)}, UID in object meta: ${before.uid}`,
    );
  if (resourceVersion !== undefined && resourceVersion !== found)
    throw changed(
      resource,
      place.name,
      `Precondition failed: ResourceVersion in precondition: ${textOf(resourceVersion)}, ResourceVersion in object meta: ${found}`,
    );
  const isUsed = (store.buckets.get(place.name)?.size ?? 0) > 0;
  const finalizers = finalizersOf(resource, before, policyOf(resource, options), isUsed);
  const waits = finalizers.length > 0 || isHeld(before.object);
  if (dryRun) return { entry: before, gone: !waits };
  if (!waits) return { entry: store.remove(bucketName(resource), before), gone: true };
  if (isGoing(before.object)) return { entry: before, gone: false };
  return { entry: store.write(bucketName(resource), going(before.object, finalizers), before), gone: false };
}

function going(object: JsonObject, finalizers: readonly string[]): JsonObject {
  const metadata = objectOf(object['metadata']);
  const { generation } = metadata;
  return {
    ...object,
    metadata: {
      ...metadata,
      deletionTimestamp: now(),
      deletionGracePeriodSeconds: 0,
      ...(finalizers.length === 0 ? {} : { finalizers }),
      ...(typeof generation === 'number' ? { generation: generation + 1 } : {}),
    },
    ...(object['kind'] === 'Namespace'
      ? { status: { ...objectOf(object['status']), phase: 'Terminating' } }
      : {}),
  };
}

/** The object without one of its finalizers. */
export function withoutFinalizer(object: JsonObject, name: string): JsonObject {
  const metadata = objectOf(object['metadata']);
  const finalizers = textsOf(metadata['finalizers']).filter((one) => one !== name);
  return { ...object, metadata: { ...metadata, finalizers } };
}

/** The object without references to that owner. */
export function withoutOwner(object: JsonObject, uid: string): JsonObject {
  const metadata = objectOf(object['metadata']);
  const ownerReferences = listOf(metadata['ownerReferences']).filter((one) => objectOf(one)['uid'] !== uid);
  return { ...object, metadata: { ...metadata, ownerReferences } };
}
