import { Problem } from '../../contract/problem.ts';
import type { Resource } from './kinds.ts';

/** One part of a path, as the API server accepts it (apimachinery path/name.go: not `.`, `..`, no `/`, no `%`). */
function segment(text: string): string {
  if (text === '' || text === '.' || text === '..' || /[/%\s]/.test(text))
    throw new Problem(
      'cluster.invalid',
      `the name ${JSON.stringify(text.slice(0, 80))} cannot stand in a path`,
    );
  return encodeURIComponent(text);
}

/** `/api/v1` or `/apis/group/version`. */
export function groupPath(apiVersion: string): string {
  const parts = apiVersion.split('/').map(segment);
  return parts.length === 1 ? `/api/${parts.join('/')}` : `/apis/${parts.join('/')}`;
}

/** Path of a collection; without namespace of a namespaced kind: that of all namespaces. */
export function collectionPath(
  apiVersion: string,
  resource: Resource,
  namespace: string | undefined,
): string {
  const within = resource.namespaced && namespace !== undefined ? `/namespaces/${segment(namespace)}` : '';
  return `${groupPath(apiVersion)}${within}/${segment(resource.plural)}`;
}

/** Path of one object. @throws Problem cluster.invalid when a namespaced kind comes without namespace */
export function objectPath(
  apiVersion: string,
  resource: Resource,
  namespace: string | undefined,
  name: string,
): string {
  if (resource.namespaced && namespace === undefined)
    throw new Problem('cluster.invalid', `${resource.plural} ${name} needs a namespace`);
  return `${collectionPath(apiVersion, resource, namespace)}/${segment(name)}`;
}

/** `?a=b&c=d` of the members that are set. */
export function queryOf(members: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(members))
    if (value !== undefined) query.set(name, String(value));
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}
