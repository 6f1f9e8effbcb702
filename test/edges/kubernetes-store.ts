import type { ServerResponse } from 'node:http';
import { json, startScripted, status } from './kubernetes-server.ts';
import type { ScriptedServer, Seen } from './kubernetes-server.ts';

interface Stored {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace: string;
    uid: string;
    resourceVersion: string;
    labels?: Record<string, string>;
    managedFields: object[];
  };
  data?: Record<string, string>;
  [field: string]: unknown;
}
interface Kept {
  object: Stored;
  /** Manager of each key of `data`. */
  readonly owners: Map<string, string>;
}

const KINDS: Readonly<Record<string, { apiVersion: string; kind: string }>> = {
  configmaps: { apiVersion: 'v1', kind: 'ConfigMap' },
  leases: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' },
};
const ROUTE =
  /^\/(?:api\/v1|apis\/coordination\.k8s\.io\/v1)(?:\/namespaces\/([^/]+))?\/(configmaps|leases)(?:\/([^/]+))?$/;
const notFoundPage = (answer: ServerResponse): void =>
  void answer.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');

/** As much of an API server as the contract speaks of: versions, owners of fields, pages, watches. Held to the real one by the same tests. */
export class SmallCluster {
  private readonly kept = new Map<string, Kept>();
  private readonly watchers = new Set<{ prefix: string; answer: ServerResponse }>();
  private readonly history: { readonly key: string; readonly version: number; readonly line: string }[] = [];
  private version = 100;

  async start(): Promise<ScriptedServer> {
    return startScripted((seen, answer) => this.handle(seen, answer));
  }

  private handle(seen: Seen, answer: ServerResponse): void {
    if (seen.path === '/version') return json(answer, 200, { gitVersion: 'v1.36.3+k3s1' });
    if (seen.path === '/api/v1')
      return json(answer, 200, {
        kind: 'APIResourceList',
        resources: [
          { name: 'configmaps', kind: 'ConfigMap', namespaced: true },
          { name: 'pods/log', kind: 'Pod', namespaced: true },
        ],
      });
    if (seen.path.includes('/pods/'))
      return json(
        answer,
        404,
        status(404, 'NotFound', 'pods "none" not found', { name: 'none', kind: 'pods' }),
      );
    const route = ROUTE.exec(seen.path);
    if (route === null) return notFoundPage(answer);
    const [, namespace, plural = '', name] = route;
    if (namespace !== undefined && namespace !== 'default')
      return json(
        answer,
        404,
        status(404, 'NotFound', `namespaces "${namespace}" not found`, {
          name: namespace,
          kind: 'namespaces',
        }),
      );
    const prefix = `${plural}/`;
    if (name === undefined)
      return seen.method === 'POST' ? this.create(prefix, seen, answer) : this.list(prefix, seen, answer);
    const key = `${prefix}${name}`;
    if (seen.method === 'PATCH') return this.apply(key, seen, answer);
    const kept = this.kept.get(key);
    if (kept === undefined)
      return json(answer, 404, status(404, 'NotFound', `${key} not found`, { name, kind: plural }));
    if (seen.method === 'PUT') return this.replace(kept, seen, answer);
    if (seen.method === 'DELETE') {
      this.kept.delete(key);
      this.store(key, kept, 'DELETED');
    }
    json(answer, 200, kept.object);
  }

  private body(seen: Seen): Stored {
    return JSON.parse(seen.body) as Stored;
  }

  private store(key: string, kept: Kept, type: 'ADDED' | 'MODIFIED' | 'DELETED'): Stored {
    this.version += 1;
    const { metadata } = kept.object;
    kept.object = {
      ...kept.object,
      metadata: {
        ...metadata,
        namespace: 'default',
        uid: metadata.uid ?? `uid-${key}`,
        resourceVersion: String(this.version),
        managedFields: [{}],
      },
    };
    if (type !== 'DELETED') this.kept.set(key, kept);
    const line = `${JSON.stringify({ type, object: kept.object })}\n`;
    this.history.push({ key, version: this.version, line });
    for (const watcher of this.watchers) if (key.startsWith(watcher.prefix)) watcher.answer.write(line);
    return kept.object;
  }

  /** True when the object was refused. */
  private refused(object: Stored, answer: ServerResponse): boolean {
    const bad = Object.keys(object.data ?? {}).find((key) => key.includes('/'));
    if (bad === undefined) return false;
    const causes = [
      { reason: 'FieldValueInvalid', field: `data[${bad}]`, message: `Invalid value: "${bad}"` },
    ];
    json(answer, 422, status(422, 'Invalid', 'invalid', { causes }));
    return true;
  }

  private create(prefix: string, seen: Seen, answer: ServerResponse): void {
    const object = this.body(seen);
    const key = `${prefix}${object.metadata.name}`;
    if (this.refused(object, answer)) return;
    if (this.kept.has(key)) return json(answer, 409, status(409, 'AlreadyExists', `${key} already exists`));
    const manager = seen.query.get('fieldManager') ?? '';
    const owners = new Map(Object.keys(object.data ?? {}).map((name) => [name, manager]));
    json(answer, 201, this.store(key, { object, owners }, 'ADDED'));
  }

  private replace(kept: Kept, seen: Seen, answer: ServerResponse): void {
    const object = this.body(seen);
    const { name, resourceVersion, uid } = kept.object.metadata;
    if (object.metadata.resourceVersion !== resourceVersion)
      return json(answer, 409, status(409, 'Conflict', 'the object has been modified'));
    kept.object = { ...object, metadata: { ...object.metadata, uid } };
    const plural = object.kind === 'Lease' ? 'leases' : 'configmaps';
    json(answer, 200, this.store(`${plural}/${name}`, kept, 'MODIFIED'));
  }

  private apply(key: string, seen: Seen, answer: ServerResponse): void {
    const object = this.body(seen);
    if (this.refused(object, answer)) return;
    const manager = seen.query.get('fieldManager') ?? '';
    const present = this.kept.get(key);
    const owners = new Map(present?.owners);
    const data = new Map(Object.entries(present?.object.data ?? {}));
    const wanted = Object.entries(object.data ?? {});
    const taken = wanted.filter(
      ([name, value]) => (owners.get(name) ?? manager) !== manager && data.get(name) !== value,
    );
    if (taken.length > 0 && seen.query.get('force') !== 'true') {
      const causes = taken.map(([name]) => ({
        reason: 'FieldManagerConflict',
        field: `.data.${name}`,
        message: `conflict with "${owners.get(name) ?? ''}" using v1`,
      }));
      return json(answer, 409, status(409, 'Conflict', 'Apply failed with conflicts', { causes }));
    }
    for (const [name, owner] of [...owners]) {
      if (owner !== manager || wanted.some(([one]) => one === name)) continue;
      owners.delete(name);
      data.delete(name);
    }
    for (const [name, value] of wanted) {
      data.set(name, value);
      owners.set(name, manager);
    }
    const same =
      present !== undefined &&
      JSON.stringify(present.object.data) === JSON.stringify(Object.fromEntries(data));
    if (same) return json(answer, 200, present.object);
    const metadata = {
      ...object.metadata,
      ...(present === undefined ? {} : { uid: present.object.metadata.uid }),
    };
    const kept = { object: { ...object, metadata, data: Object.fromEntries(data) }, owners };
    if (seen.query.get('dryRun') === 'All') return json(answer, 200, kept.object);
    json(
      answer,
      present === undefined ? 201 : 200,
      this.store(key, kept, present === undefined ? 'ADDED' : 'MODIFIED'),
    );
  }

  private list(prefix: string, seen: Seen, answer: ServerResponse): void {
    if (seen.query.get('watch') === '1') {
      answer.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      // What happened between the list and the watch is told first.
      const from = Number(seen.query.get('resourceVersion'));
      for (const { key, version, line } of this.history)
        if (version > from && key.startsWith(prefix)) answer.write(line);
      const watcher = { prefix, answer };
      this.watchers.add(watcher);
      answer.on('close', () => this.watchers.delete(watcher));
      return;
    }
    const [label, value] = (seen.query.get('labelSelector') ?? '').split('=');
    const field = seen.query.get('fieldSelector')?.replace('metadata.name=', '');
    const all = [...this.kept]
      .filter(([key]) => key.startsWith(prefix))
      .map(([, { object }]) => object)
      .filter(({ metadata }) => label === undefined || label === '' || metadata.labels?.[label] === value)
      .filter(({ metadata }) => field === undefined || metadata.name === field);
    const start = Number(seen.query.get('continue') ?? 0);
    const end = start + Number(seen.query.get('limit') ?? 1000);
    const items = all.slice(start, end).map(({ metadata, data, spec }) => ({ metadata, data, spec }));
    const next = end < all.length ? { continue: String(end) } : {};
    json(answer, 200, {
      ...KINDS[prefix.slice(0, -1)],
      metadata: { resourceVersion: String(this.version), ...next },
      items,
    });
  }
}
