import { ROLL_ANNOTATIONS, VERSION_LABEL, type ControlPlaneBuild } from '../../../contract/control-plane.ts';
import { FIELD_MANAGER } from '../../../contract/names.ts';
import { recordOf } from '../../../core/json.ts';
import type { ControlPlaneParts, Manifest } from '../../../core/roll/manifests.ts';
import { withRightsOf } from '../../../core/roll/rights.ts';
import { withImage } from '../../../core/roll/template.ts';
import { growDefinition } from '../../lead/definitions.ts';
import type { KubeInput, KubeObject } from '../../ports.ts';
import { actorOf, type RollContext } from './context.ts';
import { replicasFor } from './replicas.ts';
import { keepRights } from './rights.ts';

/** How long a new build has to show that it works, in milliseconds (design §6.6). */
export const PROBATION_MS = 10 * 60_000;

/**
 * Puts a build in (design §6.2): definitions, rights, settings, and last the one object that starts it. Every write can be repeated; until the
 * last one nothing of what runs has changed, and the names of settings carry their version, so that the way back finds its own.
 *
 * @throws Problem cluster.invalid, cluster.forbidden when the platform refuses an object; other cluster.*
 */
export async function writeBuild(
  context: RollContext,
  build: ControlPlaneBuild,
  parts: ControlPlaneParts,
): Promise<void> {
  const { engine, signal } = context;
  const { cluster } = engine.ports;
  for (const definition of parts.definitions) {
    await growDefinition(cluster, definition, 'wanted', signal);
  }
  await writeRights(context, build, parts.rights);
  const product = productObject(context, parts);
  for (const object of [...(product === undefined ? [] : [product]), ...parts.settings]) {
    await cluster.apply(object, { signal });
  }
  await cluster.apply(await deploymentOf(context, build, parts.deployment), { signal });
}

/** Rights of both builds while they run side by side. First it is kept which ones each has alone, so that either can take the other's back. */
async function writeRights(
  { engine, own, signal }: RollContext,
  build: ControlPlaneBuild,
  rights: readonly Manifest[],
): Promise<void> {
  const { cluster } = engine.ports;
  const there = new Map<Manifest, KubeObject | undefined>();
  for (const wanted of rights) {
    const { apiVersion, kind, metadata } = wanted;
    const isRole = /Role/.test(kind);
    there.set(
      wanted,
      isRole ? await cluster.get({ apiVersion, kind, ...placeOf(metadata) }, signal) : undefined,
    );
  }
  const present = [...there.values()].filter((object) => object !== undefined);
  await keepRights(engine, { own, present }, { build, rights }, signal);
  for (const [wanted, object] of there) await cluster.apply(withRightsOf(wanted, object), { signal });
}

const placeOf = ({ name, namespace }: Manifest['metadata']): { name: string; namespace?: string } => ({
  name,
  ...(namespace === undefined ? {} : { namespace }),
});

/** The new program's own description of the product; its name is what the Deployment's volume asks for. */
function productObject(
  { engine, target }: RollContext,
  { product }: ControlPlaneParts,
): KubeInput | undefined {
  if (product === undefined || target === undefined) return undefined;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: `appliance-product-${target.release.version}`,
      namespace: engine.namespace,
      labels: { 'app.kubernetes.io/managed-by': FIELD_MANAGER },
    },
    data: { 'product.yaml': product },
  };
}

async function deploymentOf(
  { engine, seen, signal }: RollContext,
  build: ControlPlaneBuild,
  manifest: Manifest,
): Promise<KubeInput> {
  const { cluster, clock } = engine.ports;
  const nodes = await cluster.list({ apiVersion: 'v1', kind: 'Node' }, { signal });
  const { repository, digest, version, release } = build;
  const spec = recordOf(manifest['spec']);
  const until = new Date(clock.now().getTime() + PROBATION_MS);
  return {
    ...manifest,
    metadata: {
      name: manifest.metadata.name,
      namespace: engine.namespace,
      labels: { ...manifest.metadata.labels, [VERSION_LABEL]: version },
      annotations: {
        ...manifest.metadata.annotations,
        ...(seen.digest === undefined ? {} : { [ROLL_ANNOTATIONS.previousDigest]: seen.digest }),
        [ROLL_ANNOTATIONS.probationUntil]: until.toISOString(),
        [ROLL_ANNOTATIONS.changedBy]: actorOf(engine),
        ...(release === undefined ? {} : { [ROLL_ANNOTATIONS.release]: release }),
      },
      // Whoever else has changed it meanwhile is looked at first.
      resourceVersion: seen.resourceVersion,
    },
    spec: {
      ...spec,
      replicas: replicasFor(nodes.length),
      template: withImage(recordOf(spec['template']), `${repository}@${digest}`, version),
    },
  };
}
