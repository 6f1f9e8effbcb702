import { parse, parseAllDocuments } from 'yaml';
import { isRecord, listAt, recordAt, textAt, type Json, type Thing } from '../fields.ts';
import { mergeValues } from './chart.ts';
import { substitute } from './substitute.ts';

/** What a Kustomization asks for, besides the files. */
export interface BuildInput {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly path: string;
  readonly targetNamespace: string;
  readonly variables: Readonly<Record<string, string>>;
  /** `spec.patches`: strategic ones with a target. */
  readonly patches?: readonly unknown[];
}

/** Kinds without a namespace that bundles contain; others are asked of the API server. */
const NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
/** What a kustomization.yaml may say here. Anything else is refused: leaving it out silently would apply something else. */
const UNDERSTOOD = new Set(['apiVersion', 'kind', 'metadata', 'resources', 'namespace']);

const join = (folder: string, path: string): string => {
  const parts: string[] = [];
  for (const part of `${folder}/${path}`.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) throw new Error(`${path} leads out of the artifact`);
    } else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
};

function documents(files: BuildInput['files'], path: string): readonly unknown[] {
  const bytes = files.get(path);
  if (bytes === undefined) throw new Error(`accumulating resources: '${path}' doesn't exist`);
  return parseAllDocuments(new TextDecoder().decode(bytes)).flatMap((document) => {
    const [mistake] = document.errors;
    if (mistake !== undefined) throw new Error(`${path}: ${mistake.message}`);
    const value: unknown = document.toJS();
    return value === null || value === undefined ? [] : [value];
  });
}

interface Found {
  readonly object: Thing;
  readonly namespace: string;
}

function accumulate(files: BuildInput['files'], folder: string, namespace: string): readonly Found[] {
  const name = NAMES.map((one) => join(folder, one)).find((path) => files.has(path));
  if (name === undefined) return generated(files, folder, namespace);
  const [kustomization] = documents(files, name);
  const unknown = Object.keys(isRecord(kustomization) ? kustomization : {}).filter(
    (key) => !UNDERSTOOD.has(key),
  );
  if (unknown.length > 0) throw new Error(`${name}: ${unknown.join(', ')} is not understood by the stand-in`);
  const own = textAt(kustomization, 'namespace');
  const place = namespace === '' ? own : namespace;
  return listAt(kustomization, 'resources').flatMap((resource) => {
    const path = join(folder, String(resource));
    return files.has(path) ? readObjects(files, path, place) : accumulate(files, path, place);
  });
}

/** Without a kustomization.yaml all YAML files below the folder count. */
function generated(files: BuildInput['files'], folder: string, namespace: string): readonly Found[] {
  const prefix = folder === '' ? '' : `${folder}/`;
  const paths = [...files.keys()].filter((path) => path.startsWith(prefix) && /\.ya?ml$/.test(path)).sort();
  if (paths.length === 0) throw new Error(`kustomization path not found: ${folder}`);
  return paths.flatMap((path) => readObjects(files, path, namespace));
}

function readObjects(files: BuildInput['files'], path: string, namespace: string): readonly Found[] {
  return documents(files, path).map((object) => {
    if (textAt(object, 'apiVersion') === '' || textAt(object, 'kind') === '')
      throw new Error(`${path}: missing Resource metadata`);
    return { object: object as Thing, namespace };
  });
}

/** Kinds that others need first. */
const FIRST = ['CustomResourceDefinition', 'Namespace', 'ClusterRole', 'StorageClass', 'PriorityClass'];
const rank = ({ kind }: Thing): number => (FIRST.includes(kind) ? FIRST.indexOf(kind) : FIRST.length);

/** The object with every patch whose target it is: maps are merged, lists replaced; the patch's own name says nothing. */
function patched(object: Thing, patches: readonly unknown[]): Thing {
  return patches.reduce<Thing>((before, entry) => {
    if (!isTarget(before, recordAt(entry, 'target'))) return before;
    const change: unknown = parse(textAt(entry, 'patch'));
    if (!isRecord(change)) throw new Error('the patch is no object');
    const { apiVersion, kind, metadata } = before;
    return { ...mergeValues(before, change), apiVersion, kind, metadata };
  }, object);
}

function isTarget({ apiVersion, kind, metadata }: Thing, target: Json): boolean {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const has = { group, kind, namespace: metadata.namespace };
  const unknown = Object.keys(target).filter((key) => !Object.hasOwn(has, key));
  if (unknown.length > 0) throw new Error(`target ${unknown.join(', ')} is not understood by the stand-in`);
  return Object.entries(has).every(([key, value]) => target[key] === undefined || target[key] === value);
}

/**
 * The objects of a Kustomization, in the order in which they are applied. `isNamespaced` is asked where a namespace is to be set.
 *
 * @throws Error in the words of a BuildFailed
 */
export async function build(
  input: BuildInput,
  isNamespaced: (object: Thing) => Promise<boolean>,
): Promise<readonly Thing[]> {
  const found = accumulate(input.files, join('', input.path), '');
  const objects: Thing[] = [];
  for (const { object, namespace } of found) {
    const place = input.targetNamespace === '' ? namespace : input.targetNamespace;
    const placed =
      place !== '' && (await isNamespaced(object))
        ? { ...object, metadata: { ...object.metadata, namespace: place } }
        : object;
    const result = substitute(patched(placed, input.patches ?? []), input.variables);
    if (textAt(result, 'metadata', 'name') === '')
      throw new Error('an object has no name after substitution');
    objects.push(result as Thing);
  }
  return objects.sort((a, b) => rank(a) - rank(b));
}
