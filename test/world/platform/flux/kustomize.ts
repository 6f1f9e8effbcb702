import { ApiError } from '../client.ts';
import { conditionOf, conditionsOf, isTrue, type Condition } from '../conditions.ts';
import { at, durationMs, listAt, recordAt, textAt, textsAt, type Json, type Thing } from '../fields.ts';
import { apply, KINDS, works, writeStatus, type Machine } from '../machine.ts';
import type { Artifacts } from './artifacts.ts';
import { build } from './build.ts';
import { inventoryOf, refsIn } from './inventory.ts';
import { handledAt } from './source.ts';

const PRUNE = 'kustomize.toolkit.fluxcd.io/prune';
/** The real one waits for its retryInterval; 30 s in flux-base. */
const RETRY_MS = 500;

/** A failure with the reason that the Ready condition gives. */
class Failure extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Namespace and name of the source that a Kustomization is built from. */
export function sourceOf(object: Thing): { readonly namespace: string; readonly name: string } {
  const namespace = textAt(object, 'spec', 'sourceRef', 'namespace');
  return {
    namespace: namespace === '' ? (object.metadata.namespace ?? '') : namespace,
    name: textAt(object, 'spec', 'sourceRef', 'name'),
  };
}

/** @throws Failure DependencyNotReady, in the words of the real one */
function checkDependencies({ cache }: Machine, object: Thing, revision: string): void {
  for (const ref of listAt(object, 'spec', 'dependsOn')) {
    const namespace = textAt(ref, 'namespace') || (object.metadata.namespace ?? '');
    const name = textAt(ref, 'name');
    const where = `${namespace}/${name}`;
    const found = cache.get(KINDS.kustomization, namespace, name);
    if (found === undefined) throw new Failure('DependencyNotReady', `dependency '${where}' not found`);
    if (!isSettled(found)) throw new Failure('DependencyNotReady', `dependency '${where}' is not ready`);
    const same = JSON.stringify(sourceOf(found)) === JSON.stringify(sourceOf(object));
    if (same && textAt(found, 'status', 'lastAppliedRevision') !== revision)
      throw new Failure('DependencyNotReady', `dependency '${where}' revision is not up to date`);
  }
}

/** Ready at the newest generation. */
export const isSettled = (object: Thing): boolean =>
  at(object, 'status', 'observedGeneration') === object.metadata.generation && isTrue(object, 'Ready');

function statusWith(object: Thing, conditions: readonly Condition[], more: Json): Json {
  const before = recordAt(object, 'status');
  return {
    ...before,
    ...handledAt(object),
    ...more,
    conditions: conditionsOf(object, conditions, new Date()),
  };
}

async function fail(
  machine: Machine,
  object: Thing,
  { reason, message }: Failure,
  revision: string,
): Promise<void> {
  const observedGeneration = object.metadata.generation ?? 0;
  const progress = textAt(conditionOf(object, 'Reconciling'), 'message');
  const conditions: readonly Condition[] = [
    {
      type: 'Reconciling',
      status: 'True',
      reason: 'ProgressingWithRetry',
      message: progress === '' ? `Fetching manifests for revision ${revision}` : progress,
      observedGeneration,
    },
    { type: 'Ready', status: 'False', reason, message, observedGeneration },
  ];
  // Not observed: the generation was not reconciled (finalizeStatus).
  const more = revision === '' || reason === 'DependencyNotReady' ? {} : { lastAttemptedRevision: revision };
  const observed = at(object, 'status', 'observedGeneration') ?? -1;
  await writeStatus(
    machine,
    object,
    statusWith(object, conditions, { ...more, observedGeneration: observed }),
  );
}

/** Applies all objects; the first failure ends it, with its object's name. @throws Failure ReconciliationFailed */
async function applyAll(machine: Machine, owner: Thing, objects: readonly Thing[]): Promise<void> {
  const { name, namespace } = owner.metadata;
  const labels = {
    'kustomize.toolkit.fluxcd.io/name': name,
    'kustomize.toolkit.fluxcd.io/namespace': namespace ?? '',
  };
  for (const object of objects) {
    const marked = {
      ...object,
      metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...labels } },
    };
    try {
      await apply(machine, marked);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const where = [object.metadata.namespace, object.metadata.name].filter(Boolean).join('/');
      const text = error.message.replace(/\.?$/, '');
      throw new Failure('ReconciliationFailed', `${object.kind}/${where} dry-run failed: ${text}`);
    }
  }
}

/** Removes what an earlier revision brought and this one does not. @throws Failure PruneFailed */
async function prune(machine: Machine, owner: Thing, kept: ReadonlySet<string>): Promise<void> {
  for (const [id, ref] of [...refsIn(owner['status'])].reverse()) {
    if (kept.has(id)) continue;
    try {
      const found = await machine.client.get(ref);
      if (found === undefined) continue;
      const marks = { ...found.metadata.labels, ...found.metadata.annotations };
      const ours = marks['kustomize.toolkit.fluxcd.io/name'] === owner.metadata.name;
      if (!ours || /^disabled$/i.test(marks[PRUNE] ?? '')) continue;
      await machine.client.remove(ref);
    } catch (error) {
      throw new Failure('PruneFailed', `${ref.kind}/${ref.name} delete failed: ${String(error)}`);
    }
  }
}

async function reconcile(
  machine: Machine,
  artifacts: Artifacts,
  object: Thing,
  revision: string,
): Promise<void> {
  const place = sourceOf(object);
  const artifact = artifacts.get(`${place.namespace}/${place.name}`, revision);
  if (artifact === undefined)
    throw new Failure('ArtifactFailed', 'Source is not ready, artifact not found, retrying in 5s');
  const objects = await build(
    {
      files: artifacts.files(artifact),
      path: textAt(object, 'spec', 'path'),
      targetNamespace: textAt(object, 'spec', 'targetNamespace'),
      variables: textsAt(object, 'spec', 'postBuild', 'substitute'),
      patches: listAt(object, 'spec', 'patches'),
    },
    async (one) => machine.client.isNamespaced(one),
  ).catch((error: unknown) => {
    throw new Failure('BuildFailed', error instanceof Error ? error.message : String(error));
  });
  await applyAll(machine, object, objects);
  const inventory = inventoryOf(objects);
  if (at(object, 'spec', 'prune') === true)
    await prune(machine, object, new Set(inventory.entries.map(({ id }) => id)));
  const observedGeneration = object.metadata.generation ?? 0;
  const message = `Applied revision: ${revision}`;
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'ReconciliationSucceeded',
    message,
    observedGeneration,
  } as const;
  const done = {
    observedGeneration,
    lastAppliedRevision: revision,
    lastAttemptedRevision: revision,
    inventory,
  };
  await writeStatus(machine, object, statusWith(object, [ready], done));
}

/** Whether the last look said all there is to say: nothing was asked since. */
function isDone(object: Thing, revision: string): boolean {
  const asked = handledAt(object)['lastHandledReconcileAt'];
  return (
    isSettled(object) &&
    textAt(object, 'status', 'lastAppliedRevision') === revision &&
    (asked === undefined || asked === at(object, 'status', 'lastHandledReconcileAt'))
  );
}

/** Stand-in for kustomize-controller: what flux-base uses of it. */
export class Kustomizer {
  readonly #machine: Machine;
  readonly #artifacts: Artifacts;
  /** When each was applied last, in monotonic milliseconds. */
  readonly #applied = new Map<string, number>();

  constructor(machine: Machine, artifacts: Artifacts) {
    this.#machine = machine;
    this.#artifacts = artifacts;
  }

  async reconcile(key: string): Promise<number | undefined> {
    const machine = this.#machine;
    const [namespace, name = ''] = key.split('/');
    const object = machine.cache.get(KINDS.kustomization, namespace, name);
    if (object === undefined) return undefined;
    if (!works(machine, 'kustomize-controller') || at(object, 'spec', 'suspend') === true) return undefined;
    const place = sourceOf(object);
    const source = machine.cache.get(KINDS.source, place.namespace, place.name);
    const revision = textAt(source, 'status', 'artifact', 'revision');
    const intervalMs = durationMs(textAt(object, 'spec', 'interval')) ?? 600_000;
    const restMs = intervalMs - (performance.now() - (this.#applied.get(key) ?? performance.now()));
    if (revision !== '' && isDone(object, revision) && restMs > 0) return restMs;
    try {
      if (source === undefined)
        throw new Failure('ArtifactFailed', `Source 'OCIRepository/${place.name}' not found`);
      if (revision === '') throw new Failure('ArtifactFailed', 'Source artifact not found, retrying in 5s');
      checkDependencies(machine, object, revision);
      await reconcile(machine, this.#artifacts, object, revision);
      this.#applied.set(key, performance.now());
      return intervalMs;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      await fail(machine, object, error, revision);
      return RETRY_MS;
    }
  }

  /** The object is gone: unless it says otherwise, it takes along what it brought. */
  async removed(object: Thing): Promise<void> {
    this.#applied.delete(`${object.metadata.namespace ?? ''}/${object.metadata.name}`);
    const policy = textAt(object, 'spec', 'deletionPolicy') || 'MirrorPrune';
    const prunes = policy === 'Delete' || (policy === 'MirrorPrune' && at(object, 'spec', 'prune') === true);
    if (prunes && works(this.#machine, 'kustomize-controller')) await prune(this.#machine, object, new Set());
  }
}
