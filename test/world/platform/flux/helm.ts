import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { isTrue, type Condition } from '../conditions.ts';
import {
  at,
  canonical,
  durationMs,
  hashOf,
  isRecord,
  listAt,
  nameOf,
  recordAt,
  textAt,
  type Json,
  type Thing,
} from '../fields.ts';
import { apply, KINDS, remove, works, writeStatus, type Machine } from '../machine.ts';
import type { Artifacts } from './artifacts.ts';
import { chartOf, mergeValues, render, type Chart } from './chart.ts';
import { attempt, attemptOf, isInstalled, outcome, status, succeeded, type Work } from './helm-status.ts';
import { isSettled } from './kustomize.ts';
import { handledAt } from './source.ts';

const NAME_LABEL = 'helm.toolkit.fluxcd.io/name';
const NAMESPACE_LABEL = 'helm.toolkit.fluxcd.io/namespace';
/** What charts make here; an upgrade removes what the release before had of these. */
const MADE = [
  KINDS.deployment,
  KINDS.statefulSet,
  KINDS.daemonSet,
  KINDS.job,
  KINDS.service,
  KINDS.claim,
  KINDS.configMap,
];
/** The real one waits for its retryInterval, 30 s in flux-base. */
const RETRY_MS = 1000;

/** Not yet, or not like this: the reason and message of Ready=False. */
class Waiting extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Of whom an object says that it belongs to them: `namespace/name` of a HelmRelease. */
export function helmOwner({ metadata }: Thing): string | undefined {
  const name = metadata.labels?.[NAME_LABEL];
  return name === undefined ? undefined : `${metadata.labels?.[NAMESPACE_LABEL] ?? ''}/${name}`;
}

/** Stand-in for helm-controller: installs and upgrades by what a chart's list of objects says. */
export class HelmInstaller {
  readonly #machine: Machine;
  readonly #artifacts: Artifacts;
  readonly #signal: AbortSignal;
  /** Attempts that failed, by release: the same again only after a while, whatever happens to the status. */
  readonly #failed = new Map<string, { readonly attempt: string; readonly againAt: number }>();

  constructor(machine: Machine, artifacts: Artifacts, signal: AbortSignal) {
    this.#machine = machine;
    this.#artifacts = artifacts;
    this.#signal = signal;
  }

  async reconcile(key: string): Promise<number | undefined> {
    const [namespace, name = ''] = key.split('/');
    const release = this.#machine.cache.get(KINDS.helmRelease, namespace, name);
    if (!works(this.#machine, 'helm-controller')) return undefined;
    if (release === undefined) return this.#uninstall(key);
    if (at(release, 'spec', 'suspend') === true) return undefined;
    try {
      this.#checkDependencies(release);
      const work = await this.#workOf(release);
      if (isInstalled(release, work)) return await this.#settle(release, work);
      const restMs = this.#restOf(release, work);
      return restMs > 0 ? restMs : await this.#release(release, work);
    } catch (error) {
      if (!(error instanceof Waiting)) throw error;
      await this.#say(release, error);
      return RETRY_MS;
    }
  }

  /** Milliseconds until what failed may be tried again in the same way. */
  #restOf(release: Thing, work: Work): number {
    const failed = this.#failed.get(nameOf(release));
    return failed?.attempt === attemptOf(release, work) ? failed.againAt - performance.now() : 0;
  }

  #checkDependencies(release: Thing): void {
    for (const ref of listAt(release, 'spec', 'dependsOn')) {
      const namespace = textAt(ref, 'namespace') || (release.metadata.namespace ?? '');
      const where = `${namespace}/${textAt(ref, 'name')}`;
      const found = this.#machine.cache.get(KINDS.helmRelease, namespace, textAt(ref, 'name'));
      if (found === undefined || !isSettled(found))
        throw new Waiting('DependencyNotReady', `dependency '${where}' is not ready`);
    }
  }

  /** Chart and values as they are now. @throws Waiting */
  async #workOf(release: Thing): Promise<Work> {
    const namespace = textAt(release, 'spec', 'chartRef', 'namespace') || (release.metadata.namespace ?? '');
    const name = textAt(release, 'spec', 'chartRef', 'name');
    const source = this.#machine.cache.get(KINDS.source, namespace, name);
    if (source === undefined)
      throw new Waiting(
        'ArtifactFailed',
        `could not get Source object: ocirepositories.source.toolkit.fluxcd.io "${name}" not found`,
      );
    if (at(source, 'status', 'observedGeneration') !== source.metadata.generation || !isTrue(source, 'Ready'))
      throw new Waiting(
        'SourceNotReady',
        `OCIRepository '${namespace}/${name}' is not ready: latest generation of object has not been reconciled`,
      );
    const values = await this.#values(release);
    const artifact = this.#artifacts.get(
      `${namespace}/${name}`,
      textAt(source, 'status', 'artifact', 'revision'),
    );
    if (artifact === undefined)
      throw new Waiting('ArtifactFailed', 'Source not ready: artifact not found. Retrying in 5s');
    const chart = this.#chart(this.#artifacts.files(artifact));
    const ociDigest = artifact.revision;
    return {
      chart,
      ociDigest,
      version: `${chart.version}+${ociDigest.slice('sha256:'.length, 'sha256:'.length + 12)}`,
      values,
      configDigest: `sha256:${hashOf(canonical(values))}`,
      name: textAt(release, 'spec', 'releaseName') || release.metadata.name,
      namespace: textAt(release, 'spec', 'targetNamespace') || (release.metadata.namespace ?? ''),
    };
  }

  #chart(files: ReadonlyMap<string, Uint8Array>): Chart {
    try {
      return chartOf(files);
    } catch (error) {
      throw new Waiting(
        'ArtifactFailed',
        `Could not load chart: ${error instanceof Error ? error.message : ''}`,
      );
    }
  }

  /** valuesFrom in order, then the values in the object itself. @throws Waiting ValuesError */
  async #values(release: Thing): Promise<Json> {
    let merged: Json = {};
    for (const ref of listAt(release, 'spec', 'valuesFrom')) {
      const [kind, name] = [textAt(ref, 'kind'), textAt(ref, 'name')];
      const key = textAt(ref, 'valuesKey') || 'values.yaml';
      const found = await this.#machine.client.get({
        apiVersion: 'v1',
        kind,
        namespace: release.metadata.namespace,
        name,
      });
      const data = at(found, 'data', key);
      if (typeof data !== 'string') {
        if (at(ref, 'optional') === true) continue;
        const where = `'${release.metadata.namespace ?? ''}/${name}'`;
        const why =
          found === undefined ? `${kind} ${where} not found` : `missing key '${key}' in ${kind} ${where}`;
        throw new Waiting(
          'ValuesError',
          `could not resolve ${kind} chart values reference ${where} with key '${key}': ${why}`,
        );
      }
      const parsed: unknown = parse(kind === 'Secret' ? Buffer.from(data, 'base64').toString('utf8') : data);
      if (isRecord(parsed)) merged = mergeValues(merged, parsed);
    }
    return mergeValues(merged, recordAt(release, 'spec', 'values'));
  }

  /** Installs or upgrades: says so, takes its time, applies, says how it went. */
  async #release(object: Thing, work: Work): Promise<number | undefined> {
    const machine = this.#machine;
    const deployed = listAt(object, 'status', 'history').some(
      (one) => textAt(one, 'status') === 'deployed' || textAt(one, 'status') === 'superseded',
    );
    const action = deployed ? 'upgrade' : 'install';
    const timeout = durationMs(textAt(object, 'spec', 'timeout')) ?? 300_000;
    const message = `Running '${action}' action with timeout of ${Math.floor(timeout / 60_000)}m${(timeout % 60_000) / 1000}s`;
    const generation = object.metadata.generation ?? 0;
    const progress = { reason: 'Progressing', message, observedGeneration: generation };
    const busy: readonly Condition[] = [
      { type: 'Reconciling', status: 'True', ...progress },
      { type: 'Ready', status: 'Unknown', ...progress },
    ];
    const attempted = {
      ...attempt(work, generation, action),
      observedGeneration: at(object, 'status', 'observedGeneration') ?? -1,
    };
    const begun = await writeStatus(machine, object, status(object, busy, attempted));
    await sleep(machine.packageMs, undefined, { signal: this.#signal }).catch(() => undefined);
    if (this.#signal.aborted || !works(machine, 'helm-controller')) return undefined;
    const failure = await this.#install(begun, work);
    const now = machine.cache.get(KINDS.helmRelease, object.metadata.namespace, object.metadata.name);
    // Changed or gone while it was installed: the next look decides.
    if (now === undefined || now.metadata.generation !== generation) return 0;
    if (failure === undefined) this.#failed.delete(nameOf(now));
    else
      this.#failed.set(nameOf(now), { attempt: attemptOf(now, work), againAt: performance.now() + RETRY_MS });
    await writeStatus(machine, now, outcome(now, work, action, failure));
    return failure === undefined ? (durationMs(textAt(object, 'spec', 'interval')) ?? 3_600_000) : RETRY_MS;
  }

  /** Applies what the chart makes and removes what it no longer makes; answers why it failed. */
  async #install(release: Thing, work: Work): Promise<string | undefined> {
    try {
      const objects = render({ chart: work.chart, values: work.values, release: work });
      const kept = new Set(objects.map((object) => `${object.kind} ${nameOf(object)}`));
      for (const object of objects) await apply(this.#machine, withMarks(object, release, work));
      for (const old of this.#madeFor(nameOf(release)))
        if (!kept.has(`${old.kind} ${nameOf(old)}`)) await remove(this.#machine, old);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Objects of a release that may be removed with it. */
  #madeFor(owner: string): readonly Thing[] {
    return MADE.flatMap((kind) => this.#machine.cache.list(kind)).filter(
      (object) =>
        helmOwner(object) === owner && object.metadata.annotations?.['helm.sh/resource-policy'] !== 'keep',
    );
  }

  /** The HelmRelease is gone. What the cache does not know is asked again: nothing may be removed for having started early. */
  async #uninstall(key: string): Promise<undefined> {
    if (this.#madeFor(key).length === 0) return undefined;
    const { items } = await this.#machine.client.list(KINDS.helmRelease);
    if (items.some((item) => nameOf(item) === key)) return undefined;
    for (const object of this.#madeFor(key)) await remove(this.#machine, object);
    return undefined;
  }

  /** Nothing to install: the status says so for the newest generation too. */
  async #settle(release: Thing, work: Work): Promise<number> {
    const [last] = listAt(release, 'status', 'history');
    const action =
      textAt(release, 'status', 'lastAttemptedReleaseAction') === 'upgrade' ? 'upgrade' : 'install';
    if (
      !isSettled(release) ||
      handledAt(release)['lastHandledReconcileAt'] !== at(release, 'status', 'lastHandledReconcileAt')
    ) {
      const generation = release.metadata.generation ?? 0;
      const conditions = succeeded(work, action, Number(at(last, 'version') ?? 1), generation);
      const more = { ...attempt(work, generation, action), observedGeneration: generation };
      await writeStatus(this.#machine, release, status(release, conditions, more));
    }
    return durationMs(textAt(release, 'spec', 'interval')) ?? 3_600_000;
  }

  async #say(release: Thing, { reason, message }: Waiting): Promise<void> {
    const observedGeneration = release.metadata.generation ?? 0;
    const conditions: readonly Condition[] = [
      {
        type: 'Reconciling',
        status: 'True',
        reason: 'ProgressingWithRetry',
        message: 'Fulfilling prerequisites',
        observedGeneration,
      },
      { type: 'Ready', status: 'False', reason, message, observedGeneration },
    ];
    const more = { observedGeneration: at(release, 'status', 'observedGeneration') ?? -1 };
    await writeStatus(this.#machine, release, status(release, conditions, more));
  }
}

/** Labels and annotations that helm and helm-controller put on everything. */
function withMarks(object: Thing, release: Thing, work: Work): Thing {
  const { labels, annotations } = object.metadata;
  return {
    ...object,
    metadata: {
      ...object.metadata,
      labels: {
        ...labels,
        'app.kubernetes.io/managed-by': 'Helm',
        [NAME_LABEL]: release.metadata.name,
        [NAMESPACE_LABEL]: release.metadata.namespace ?? '',
      },
      annotations: {
        ...annotations,
        'meta.helm.sh/release-name': work.name,
        'meta.helm.sh/release-namespace': work.namespace,
      },
    },
  };
}
