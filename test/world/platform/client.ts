import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import { knownResource } from 'host-service/edges/kubernetes/kinds.ts';
import { parse } from 'yaml';
import { at, isRecord, listAt, textAt, type Thing } from './fields.ts';

/** An answer outside 200-299, in the API server's own words. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
}
export type Ref = Kind & { readonly namespace?: string | undefined; readonly name: string };

interface Resource {
  readonly plural: string;
  readonly namespaced: boolean;
}

export const refOf = ({ apiVersion, kind, metadata }: Thing): Ref => ({
  apiVersion,
  kind,
  namespace: metadata.namespace,
  name: metadata.name,
});

/** What controllers ask of the Kubernetes API, each under its own name as field manager: which the product's client cannot do. */
export class Client {
  readonly #url: string;
  readonly #token: string;
  readonly #manager: string;
  readonly #agent: http.Agent;
  readonly #discovered = new Map<string, Resource>();

  constructor(server: { url: string; token: string; kubeconfig: string }, manager: string) {
    this.#url = server.url.replace(/\/$/, '');
    this.#token = server.token;
    this.#manager = manager;
    this.#agent = this.#url.startsWith('https:')
      ? new https.Agent({ keepAlive: true, ca: caOf(server.kubeconfig) })
      : new http.Agent({ keepAlive: true });
  }

  close(): void {
    this.#agent.destroy();
  }

  /** @throws ApiError 404 when the kind is not served */
  async path(kind: Kind, namespace?: string, name?: string): Promise<string> {
    const { plural, namespaced } = await this.#resource(kind);
    const place = namespaced && namespace !== undefined ? `/namespaces/${namespace}` : '';
    return `${groupPath(kind.apiVersion)}${place}/${plural}${name === undefined ? '' : `/${name}`}`;
  }

  async isNamespaced(kind: Kind): Promise<boolean> {
    return (await this.#resource(kind)).namespaced;
  }

  async get(ref: Ref): Promise<Thing | undefined> {
    try {
      return thing(await this.#call('GET', await this.path(ref, ref.namespace, ref.name)), ref);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  async list(kind: Kind): Promise<{ readonly items: readonly Thing[]; readonly resourceVersion: string }> {
    const answer = await this.#call('GET', await this.path(kind));
    return {
      items: listAt(answer, 'items').map((item) => thing(item, kind)),
      resourceVersion: textAt(answer, 'metadata', 'resourceVersion'),
    };
  }

  /** Server-side apply; takes over fields of others, as Flux does. */
  async apply(object: Thing): Promise<Thing> {
    const { namespace, name } = object.metadata;
    const path = await this.path(object, namespace, name);
    const query = `fieldManager=${this.#manager}&force=true`;
    return thing(
      await this.#call('PATCH', `${path}?${query}`, object, 'application/apply-patch+yaml'),
      object,
    );
  }

  async create(object: Thing): Promise<Thing> {
    const path = await this.path(object, object.metadata.namespace);
    return thing(await this.#call('POST', `${path}?fieldManager=${this.#manager}`, object), object);
  }

  /** PUT with the resourceVersion that the object carries. */
  async replace(object: Thing, subresource: '' | '/status' = ''): Promise<Thing> {
    const path = await this.path(object, object.metadata.namespace, object.metadata.name);
    return thing(
      await this.#call('PUT', `${path}${subresource}?fieldManager=${this.#manager}`, object),
      object,
    );
  }

  /** Deleting what is not there is no error. `now`: without waiting for the node to stop it. */
  async remove(ref: Ref, options: { now?: boolean; uid?: string } = {}): Promise<void> {
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Background',
      ...(options.now === true ? { gracePeriodSeconds: 0 } : {}),
      ...(options.uid === undefined ? {} : { preconditions: { uid: options.uid } }),
    };
    try {
      await this.#call('DELETE', await this.path(ref, ref.namespace, ref.name), body);
    } catch (error) {
      if (!(error instanceof ApiError) || (error.status !== 404 && error.status !== 409)) throw error;
    }
  }

  /** Gives a pod its node. */
  async bind(pod: Thing, node: string): Promise<void> {
    const { name, namespace } = pod.metadata;
    const path = await this.path(pod, namespace, name);
    const target = { apiVersion: 'v1', kind: 'Node', name: node };
    const body = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace }, target };
    await this.#call('POST', `${path}/binding`, body);
  }

  /** Follows a collection from a position until the server ends it. */
  async watch(
    kind: Kind,
    from: string,
    signal: AbortSignal,
    onEvent: (type: string, object: Thing) => void,
  ): Promise<void> {
    const path = `${await this.path(kind)}?watch=1&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=${from}`;
    const answer = await this.#send('GET', path, undefined, 'application/json', signal, false);
    if (answer.statusCode !== 200) throw errorOf(answer.statusCode ?? 0, await bodyOf(answer), 'GET', path);
    let rest = '';
    answer.setEncoding('utf8');
    for await (const chunk of answer as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line.trim() === '') continue;
        const event: unknown = JSON.parse(line);
        const type = textAt(event, 'type');
        const object = at(event, 'object');
        if (type === 'ERROR')
          throw new ApiError(Number(at(object, 'code') ?? 500), textAt(object, 'message'));
        if (type !== 'BOOKMARK') onEvent(type, thing(object, kind));
      }
    }
  }

  async #resource(kind: Kind): Promise<Resource> {
    const key = `${kind.apiVersion} ${kind.kind}`;
    const known = knownResource(kind.apiVersion, kind.kind) ?? this.#discovered.get(key);
    if (known !== undefined) return known;
    const answer = await this.#call('GET', groupPath(kind.apiVersion));
    for (const one of listAt(answer, 'resources')) {
      const plural = textAt(one, 'name');
      if (plural.includes('/')) continue;
      const found = { plural, namespaced: at(one, 'namespaced') === true };
      this.#discovered.set(`${kind.apiVersion} ${textAt(one, 'kind')}`, found);
    }
    const found = this.#discovered.get(key);
    if (found === undefined)
      throw new ApiError(404, `no matches for kind "${kind.kind}" in version "${kind.apiVersion}"`);
    return found;
  }

  async #call(
    method: string,
    path: string,
    body?: unknown,
    contentType = 'application/json',
  ): Promise<unknown> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const answer = await this.#send(method, path, payload, contentType, AbortSignal.timeout(30_000), true);
    const text = await bodyOf(answer);
    const status = answer.statusCode ?? 0;
    if (status < 200 || status > 299) throw errorOf(status, text, method, path);
    return JSON.parse(text) as unknown;
  }

  async #send(
    method: string,
    path: string,
    payload: string | undefined,
    contentType: string,
    signal: AbortSignal,
    keep: boolean,
  ): Promise<http.IncomingMessage> {
    const request = this.#url.startsWith('https:') ? https.request : http.request;
    return new Promise((resolve, reject) => {
      const outgoing = request(
        this.#url + path,
        {
          method,
          signal,
          ...(keep ? { agent: this.#agent } : {}),
          headers: {
            authorization: `Bearer ${this.#token}`,
            accept: 'application/json',
            'user-agent': `${this.#manager}/embedded`,
            ...(payload === undefined
              ? {}
              : // Node frames no body of a DELETE by itself.
                { 'content-type': contentType, 'content-length': Buffer.byteLength(payload) }),
          },
        },
        resolve,
      );
      outgoing.on('error', reject);
      outgoing.end(payload);
    });
  }
}

const groupPath = (apiVersion: string): string =>
  apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;

/** Items of a list come without kind and apiVersion; managed fields are never sent back. */
function thing(value: unknown, { apiVersion, kind }: Kind): Thing {
  if (!isRecord(value) || textAt(value, 'metadata', 'name') === '') return emptyThing(apiVersion, kind);
  const object = { ...value, apiVersion, kind } as unknown as Thing;
  const metadata: Record<string, unknown> = { ...object.metadata };
  delete metadata['managedFields'];
  return { ...object, metadata: metadata as Thing['metadata'] };
}

const emptyThing = (apiVersion: string, kind: string): Thing => ({
  apiVersion,
  kind,
  metadata: { name: '' },
});

function caOf(kubeconfig: string): string | undefined {
  const cluster = at(parse(readFileSync(kubeconfig, 'utf8')), 'clusters', '0', 'cluster');
  const inline = textAt(cluster, 'certificate-authority-data');
  if (inline !== '') return Buffer.from(inline, 'base64').toString('utf8');
  const file = textAt(cluster, 'certificate-authority');
  return file === '' ? undefined : readFileSync(file, 'utf8');
}

async function bodyOf(answer: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function errorOf(status: number, text: string, method: string, path: string): ApiError {
  let message = text.slice(0, 300);
  try {
    message = textAt(JSON.parse(text), 'message') || message;
  } catch {
    // Some answers are plain text.
  }
  return new ApiError(status, message || `${method} ${path}: ${status}`);
}
