import { grownDefinition, type Precedence } from '../../core/roll/definition.ts';
import type { Cluster, KubeInput } from '../ports.ts';

/**
 * Makes the server know at least what a definition says: creates it, or lets the one that is there grow. Nothing is ever lowered: what the served
 * one has stays (design §5). Answers what was done. Throws Problem cluster.*.
 */
export async function growDefinition(
  cluster: Cluster,
  definition: KubeInput,
  precedence: Precedence,
  signal: AbortSignal,
): Promise<'created' | 'grown' | 'kept'> {
  const { apiVersion, kind, metadata } = definition;
  const served = await cluster.get({ apiVersion, kind, name: metadata.name }, signal);
  if (served === undefined) {
    await cluster.apply(definition, { signal });
    return 'created';
  }
  const grown = grownDefinition(served, definition, precedence);
  if (grown === served) return 'kept';
  const { resourceVersion } = served.metadata;
  await cluster.apply(
    { apiVersion, kind, metadata: { ...metadata, resourceVersion }, spec: grown['spec'] },
    { signal },
  );
  return 'grown';
}
