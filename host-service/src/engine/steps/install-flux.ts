import { OWNER_LABELS } from '../../core/plan/shape.ts';
import type { KubeInput } from '../ports.ts';
import type { Executor, StepContext } from './executor.ts';

/** Kinds that others need first, in this order; everything else keeps its place. */
const FIRST = ['Namespace', 'CustomResourceDefinition'];

/**
 * Installs the delivery engine that the release was tested with. Namespaces and definitions go first and must be served before the rest is
 * sent. A compatible one that is there already is adopted as it is: nothing is written.
 */
export const installFlux: Executor<'install-flux'> = async (context, step) => {
  const { engine, parts, observed, signal } = context;
  if (step.adopt) return { kind: 'waiting', now: `Waiting for the delivery engine: ${observed.flux.detail}` };
  if (parts === undefined) return { kind: 'waiting', now: 'Waiting for the parts of the release' };
  const mark = `${parts.flux.version} ${context.release.digest}`;
  if (engine.memory.fluxApplied === mark && observed.flux.present) {
    return { kind: 'waiting', now: `Waiting for the delivery engine: ${observed.flux.detail}` };
  }
  const objects = parts.fluxManifests.map(asInput);
  const first = FIRST.flatMap((kind) => objects.filter((object) => object.kind === kind));
  for (const object of first) await engine.ports.cluster.apply(object, { signal });
  const pending = await notEstablished(context, first);
  if (pending !== undefined)
    return { kind: 'waiting', now: `Waiting until ${pending} is known to the platform` };
  for (const object of objects) {
    if (!FIRST.includes(object.kind)) await engine.ports.cluster.apply(object, { signal });
  }
  engine.memory.fluxApplied = mark;
  return { kind: 'acted', now: `Applied ${objects.length} objects of version ${parts.flux.version}` };
};

/** A definition that the API server does not serve yet. */
async function notEstablished(
  { engine, signal }: StepContext,
  objects: readonly KubeInput[],
): Promise<string | undefined> {
  for (const { apiVersion, kind, metadata } of objects) {
    if (kind !== 'CustomResourceDefinition') continue;
    const found = await engine.ports.cluster.get({ apiVersion, kind, name: metadata.name }, signal);
    if (!isEstablished(found?.['status'])) return metadata.name;
  }
  return undefined;
}

function isEstablished(status: unknown): boolean {
  if (typeof status !== 'object' || status === null || !('conditions' in status)) return false;
  const { conditions } = status;
  return (
    Array.isArray(conditions) &&
    conditions.some(
      (condition: unknown) =>
        typeof condition === 'object' &&
        condition !== null &&
        Reflect.get(condition, 'type') === 'Established' &&
        Reflect.get(condition, 'status') === 'True',
    )
  );
}

/**
 * The manifests were checked when the parts were read: each has apiVersion, kind and a name. The label says afterwards that it was us:
 * only then half of an installation is completed, and an older one replaced.
 */
function asInput(manifest: Readonly<Record<string, unknown>>): KubeInput {
  const input = manifest as KubeInput;
  const labels = { ...input.metadata.labels, ...OWNER_LABELS };
  return { ...input, metadata: { ...input.metadata, labels } };
}
