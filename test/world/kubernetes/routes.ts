import { badRequest, Refusal } from './refusal.ts';
import type { Resources } from './resources.ts';
import type { Resource } from './kinds.ts';
import { notFound } from './refusal.ts';

/** What a path speaks of. */
export type Route =
  | { readonly kind: 'document'; readonly body: unknown; readonly plain: boolean }
  | { readonly kind: 'review'; readonly plural: string }
  | {
      readonly kind: 'resource';
      readonly resource: Resource;
      readonly namespace: string;
      /** Empty = the collection. */
      readonly name: string;
      readonly subresource: string;
    };

const VERSION = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.3+embedded',
  gitCommit: '0000000000000000000000000000000000000000',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'none',
  platform: 'linux/amd64',
};

const document = (body: unknown): Route => ({ kind: 'document', body, plain: false });

function documentOf(path: string, resources: Resources): Route | undefined {
  if (['/healthz', '/readyz', '/livez'].includes(path)) return { kind: 'document', body: 'ok', plain: true };
  if (path === '/version') return document(VERSION);
  if (path === '/api') return document({ kind: 'APIVersions', versions: ['v1'] });
  if (path === '/apis') return document(resources.groups());
  const [, group = '', version] = /^\/apis\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
  const found =
    path === '/api/v1'
      ? resources.list('', 'v1')
      : group === ''
        ? undefined
        : version === undefined
          ? resources.group(group)
          : resources.list(group, version);
  return found === undefined ? undefined : document(found);
}

const PATH = /^\/(?:api\/(v1)|apis\/([^/]+)\/([^/]+))((?:\/[^/]+)+)$/;

/** The words of a 404 for a path that nothing is served at: plain text, not a Status. */
export class NoSuchPath extends Error {}

/** @throws NoSuchPath, Refusal 400, 404 */
export function routeOf(path: string, resources: Resources): Route {
  const found = documentOf(path, resources);
  if (found !== undefined) return found;
  const [, core, group = '', groupVersion = '', rest = ''] = PATH.exec(path) ?? [];
  const version = core ?? groupVersion;
  const parts = decode(rest.split('/').slice(1));
  const [first = '', second = ''] = parts;
  if (group === 'authorization.k8s.io' && version === 'v1' && parts.length === 1)
    return { kind: 'review', plural: first };
  // `/namespaces/NAME/PLURAL` is within a namespace; `/namespaces/NAME[/status]` is the namespace itself.
  const within =
    first === 'namespaces' && parts.length > 2 && !['status', 'finalize'].includes(parts[2] ?? '');
  const [plural = '', name = '', subresource = '', ...more] = within ? parts.slice(2) : parts;
  const resource = resources.find(group, version, plural);
  if (resource === undefined) {
    if (resources.list(group, version) === undefined || rest === '') throw new NoSuchPath();
    // A group version that is served says it in its own words when it is built in.
    if (resources.all().some((one) => one.group === group && one.custom)) throw new NoSuchPath();
    throw new Refusal(404, 'NotFound', 'the server could not find the requested resource');
  }
  const namespace = within ? second : '';
  if (more.length > 0 || (within && !resource.namespaced)) throw new NoSuchPath();
  if (name !== '' && resource.namespaced && !within) throw new NoSuchPath();
  const subresources = [
    '',
    ...(resource.hasStatus ? ['status'] : []),
    ...(resource.plural === 'pods' && resource.group === '' ? ['log'] : []),
  ];
  if (!subresources.includes(subresource)) throw notFoundSubresource(resource, name);
  return { kind: 'resource', resource, namespace, name, subresource };
}

const notFoundSubresource = (resource: Resource, name: string): Error =>
  resource.custom ? new NoSuchPath() : notFound(resource, name);

function decode(parts: readonly string[]): readonly string[] {
  try {
    return parts.map((part) => decodeURIComponent(part));
  } catch {
    throw badRequest('the path cannot be decoded');
  }
}
