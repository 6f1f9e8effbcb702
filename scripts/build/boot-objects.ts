import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import {
  CONTROL_PLANE_CONTAINER,
  CONTROL_PLANE_NAME,
  CONTROL_PLANE_RECORD,
  CONTROL_PLANE_RECORD_KEY,
  ControlPlaneRecord,
  ROLL_ANNOTATIONS,
  type ControlPlaneBuild,
} from '../../host-service/src/contract/control-plane.ts';
import { packVariables, substitute } from '../../host-service/src/core/publish/pack-variables.ts';

/** One object, as `kubectl create -f` takes it. */
export interface BootObject {
  /** File name in the boot folder; the order of names is the order of making. */
  readonly file: string;
  readonly object: KubeObject;
}

const KubeObject = z.looseObject({
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  metadata: z.looseObject({ name: z.string().min(1) }),
});
type KubeObject = z.infer<typeof KubeObject>;

const Deployment = KubeObject.extend({
  metadata: z.looseObject({ name: z.string(), annotations: z.record(z.string(), z.string()).default({}) }),
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({
        containers: z.tuple([z.looseObject({ name: z.literal(CONTROL_PLANE_CONTAINER), image: z.string() })]),
      }),
    }),
  }),
});

/** Kinds in the order in which they are made: the Deployment last, because it says that everything before it is there. */
const ORDER = [
  ...[
    'Namespace',
    'PriorityClass',
    'ServiceAccount',
    'ClusterRole',
    'ClusterRoleBinding',
    'Role',
    'RoleBinding',
  ],
  ...['ConfigMap', 'Service', 'PodDisruptionBudget', 'NetworkPolicy', 'Deployment'],
];

/** Parses files of YAML, by their names. @throws Error naming the file */
export function objectsOf(files: ReadonlyMap<string, string>): readonly KubeObject[] {
  return [...files].flatMap(([name, text]) =>
    parseAllDocuments(text, { uniqueKeys: true }).flatMap((document) => {
      const [error] = document.errors;
      if (error !== undefined) throw new Error(`${name}: ${error.message}`);
      const value: unknown = document.toJS();
      return value === null ? [] : [KubeObject.parse(value)];
    }),
  );
}

/**
 * The objects of a control plane as a box makes them that has none: the files of `flux-base/control-plane`, with version, image and product
 * filled in, and the record that says which build came with the box.
 *
 * @throws Error when the files use unknown variables or hold no Deployment
 */
export function bootObjects(
  files: ReadonlyMap<string, string>,
  build: ControlPlaneBuild,
  product: string,
): readonly BootObject[] {
  const variables = packVariables(build.version, {});
  const filled = [...files].map(([name, text]): [string, string] => {
    const result = substitute(name, text, variables);
    if (!result.ok) throw new Error(result.problem.detail);
    return [name, result.value];
  });
  const objects = objectsOf(new Map(filled)).map((object) =>
    object.kind === 'Deployment' && object.metadata.name === CONTROL_PLANE_NAME
      ? withImage(object, build)
      : object,
  );
  const [namespace] = objects.filter(({ kind }) => kind === 'Namespace');
  const last = objects.filter(({ kind }) => kind === 'Deployment');
  if (namespace === undefined || last.length !== 1)
    throw new Error('one Namespace and one Deployment are needed');
  const own = [productOf(build.version, product), recordOf(build)].map((object) => ({
    ...object,
    metadata: { ...object.metadata, namespace: namespace.metadata.name },
  }));
  const rank = ({ kind }: KubeObject): number => {
    const index = ORDER.indexOf(kind);
    if (index < 0) throw new Error(`no order is known for kind ${kind}`);
    return index;
  };
  return [...objects, ...own]
    .toSorted((a, b) => rank(a) - rank(b))
    .map((object, index) => ({ file: fileOf(object, index), object }));
}

function fileOf({ kind, metadata }: KubeObject, index: number): string {
  const number = String(index).padStart(2, '0');
  // The first one has a name that the boot script knows.
  return index === 0 ? '00-namespace.json' : `${number}-${kind.toLowerCase()}-${metadata.name}.json`;
}

function withImage(object: KubeObject, { repository, digest }: ControlPlaneBuild): KubeObject {
  const deployment = Deployment.parse(object);
  const annotations = { ...deployment.metadata.annotations, [ROLL_ANNOTATIONS.changedBy]: 'boot' };
  const { template } = deployment.spec;
  const [container] = template.spec.containers;
  const containers = [{ ...container, image: `${repository}@${digest}` }];
  return {
    ...deployment,
    metadata: { ...deployment.metadata, annotations },
    spec: { ...deployment.spec, template: { ...template, spec: { ...template.spec, containers } } },
  };
}

const LABELS = {
  'app.kubernetes.io/name': CONTROL_PLANE_NAME,
  'app.kubernetes.io/managed-by': 'appliance',
} as const;

const configMap = (name: string, data: Readonly<Record<string, string>>): KubeObject => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: LABELS } },
  data,
});

const productOf = (version: string, text: string): KubeObject =>
  configMap(`appliance-product-${version}`, { 'product.yaml': text });

function recordOf(baked: ControlPlaneBuild): KubeObject {
  const record: ControlPlaneRecord = { schema: 'appliance.control-plane-record/v1', baked, failed: [] };
  return configMap(CONTROL_PLANE_RECORD, {
    [CONTROL_PLANE_RECORD_KEY]: JSON.stringify(ControlPlaneRecord.parse(record)),
  });
}
