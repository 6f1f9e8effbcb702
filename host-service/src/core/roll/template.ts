import { CONTROL_PLANE_CONTAINER } from '../../contract/control-plane.ts';
import type { Version } from '../../contract/names.ts';

type Json = Readonly<Record<string, unknown>>;

/** Label that says a build's version, on the Deployment and on its pods. */
export const VERSION_LABEL = 'app.kubernetes.io/version';

export const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const recordOf = (value: unknown): Json => (isRecord(value) ? value : {});

/** A pod template with another image in the control plane's container, and its version in the label. All else stays. */
export function withImage(template: Json, image: string, version: Version | undefined): Json {
  const metadata = recordOf(template['metadata']);
  const labels = {
    ...recordOf(metadata['labels']),
    ...(version === undefined ? {} : { [VERSION_LABEL]: version }),
  };
  const spec = recordOf(template['spec']);
  const containers = Array.isArray(spec['containers']) ? spec['containers'] : [];
  return {
    ...template,
    metadata: { ...metadata, labels },
    spec: {
      ...spec,
      containers: containers.map((container: unknown) =>
        isRecord(container) && container['name'] === CONTROL_PLANE_CONTAINER
          ? { ...container, image }
          : container,
      ),
    },
  };
}
