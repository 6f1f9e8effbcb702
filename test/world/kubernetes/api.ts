import type { ServerResponse } from 'node:http';
import { Collector } from './collector.ts';
import { followDefinitions } from './definitions.ts';
import { apiVersionOf } from './kinds.ts';
import type { Resource } from './kinds.ts';
import { Lists, scopeOf } from './listing.ts';
import { Logs } from './logs.ts';
import { Objects } from './objects.ts';
import type { Written } from './objects.ts';
import { badRequest, notAllowed, Refusal, success } from './refusal.ts';
import { removeObject } from './removal.ts';
import { bodyOf, deleteOptions, writeOptions } from './requests.ts';
import type { Ask } from './requests.ts';
import { Resources } from './resources.ts';
import { review, REVIEWS } from './reviews.ts';
import { routeOf } from './routes.ts';
import type { Route } from './routes.ts';
import { Store } from './store.ts';
import type { Entry } from './store.ts';
import { Watches } from './watching.ts';

type ResourceRoute = Route & { readonly kind: 'resource' };

/** What is answered; a watch has answered for itself already. */
export type Reply =
  | {
      readonly code: number;
      readonly text: string;
      readonly plain?: boolean;
      readonly warnings?: readonly string[];
    }
  | 'streaming';

const json = (code: number, body: unknown): Reply => ({ code, text: JSON.stringify(body) });
const asText = (entry: Entry, resource: Resource): string =>
  entry.json({ apiVersion: apiVersionOf(resource), kind: resource.kind });
const written = ({ entry, created, warnings }: Written, resource: Resource): Reply => ({
  code: created ? 201 : 200,
  text: asText(entry, resource),
  warnings,
});

/** The API server behind its network: what is kept and what each request does to it. */
export class Api {
  readonly store = new Store();
  readonly watches = new Watches(this.store);
  readonly lists = new Lists(this.store);
  readonly logs = new Logs();
  private readonly resources = new Resources();
  private readonly objects = new Objects(this.store);
  private readonly collector: Collector;

  constructor() {
    const { store, objects, resources } = this;
    followDefinitions({ store, objects, resources });
    this.collector = new Collector({ store, objects, resources });
    const namespaces = resources.find('', 'v1', 'namespaces');
    for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease'])
      if (namespaces !== undefined)
        objects.create(
          namespaces,
          '',
          { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
          { manager: 'kube-apiserver', dryRun: false, validation: 'Ignore', force: false, subresource: '' },
        );
  }

  stop(): void {
    this.collector.stop();
    this.watches.end(false);
  }

  /** Older versions than now are forgotten; who watches is told. */
  expire(): void {
    for (const bucket of this.store.buckets.values()) bucket.forget(this.store.version);
    this.lists.expire();
    this.watches.end(true);
  }

  /** @throws Refusal, NoSuchPath */
  answer(ask: Ask, route: Route, forbidden: string | undefined, answer: ServerResponse): Reply {
    if (route.kind === 'document') {
      if (ask.method !== 'GET') throw notAllowed();
      return route.plain ? { code: 200, text: String(route.body), plain: true } : json(200, route.body);
    }
    if (route.kind === 'review') {
      if (!REVIEWS.includes(route.plural))
        throw new Refusal(404, 'NotFound', 'the server could not find the requested resource');
      if (ask.method !== 'POST') throw notAllowed();
      return json(201, review(route.plural, bodyOf(ask), forbidden));
    }
    if (route.subresource === 'log') return this.log(ask, route);
    if (!/json|\*\/\*|application\/\*/.test(ask.accept))
      throw new Refusal(
        406,
        'NotAcceptable',
        'only the following media types are accepted: application/json',
      );
    return route.name === '' ? this.collection(ask, route, answer) : this.single(ask, route);
  }

  /** What a path speaks of. @throws Refusal, NoSuchPath */
  route(path: string): Route {
    return routeOf(path, this.resources);
  }

  private collection(ask: Ask, { resource, namespace }: ResourceRoute, answer: ServerResponse): Reply {
    if (ask.method === 'GET') {
      const scope = scopeOf(resource, namespace, ask.query);
      if (!['1', 'true'].includes(ask.query.get('watch') ?? ''))
        return { code: 200, text: this.lists.page(scope, ask.query) };
      this.watches.open(scope, ask.query, answer);
      return 'streaming';
    }
    if (ask.method !== 'POST' || (resource.namespaced && namespace === '')) throw notAllowed();
    const options = writeOptions(ask, '');
    return written(this.objects.create(resource, namespace, bodyOf(ask), options), resource);
  }

  private single(ask: Ask, { resource, namespace, name, subresource }: ResourceRoute): Reply {
    switch (ask.method) {
      case 'GET':
        return { code: 200, text: asText(this.objects.get(resource, namespace, name), resource) };
      case 'PUT': {
        const options = writeOptions(ask, subresource);
        return written(this.objects.replace(resource, namespace, name, bodyOf(ask), options), resource);
      }
      case 'PATCH':
        return this.patch(ask, { kind: 'resource', resource, namespace, name, subresource });
      case 'DELETE': {
        if (subresource !== '') throw notAllowed();
        const dryRun = ask.query.get('dryRun') === 'All';
        const options = { ...queryOptions(ask.query), ...deleteOptions(ask) };
        const { entry, gone } = removeObject(
          { store: this.store, objects: this.objects },
          resource,
          { namespace, name },
          options,
          dryRun,
        );
        return gone
          ? json(200, success(resource, name, entry.uid))
          : { code: 200, text: asText(entry, resource) };
      }
      default:
        throw notAllowed();
    }
  }

  private patch(ask: Ask, { resource, namespace, name, subresource }: ResourceRoute): Reply {
    // Nobody here sends any other patch.
    if (ask.contentType !== 'application/apply-patch+yaml')
      throw new Refusal(
        415,
        'UnsupportedMediaType',
        'the body of the request was in an unknown format - accepted media types include: application/apply-patch+yaml',
      );
    const options = writeOptions(ask, subresource);
    return written(this.objects.apply(resource, namespace, name, bodyOf(ask), options), resource);
  }

  private log(ask: Ask, { resource, namespace, name }: ResourceRoute): Reply {
    if (ask.method !== 'GET') throw notAllowed();
    if (!/text\/plain|\*\/\*|text\/\*/.test(ask.accept))
      throw new Refusal(406, 'NotAcceptable', 'only the following media types are accepted: text/plain');
    if (ask.query.get('follow') === 'true') throw badRequest('following a log is not supported here');
    const pod = this.objects.get(resource, namespace, name);
    return { code: 200, text: this.logs.read(pod, ask.query), plain: true };
  }
}

function queryOptions(query: URLSearchParams): Record<string, string> {
  const policy = query.get('propagationPolicy');
  return policy === null ? {} : { propagationPolicy: policy };
}
