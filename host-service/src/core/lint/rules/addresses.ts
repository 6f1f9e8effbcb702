import { containersOf, podsOf, type LintDocument } from '../document.ts';
import type { Bundle } from '../bundle.ts';
import type { Finding } from '../finding.ts';
import { at, list, strings, text, type Path } from '../tree.ts';

interface Text {
  readonly document: LintDocument;
  readonly path: Path;
  readonly text: string;
  /** Name of the environment variable, when it is one. */
  readonly variable: string;
}

/** Texts that programs will read: values files, and commands, arguments and environment of pods. */
function* texts(bundle: Bundle): Generator<Text> {
  for (const document of bundle.documents.filter(({ area }) => area === 'profile')) {
    for (const found of strings(document.value)) yield { document, ...found, variable: '' };
  }
  for (const pod of podsOf(bundle.documents)) {
    for (const { path, container } of containersOf(pod)) {
      for (const [index, one] of list(container, 'env').entries()) {
        const value = at(one, 'value');
        if (typeof value !== 'string') continue;
        yield {
          document: pod.document,
          path: [...path, 'env', index],
          text: value,
          variable: text(one, 'name'),
        };
      }
      for (const key of ['command', 'args']) {
        for (const found of strings(at(container, key), [...path, key]))
          yield { document: pod.document, ...found, variable: '' };
      }
    }
  }
}

/** `namespace/name` of all Services: those rendered, else one for each workload of the expected set. */
function services(bundle: Bundle): ReadonlySet<string> {
  const made = bundle.documents
    .filter(({ kind }) => kind === 'Service')
    .map(({ namespace, name }) => `${namespace}/${name}`);
  const expected = bundle.product.components
    .filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet')
    .map(({ namespace, name }) => `${namespace}/${name}`);
  return new Set(bundle.rendered ? made : [...made, ...expected]);
}

const IN_CLUSTER = /([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)\.([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)\.svc(?![a-z0-9-])/g;

/** B-21, R22: a host inside the cluster that no Service has. */
export function* clusterHosts(bundle: Bundle): Generator<Finding> {
  const known = services(bundle);
  for (const found of texts(bundle)) {
    for (const [host, name = '', namespace = ''] of found.text.matchAll(IN_CLUSTER)) {
      if (known.has(`${namespace}/${name}`)) continue;
      yield found.document.finding(
        'in-cluster-hosts',
        found.path,
        `${found.path.join('.')}: there is no Service for ${host}`,
      );
    }
  }
}

/** Hosts and words that stand for something still to be filled in. `cluster.local` is real. */
const PLACEHOLDER =
  /(?:^|[/@.\s])(?:[a-z0-9-]+\.)*(?:example\.(?:com|org|net)|[a-z0-9-]+\.(?:test|invalid))(?![a-z0-9-])|\b(?:change-?me|replace-?me|your-[a-z-]+)\b|^<[^>]+>$/i;
const LOCAL_NAME = /(?:\/\/|@|^)((?:[a-z0-9-]+\.)+local)(?![a-z0-9.-])/i;
/** Variables whose value people see in links. */
const PUBLIC = /PUBLIC|APP_URL$|NEXTAUTH_URL$/;
const INTERNAL = /\.svc\b|localhost|127\.0\.0\.1|\/\/[a-z0-9-]+(?::\d+)?(?:\/|$)/i;

/** B-33, B-26: a placeholder that would reach a pod, or an address of the cluster that would reach people. */
export function* placeholders(bundle: Bundle): Generator<Finding> {
  for (const found of texts(bundle)) {
    const where = found.variable || found.path.join('.');
    const local = LOCAL_NAME.exec(found.text)?.[1];
    if (PLACEHOLDER.test(found.text) || (local !== undefined && !local.endsWith('cluster.local'))) {
      yield found.document.finding('placeholder', found.path, `${where}: '${found.text}' is a placeholder`);
    }
    if (!PUBLIC.test(found.variable)) continue;
    if (found.text === '' || INTERNAL.test(found.text)) {
      const what = found.text === '' ? 'is empty' : `'${found.text}' is an address of the cluster`;
      yield found.document.finding(
        'placeholder',
        found.path,
        `${where}: ${what}, but people would get it as a link`,
      );
    }
  }
}
