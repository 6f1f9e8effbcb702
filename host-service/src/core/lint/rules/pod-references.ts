import { podsOf, type LintDocument } from '../document.ts';
import type { Bundle } from '../bundle.ts';
import type { Finding } from '../finding.ts';
import { at, text, trees, type Path } from '../tree.ts';
import { named } from './names.ts';

const KEPT: readonly (readonly [RegExp, string, string])[] = [
  [/^(secretKeyRef|secretRef)$/, 'Secret', 'name'],
  [/^secret$/, 'Secret', 'secretName'],
  [/^(configMapKeyRef|configMapRef|configMap)$/, 'ConfigMap', 'name'],
  [/^persistentVolumeClaim$/, 'PersistentVolumeClaim', 'claimName'],
];

/** What pods and claims name: Secrets with their keys, ConfigMaps, claims, accounts, classes. */
export function* podReferences(bundle: Bundle, names: ReadonlySet<string>): Generator<Finding> {
  for (const pod of podsOf(bundle.documents)) {
    const { document } = pod;
    const want = (
      path: Path,
      kind: string,
      name: string,
      namespace = document.namespace,
    ): Generator<Finding> => named(names, document, path, { kind, namespace, name });
    for (const { path, tree } of trees(pod.spec, pod.path)) {
      const key = String(path.at(-1));
      const kept = KEPT.find(([pattern]) => pattern.test(key));
      const name = kept === undefined ? '' : text(tree, kept[2]);
      if (kept === undefined || name === '' || at(tree, 'optional') === true) continue;
      yield* want(path, kept[1], name);
      if (kept[1] === 'Secret') yield* secretKey(bundle, pod.document, path, name, text(tree, 'key'));
    }
    const account = text(pod.spec, 'serviceAccountName');
    if (account !== '' && account !== 'default')
      yield* want([...pod.path, 'serviceAccountName'], 'ServiceAccount', account);
    const priority = text(pod.spec, 'priorityClassName');
    if (priority !== '' && !priority.startsWith('system-'))
      yield* want([...pod.path, 'priorityClassName'], 'PriorityClass', priority, '');
  }
  for (const document of bundle.documents) {
    for (const { path, tree } of document.kind === '' ? [] : trees(at(document.value, 'spec'), ['spec'])) {
      const name = text(tree, 'storageClassName');
      if (name !== '') yield* named(names, document, path, { kind: 'StorageClass', namespace: '', name });
    }
  }
}

function* secretKey(
  bundle: Bundle,
  document: LintDocument,
  path: Path,
  name: string,
  key: string,
): Generator<Finding> {
  const secret = bundle.product.secrets.find(
    (one) => one.name === name && one.namespace === document.namespace,
  );
  if (secret === undefined || key === '' || Object.hasOwn(secret.keys, key)) return;
  yield document.finding('references', path, `${path.join('.')}: Secret ${name} has no key ${key}`);
}
