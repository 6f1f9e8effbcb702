import { CONTROL_PLANE_CONTAINER, ROLL_ANNOTATIONS, VERSION_LABEL } from '../../contract/control-plane.ts';
import type { Version } from '../../contract/names.ts';
import { isRecord, listOf, recordOf, type Json } from '../json.ts';

/** A pod template with another image in the control plane's container, and its version in the label. All else stays. */
export function withImage(template: Json, image: string, version: Version | undefined): Json {
  const metadata = recordOf(template['metadata']);
  const labels = {
    ...recordOf(metadata['labels']),
    ...(version === undefined ? {} : { [VERSION_LABEL]: version }),
  };
  const spec = recordOf(template['spec']);
  const containers = listOf(spec['containers']);
  return {
    ...template,
    metadata: { ...metadata, labels },
    spec: {
      ...spec,
      containers: containers.map((container) =>
        isRecord(container) && container['name'] === CONTROL_PLANE_CONTAINER
          ? { ...container, image }
          : container,
      ),
    },
  };
}

const OF_ROLL: ReadonlySet<string> = new Set(Object.values(ROLL_ANNOTATIONS));
/** Written by the platform and by people's tools; never ours. */
const FOREIGN = /^(deployment\.kubernetes\.io|kubectl\.kubernetes\.io)\//;

/** The Deployment's annotations without the marks of a roll and without those of others. */
export const settledAnnotations = (
  annotations: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(annotations ?? {}).filter(([key]) => !OF_ROLL.has(key) && !FOREIGN.test(key)),
  );
