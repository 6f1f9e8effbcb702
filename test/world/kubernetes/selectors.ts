import { at, objectOf } from './json.ts';
import type { Json, JsonObject } from './json.ts';
import { badRequest } from './refusal.ts';

export type Matches = (object: JsonObject) => boolean;

const REQUIREMENT =
  /^\s*(?:(!)\s*([\w./-]+)|([\w./-]+)\s+(in|notin)\s*\(([^)]*)\)|([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)|([\w./-]+))\s*(?:,|$)/;

/** `a=b,c!=d,e in (x,y),f notin (z),g,!h`. @throws Refusal 400 */
export function parseLabelSelector(text: string): Matches {
  const tests: ((labels: JsonObject) => boolean)[] = [];
  for (let rest = text; rest.trim() !== '';) {
    const found = REQUIREMENT.exec(rest);
    if (found === null) throw badRequest(`unable to parse requirement: ${rest}`);
    const [whole, not, absent, set, how, list, key, operator, value, present] = found;
    rest = rest.slice(whole.length);
    if (not !== undefined && absent !== undefined) tests.push((labels) => !Object.hasOwn(labels, absent));
    else if (set !== undefined) {
      const values: readonly (Json | undefined)[] = (list ?? '').split(',').map((one) => one.trim());
      tests.push((labels) => values.includes(labels[set]) === (how === 'in'));
    } else if (key !== undefined) tests.push((labels) => (labels[key] === value) === (operator !== '!='));
    else if (present !== undefined) tests.push((labels) => Object.hasOwn(labels, present));
  }
  return (object) => {
    const labels = objectOf(at(object, 'metadata', 'labels'));
    return tests.every((test) => test(labels));
  };
}

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  pods: ['status.phase', 'spec.nodeName', 'spec.restartPolicy', 'spec.serviceAccountName', 'status.podIP'],
  events: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.fieldPath',
    'reason',
    'type',
    'reportingComponent',
  ],
  secrets: ['type'],
  namespaces: ['status.phase'],
  nodes: ['spec.unschedulable'],
  jobs: ['status.successful'],
  replicasets: ['status.replicas'],
};

/** `metadata.name=x,status.phase!=Running`. @throws Refusal 400 for fields that cannot be asked for */
export function parseFieldSelector(text: string, plural: string): Matches {
  const tests = text
    .split(',')
    .filter((one) => one.trim() !== '')
    .map((one): Matches => {
      const [, field = '', operator, value = ''] = /^\s*([\w.]+)\s*(==|=|!=)\s*(.*?)\s*$/.exec(one) ?? [];
      if (operator === undefined) throw badRequest(`invalid selector: '${one}'; can't understand '${one}'`);
      const known = ['metadata.name', 'metadata.namespace', ...(FIELDS[plural] ?? [])];
      if (!known.includes(field)) throw badRequest(`field label not supported: ${field}`);
      return (object) => {
        const found = at(object, ...field.split('.'));
        const words = typeof found === 'string' ? found : found === undefined ? '' : JSON.stringify(found);
        return (words === value) === (operator !== '!=');
      };
    });
  return (object) => tests.every((test) => test(object));
}
