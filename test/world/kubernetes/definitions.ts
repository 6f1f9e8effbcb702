import { at, listOf, objectOf, same, textOf } from './json.ts';
import type { JsonObject } from './json.ts';
import { BUILT_IN } from './kinds.ts';
import type { Objects } from './objects.ts';
import { resourcesOf } from './resources.ts';
import type { Resources } from './resources.ts';
import type { Change, Entry, Store } from './store.ts';

const DEFINITION = BUILT_IN.find((one) => one.plural === 'customresourcedefinitions');

/** What the API extensions server says about a definition once it serves it. */
function establishedStatus(definition: JsonObject): JsonObject {
  const spec = objectOf(definition['spec']);
  const stored = listOf(at(definition, 'status', 'storedVersions'));
  const storage = listOf(spec['versions']).find((one) => objectOf(one)['storage'] === true);
  const name = objectOf(storage)['name'] ?? '';
  const since = textOf(at(definition, 'metadata', 'creationTimestamp'));
  const condition = (type: string, reason: string, message: string): JsonObject => ({
    type,
    status: 'True',
    lastTransitionTime: since,
    reason,
    message,
  });
  return {
    conditions: [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    acceptedNames: spec['names'] ?? {},
    storedVersions: stored.includes(name) ? stored : [...stored, name],
  };
}

/** Serves the kinds of the definitions that are stored, from the moment they are. */
export function followDefinitions({
  store,
  objects,
  resources,
}: {
  readonly store: Store;
  readonly objects: Objects;
  readonly resources: Resources;
}): void {
  const serve = (entry: Entry): void => {
    resources.define(entry.name, resourcesOf(entry.object));
    const status = establishedStatus(entry.object);
    if (DEFINITION === undefined || same(entry.object['status'], status)) return;
    objects.adjust(DEFINITION, entry, (object) => ({ ...object, status }));
  };
  store.onChange.push((bucket: string, { type, entry }: Change) => {
    if (bucket !== 'customresourcedefinitions.apiextensions.k8s.io') return;
    if (type !== 'DELETED') return serve(entry);
    resources.forget(entry.name);
    store.bucket(entry.name).forget(store.version);
  });
}
