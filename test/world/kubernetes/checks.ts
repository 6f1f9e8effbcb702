import { at, isList, isObject, listOf, objectOf, same, textOf, without } from './json.ts';
import type { Json, JsonObject } from './json.ts';
import { required, tooLong, wrong } from './refusal.ts';
import type { Cause } from './refusal.ts';
import type { Resource } from './kinds.ts';

const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const QUALIFIED = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SERVICE_NAME = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const CONFIG_KEY = /^[-._a-zA-Z0-9]+$/;
/** Any name that can stand in a path. */
const PATH_NAME = /^(?!\.{1,2}$)[^/%]+$/;

function nameCauses({ plural, group }: Resource, name: string): readonly Cause[] {
  const field = 'metadata.name';
  if (group === 'rbac.authorization.k8s.io')
    return PATH_NAME.test(name) ? [] : [wrong(field, name, `may not contain '/' or '%'`)];
  const label = plural === 'namespaces';
  const service = plural === 'services';
  const [pattern, most, what] = label
    ? [LABEL, 63, "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-'"]
    : service
      ? [SERVICE_NAME, 63, "a DNS-1035 label must consist of lower case alphanumeric characters or '-'"]
      : [
          SUBDOMAIN,
          253,
          "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'",
        ];
  if (name.length > most) return [tooLong(field, most)];
  return pattern.test(name) ? [] : [wrong(field, name, what)];
}

/** What every object has to keep to. */
export function metadataCauses(resource: Resource, object: JsonObject): readonly Cause[] {
  const metadata = objectOf(object['metadata']);
  const causes = [...nameCauses(resource, textOf(metadata['name']))];
  for (const [key, value] of Object.entries(objectOf(metadata['labels']))) {
    if (!QUALIFIED.test(key))
      causes.push(wrong('metadata.labels', key, 'name part must consist of alphanumeric characters'));
    if (typeof value !== 'string' || !LABEL_VALUE.test(value) || value.length > 63)
      causes.push(
        wrong(
          'metadata.labels',
          value,
          'a valid label must be an empty string or consist of alphanumeric characters',
        ),
      );
  }
  for (const key of Object.keys(objectOf(metadata['annotations'])))
    if (!QUALIFIED.test(key.toLowerCase()))
      causes.push(wrong('metadata.annotations', key, 'name part must consist of alphanumeric characters'));
  for (const [n, one] of listOf(metadata['ownerReferences']).entries())
    for (const name of ['apiVersion', 'kind', 'name', 'uid'])
      if (textOf(objectOf(one)[name]) === '')
        causes.push(wrong(`metadata.ownerReferences[${n}].${name}`, '', 'must not be empty'));
  return causes;
}

function dataCauses(object: JsonObject): readonly Cause[] {
  const causes: Cause[] = [];
  for (const member of ['data', 'binaryData'])
    for (const key of Object.keys(objectOf(object[member])))
      if (!CONFIG_KEY.test(key) || key.length > 253)
        causes.push(
          wrong(
            `${member}[${key}]`,
            key,
            `a valid config key must consist of alphanumeric characters, '-', '_' or '.'`,
          ),
        );
  const size = Object.values({ ...objectOf(object['data']), ...objectOf(object['binaryData']) })
    .map((value) => Buffer.byteLength(textOf(value)))
    .reduce((sum, one) => sum + one, 0);
  const most = 1024 * 1024;
  // The values of a Secret count decoded.
  if (size > (object['kind'] === 'Secret' ? (most * 4) / 3 + 4 : most)) causes.push(tooLong('', most));
  return causes;
}

function containerCauses(spec: Json | undefined, path: string): readonly Cause[] {
  const causes: Cause[] = [];
  const containers = at(spec, 'containers');
  if (listOf(containers).length === 0) causes.push(required(`${path}.containers`));
  const names = new Set<string>();
  for (const member of ['initContainers', 'containers'])
    for (const [n, one] of listOf(at(spec, member)).entries()) {
      const { name, image } = objectOf(one);
      const where = `${path}.${member}[${n}]`;
      if (textOf(name) === '') causes.push(required(`${where}.name`));
      else if (!LABEL.test(textOf(name)))
        causes.push(
          wrong(
            `${where}.name`,
            name,
            'a lowercase RFC 1123 label must consist of lower case alphanumeric characters',
          ),
        );
      else if (names.has(textOf(name)))
        causes.push({
          reason: 'FieldValueDuplicate',
          field: `${where}.name`,
          message: `Duplicate value: ${JSON.stringify(name)}`,
        });
      names.add(textOf(name));
      if (textOf(image) === '') causes.push(required(`${where}.image`));
    }
  return causes;
}

function workloadCauses(object: JsonObject): readonly Cause[] {
  const { selector, template } = objectOf(object['spec']);
  const labels = objectOf(at(template, 'metadata', 'labels'));
  const wanted = Object.entries(objectOf(at(selector, 'matchLabels')));
  const causes: Cause[] = [];
  if (!isObject(selector)) causes.push(required('spec.selector'));
  if (!wanted.every(([name, value]) => labels[name] === value))
    causes.push(
      wrong('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'),
    );
  return [...causes, ...containerCauses(at(template, 'spec'), 'spec.template.spec')];
}

function serviceCauses(object: JsonObject): readonly Cause[] {
  const { ports, clusterIP, type } = objectOf(object['spec']);
  const headless = clusterIP === 'None' || type === 'ExternalName';
  const causes = listOf(ports).flatMap((one, n) => {
    const { port } = objectOf(one);
    const fine = typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536;
    return fine ? [] : [wrong(`spec.ports[${n}].port`, port ?? 0, 'must be between 1 and 65535, inclusive')];
  });
  return listOf(ports).length === 0 && !headless ? [required('spec.ports'), ...causes] : causes;
}

function definitionCauses(object: JsonObject): readonly Cause[] {
  const spec = objectOf(object['spec']);
  const wanted = `${textOf(at(spec, 'names', 'plural'))}.${textOf(spec['group'])}`;
  const causes: Cause[] = [];
  if (at(object, 'metadata', 'name') !== wanted)
    causes.push(
      wrong('metadata.name', at(object, 'metadata', 'name'), `must be spec.names.plural+"."+spec.group`),
    );
  if (textOf(at(spec, 'names', 'kind')) === '') causes.push(required('spec.names.kind'));
  if (spec['scope'] !== 'Cluster' && spec['scope'] !== 'Namespaced') causes.push(required('spec.scope'));
  const versions = listOf(spec['versions']).map(objectOf);
  if (versions.filter((one) => one['storage'] === true).length !== 1)
    causes.push(
      wrong('spec.versions', versions.length, 'must have exactly one version marked as storage version'),
    );
  for (const [n, version] of versions.entries())
    if (!isObject(at(version, 'schema', 'openAPIV3Schema')))
      causes.push(required(`spec.versions[${n}].schema.openAPIV3Schema`, 'schemas are required'));
  return causes;
}

const KIND_CHECKS: Readonly<Record<string, (object: JsonObject) => readonly Cause[]>> = {
  ConfigMap: dataCauses,
  Secret: dataCauses,
  Deployment: workloadCauses,
  StatefulSet: workloadCauses,
  DaemonSet: workloadCauses,
  ReplicaSet: workloadCauses,
  Job: (object) => containerCauses(at(object, 'spec', 'template', 'spec'), 'spec.template.spec'),
  Pod: (object) => containerCauses(object['spec'], 'spec'),
  Service: serviceCauses,
  CustomResourceDefinition: definitionCauses,
};

/** What a real API server refuses about a built-in kind, as far as somebody here may do it. */
export const builtInCauses = (object: JsonObject): readonly Cause[] =>
  KIND_CHECKS[textOf(object['kind'])]?.(object) ?? [];

/** Paths that never change once they are written. */
const FIXED: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['spec.selector'],
  DaemonSet: ['spec.selector'],
  ReplicaSet: ['spec.selector'],
  Job: ['spec.selector', 'spec.template', 'spec.completions'],
  Secret: ['type'],
  StorageClass: ['provisioner', 'parameters', 'reclaimPolicy', 'volumeBindingMode'],
  PriorityClass: ['value'],
  RoleBinding: ['roleRef'],
  ClusterRoleBinding: ['roleRef'],
};
const STATEFUL_MAY = [
  'replicas',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'minReadySeconds',
  'ordinals',
  'persistentVolumeClaimRetentionPolicy',
];

/** What may not be changed. */
export function changeCauses(before: JsonObject, after: JsonObject): readonly Cause[] {
  const kind = textOf(after['kind']);
  const causes = (FIXED[kind] ?? [])
    .filter((path) => !same(at(before, ...path.split('.')), at(after, ...path.split('.'))))
    .map((path) => wrong(path, at(after, ...path.split('.')) ?? null, 'field is immutable'));
  if (kind === 'StatefulSet') {
    const rest = (object: JsonObject): JsonObject => without(objectOf(object['spec']), ...STATEFUL_MAY);
    if (!same(rest(before), rest(after)))
      causes.push({
        reason: 'FieldValueForbidden',
        field: 'spec',
        message: `Forbidden: updates to statefulset spec for fields other than ${STATEFUL_MAY.map((one) => `'${one}'`).join(', ')} are forbidden`,
      });
  }
  const frozen = (kind === 'ConfigMap' || kind === 'Secret') && before['immutable'] === true;
  if (frozen && ['data', 'binaryData', 'immutable'].some((name) => !same(before[name], after[name])))
    causes.push({
      reason: 'FieldValueForbidden',
      field: 'data',
      message: 'Forbidden: field is immutable when `immutable` is set',
    });
  return causes;
}

/** True where a value is of a form that the decoder of a typed kind refuses. */
export function shapeFault(object: JsonObject): string | undefined {
  const metadata = object['metadata'];
  if (metadata !== undefined && metadata !== null && !isObject(metadata)) return 'metadata';
  const { labels, annotations, finalizers, ownerReferences } = objectOf(metadata);
  for (const [name, map] of Object.entries({ labels, annotations })) {
    if (map === undefined || map === null) continue;
    if (!isObject(map) || Object.values(map).some((value) => typeof value !== 'string' && value !== null))
      return `metadata.${name}`;
  }
  for (const [name, list] of Object.entries({ finalizers, ownerReferences }))
    if (list !== undefined && list !== null && !isList(list)) return `metadata.${name}`;
  const texts = object['kind'] === 'ConfigMap' || object['kind'] === 'Secret' ? object['data'] : undefined;
  if (isObject(texts) && Object.values(texts).some((value) => typeof value !== 'string')) return 'data';
  return undefined;
}
