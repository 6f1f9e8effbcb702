import { containersOf, podsOf, type PodView } from '../document.ts';
import type { Bundle } from '../bundle.ts';
import type { Finding } from '../finding.ts';
import { at, isTree, list, text, type Path } from '../tree.ts';

const LEVEL = 'pod-security.kubernetes.io/enforce';

/** Why a pod needs a privileged namespace; with the place. */
function needs(pod: PodView): readonly { readonly path: Path; readonly what: string }[] {
  const found: { path: Path; what: string }[] = [];
  for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) {
    if (pod.spec[key] === true) found.push({ path: [...pod.path, key], what: key });
  }
  for (const [index, volume] of list(pod.spec, 'volumes').entries()) {
    if (at(volume, 'hostPath') !== undefined)
      found.push({ path: [...pod.path, 'volumes', index], what: 'a hostPath volume' });
  }
  for (const { path, container } of containersOf(pod)) {
    if (at(container, 'securityContext', 'privileged') === true)
      found.push({ path: [...path, 'securityContext'], what: 'a privileged container' });
    if (list(container, 'ports').some((port) => at(port, 'hostPort') !== undefined))
      found.push({ path: [...path, 'ports'], what: 'a hostPort' });
  }
  return found;
}

/** B-18: a pod that needs the node is refused in a namespace without the privileged level; an undeclared namespace is never made. */
export function* podSecurity(bundle: Bundle): Generator<Finding> {
  const declared = new Map(bundle.product.namespaces.map((one) => [one.name, one.labels]));
  const inBundle = bundle.documents.filter(({ kind }) => kind === 'Namespace').map(({ name }) => name);
  for (const document of bundle.documents) {
    if (document.kind === '' || document.namespace === '' || document.area === 'control-plane') continue;
    if (declared.has(document.namespace) || inBundle.includes(document.namespace)) continue;
    const text = `namespace ${document.namespace} is not declared in product.yaml`;
    yield document.finding('pod-security', ['metadata', 'namespace'], text);
  }
  for (const pod of podsOf(bundle.documents)) {
    const { namespace, name, kind } = pod.document;
    if (!declared.has(namespace) || declared.get(namespace)?.[LEVEL] === 'privileged') continue;
    for (const { path, what } of needs(pod)) {
      const text = `${kind} ${name} needs ${what}, but ${namespace} is not privileged`;
      yield pod.document.finding('pod-security', path, text);
    }
  }
}

/** Ports of the node that a pod takes. */
function taken(pod: PodView): readonly { readonly path: Path; readonly port: string }[] {
  return containersOf(pod).flatMap(({ path, container }) =>
    list(container, 'ports').flatMap((port, index) => {
      const number =
        pod.spec['hostNetwork'] === true
          ? (at(port, 'hostPort') ?? at(port, 'containerPort'))
          : at(port, 'hostPort');
      if (typeof number !== 'number') return [];
      return [{ path: [...path, 'ports', index], port: `${number}/${text(port, 'protocol') || 'TCP'}` }];
    }),
  );
}

/** B-39: a second pod cannot bind a port of the node, whether it is another workload's or the same one's successor. */
export function* hostPorts(bundle: Bundle): Generator<Finding> {
  const owners = new Map<string, string>();
  for (const pod of podsOf(bundle.documents)) {
    const { document } = pod;
    const me = `${document.kind} ${document.namespace}/${document.name}`;
    const ports = taken(pod);
    for (const { path, port } of ports) {
      const other = owners.get(port);
      if (other !== undefined && other !== me) {
        yield document.finding('host-ports', path, `port ${port} of the node is taken by ${other}`);
      }
      owners.set(port, me);
    }
    if (ports.length === 0 || document.kind !== 'Deployment') continue;
    const strategy = at(document.value, 'spec', 'strategy');
    if (text(strategy, 'type') !== 'Recreate' || isTree(at(strategy, 'rollingUpdate'))) {
      const rule = `${me} takes a port of the node: its strategy is Recreate without rollingUpdate`;
      yield document.finding('host-ports', ['spec', 'strategy'], rule);
    }
  }
}
