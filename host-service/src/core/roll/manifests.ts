import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { CONTROL_PLANE_NAME } from '../../contract/control-plane.ts';
import { accept, refuse, type Verdict } from '../../contract/problem.ts';

const FOLDER = 'control-plane/';
const PRODUCT = 'product.yaml';
/** More than any control plane is made of. */
const MAX_OBJECTS = 128;
/** YAML aliases: few are harmless, many are an attack. */
const MAX_ALIASES = 64;

/** The least that makes an object: everything else is judged by the API server. */
const Manifest = z.looseObject({
  apiVersion: z.string().min(1).max(128),
  kind: z.string().min(1).max(128),
  metadata: z.looseObject({
    name: z.string().min(1).max(253),
    namespace: z.string().max(63).optional(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
});
export type Manifest = z.infer<typeof Manifest>;

/** What a bundle brings to roll the control plane with: parsed, in the order in which it is written (design §6.2). */
export interface ControlPlaneParts {
  readonly definitions: readonly Manifest[];
  /** Namespace and ServiceAccount, then roles, then bindings. */
  readonly rights: readonly Manifest[];
  /** ConfigMaps and what else the program stands on. */
  readonly settings: readonly Manifest[];
  readonly deployment: Manifest;
  /** Text of the bundle's product.yaml: the program's own description of the product. */
  readonly product: string | undefined;
}

const RIGHTS = ['Namespace', 'ServiceAccount', 'ClusterRole', 'Role', 'ClusterRoleBinding', 'RoleBinding'];
const SETTINGS = ['ConfigMap', 'PriorityClass', 'Service', 'PodDisruptionBudget', 'NetworkPolicy'];

/** Whether a bundle brings a control plane; those of the predecessor do not. */
export const hasControlPlane = (files: ReadonlyMap<string, Uint8Array>): boolean =>
  [...files.keys()].some((path) => path.startsWith(FOLDER));

/**
 * Reads `control-plane/` of a config bundle. Only kinds that a control plane is made of, and only in its own namespace: rolling it changes
 * nothing of the application. Problem release.bundle-invalid names the file.
 */
export function readControlPlane(
  files: ReadonlyMap<string, Uint8Array>,
  namespace: string,
): Verdict<ControlPlaneParts> {
  const objects: Manifest[] = [];
  const paths = [...files.keys()].filter((path) => path.startsWith(FOLDER) && /\.ya?ml$/.test(path));
  for (const path of paths.toSorted()) {
    const found = objectsIn(path, files.get(path) ?? new Uint8Array(), namespace);
    if (!found.ok) return found;
    objects.push(...found.value);
  }
  if (objects.length > MAX_OBJECTS) return bad(FOLDER, `has more than ${MAX_OBJECTS} objects`);
  const deployments = objects.filter(({ kind }) => kind === 'Deployment');
  const [deployment] = deployments;
  if (deployments.length !== 1 || deployment?.metadata.name !== CONTROL_PLANE_NAME)
    return bad(FOLDER, `does not have the one Deployment ${CONTROL_PLANE_NAME}`);
  const inOrder = (kinds: readonly string[]): readonly Manifest[] =>
    kinds.flatMap((kind) => objects.filter((object) => object.kind === kind));
  const product = files.get(PRODUCT);
  return accept({
    definitions: inOrder(['CustomResourceDefinition']),
    rights: inOrder(RIGHTS),
    settings: inOrder(SETTINGS),
    deployment,
    product: product === undefined ? undefined : new TextDecoder().decode(product),
  });
}

const KINDS = new Set(['CustomResourceDefinition', ...RIGHTS, ...SETTINGS, 'Deployment']);

function objectsIn(path: string, bytes: Uint8Array, own: string): Verdict<readonly Manifest[]> {
  const objects: Manifest[] = [];
  const text = new TextDecoder().decode(bytes);
  for (const document of parseAllDocuments(text, { version: '1.2', schema: 'core', uniqueKeys: true })) {
    const [error] = document.errors;
    if (error !== undefined) return bad(path, error.message);
    const value = valueOf(document);
    if (value === null) continue;
    const parsed = Manifest.safeParse(value);
    if (!parsed.success) return bad(path, 'has a document that is no object of the platform');
    const { kind, metadata } = parsed.data;
    if (!KINDS.has(kind)) return bad(path, `has a ${kind}, which is no part of a control plane`);
    const place = kind === 'Namespace' ? metadata.name : (metadata.namespace ?? own);
    if (place !== own) return bad(path, `${kind} ${metadata.name} lies in another namespace: ${place}`);
    objects.push(parsed.data);
  }
  return accept(objects);
}

/** undefined when it cannot be read: that is no object. */
function valueOf(document: ReturnType<typeof parseAllDocuments>[number]): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch {
    return undefined;
  }
}

const bad = (path: string, detail: string): ReturnType<typeof refuse> =>
  refuse('release.bundle-invalid', `${path}: ${detail}`, path);
