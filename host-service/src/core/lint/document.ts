import { LineCounter, isNode, parseAllDocuments, type Document } from 'yaml';
import { isTree, list, text, type Path, type Tree } from './tree.ts';
import type { Finding, LintRule } from './finding.ts';

/** Where in a bundle a document stands; rules differ by it. */
export type Area = 'base' | 'control-plane' | 'flux' | 'profile' | 'rendered' | 'other';

/** One YAML document of a bundle with what rules ask of it. */
export interface LintDocument {
  readonly file: string;
  readonly area: Area;
  readonly value: Tree;
  readonly apiVersion: string;
  /** Empty for what is no Kubernetes object. */
  readonly kind: string;
  readonly name: string;
  /** Namespace, its own or that of the release it is rendered for; empty for cluster-scoped objects. */
  readonly namespace: string;
  /** Line of the value at this path, or of the nearest parent that exists. */
  line(path: Path): number;
  finding(rule: LintRule, path: Path, message: string): Finding;
}

/** A pod as some workload describes it. */
export interface PodView {
  readonly document: LintDocument;
  readonly path: Path;
  readonly spec: Tree;
}

const AREAS: readonly (readonly [RegExp, Area])[] = [
  [/^base\//, 'base'],
  [/^control-plane\//, 'control-plane'],
  [/^flux\//, 'flux'],
  [/^profiles\//, 'profile'],
  [/^rendered\//, 'rendered'],
];
const areaOf = (file: string): Area => AREAS.find(([pattern]) => pattern.test(file))?.[1] ?? 'other';

const CLUSTER_SCOPED =
  /^(Namespace|ClusterRole|ClusterRoleBinding|CustomResourceDefinition|PersistentVolume|PriorityClass|StorageClass|IngressClass|RuntimeClass|ValidatingAdmissionPolicy|ValidatingAdmissionPolicyBinding|ValidatingWebhookConfiguration|MutatingWebhookConfiguration|APIService|Node)$/;

/** Whether objects of this kind have no namespace. */
export const isClusterScoped = (kind: string): boolean => CLUSTER_SCOPED.test(kind);

/** Parses one file. Damaged documents become findings of rule `yaml` and are left out of the rest. */
export function parseFile(
  file: string,
  content: string,
  namespace = '',
): { readonly documents: readonly LintDocument[]; readonly findings: readonly Finding[] } {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(content, { lineCounter: lines, uniqueKeys: true });
  const documents: LintDocument[] = [];
  const findings: Finding[] = [];
  for (const document of 'empty' in parsed ? [] : parsed) {
    const [mistake] = document.errors;
    if (mistake !== undefined) {
      const line = lines.linePos(mistake.pos[0]).line;
      findings.push({ rule: 'yaml', file, line, text: mistake.message.split('\n')[0] ?? 'cannot be read' });
      continue;
    }
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (isTree(value)) documents.push(view(file, document, lines, value, namespace));
  }
  return { documents, findings };
}

function view(
  file: string,
  document: Document,
  lines: LineCounter,
  value: Tree,
  namespace: string,
): LintDocument {
  const line = (path: Path): number => {
    for (let length = path.length; length >= 0; length -= 1) {
      const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
    }
    return 1;
  };
  const kind = text(value, 'apiVersion') === '' ? '' : text(value, 'kind');
  return {
    file,
    area: areaOf(file),
    value,
    apiVersion: text(value, 'apiVersion'),
    kind,
    name: text(value, 'metadata', 'name'),
    namespace: isClusterScoped(kind) ? '' : text(value, 'metadata', 'namespace') || namespace,
    line,
    finding: (rule, path, message) => ({ rule, file, line: line(path), text: message }),
  };
}

const TEMPLATES: Readonly<Record<string, Path>> = {
  Pod: ['spec'],
  Deployment: ['spec', 'template', 'spec'],
  StatefulSet: ['spec', 'template', 'spec'],
  DaemonSet: ['spec', 'template', 'spec'],
  ReplicaSet: ['spec', 'template', 'spec'],
  Job: ['spec', 'template', 'spec'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
};

/** The pods that these documents describe. */
export function podsOf(documents: readonly LintDocument[]): readonly PodView[] {
  return documents.flatMap((document) => {
    const path = Object.hasOwn(TEMPLATES, document.kind) ? TEMPLATES[document.kind] : undefined;
    if (path === undefined) return [];
    let spec: unknown = document.value;
    for (const key of path) spec = isTree(spec) ? spec[key] : undefined;
    return isTree(spec) ? [{ document, path, spec }] : [];
  });
}

/** Containers of a pod with their paths; `init` ones first. */
export function containersOf(
  pod: PodView,
  which: readonly ('initContainers' | 'containers')[] = ['initContainers', 'containers'],
): readonly { readonly path: Path; readonly container: Tree }[] {
  return which.flatMap((key) =>
    list(pod.spec, key).flatMap((container, index) =>
      isTree(container) ? [{ path: [...pod.path, key, index], container }] : [],
    ),
  );
}
