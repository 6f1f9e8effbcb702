import { sourceObjects } from '../../core/plan/source-objects.ts';
import type { KubeInput } from '../ports.ts';
import type { Executor, StepContext } from './executor.ts';

/** Flux looks at an object at once when this changes (B-85). Its value is the operation's name: the same however often it is applied. */
const REQUESTED_AT = 'reconcile.fluxcd.io/requestedAt';

/** Moves the one switch: from here on the release runs as far as the box is concerned (docs/architecture.md). */
export const pointSource: Executor<'point-source'> = async (context, step) => {
  await applySource(context);
  return { kind: 'acted', now: `The source points to ${step.digest}` };
};

/** Applies source and root Kustomization of the release, source first, with the request to look at them now. */
export async function applySource(context: StepContext): Promise<void> {
  const { engine, release, profile, registryOf, operation, signal } = context;
  const objects = sourceObjects({ product: engine.product, release, profile, registryOf });
  for (const object of [objects.source, objects.kustomization]) {
    await engine.ports.cluster.apply(requested(object, operation.metadata.name), { signal });
  }
}

const requested = (object: KubeInput, at: string): KubeInput => ({
  ...object,
  metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [REQUESTED_AT]: at } },
});
