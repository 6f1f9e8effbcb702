import { expect } from 'vitest';
import type { ConnectedCluster, FieldConflict } from 'host-service/edges/kubernetes/cluster.ts';

/** What the contract needs to stand on: a cluster with namespace `default`, and somebody else who writes to it. */
export interface ContractWorld {
  readonly cluster: ConnectedCluster;
  /** What `onConflict` of the cluster was called with. */
  readonly conflicts: FieldConflict[];
  /** Asks as somebody else, in the API's own terms; answers with whatever status came. */
  ask(
    method: string,
    path: string,
    body?: unknown,
    contentType?: string,
  ): Promise<{ readonly code: number; readonly text: string }>;
}

/** An object as it came, of which only parts are looked at. */
export interface Found {
  readonly kind?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly details?: {
    readonly causes?: readonly {
      readonly reason: string;
      readonly field: string;
      readonly message: string;
    }[];
  };
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation?: number;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
    readonly deletionTimestamp?: string;
    readonly continue?: string;
    readonly managedFields?: readonly {
      readonly manager: string;
      readonly operation: string;
      readonly subresource?: string;
      readonly fieldsV1: object;
    }[];
  };
  readonly items?: readonly Found[];
  readonly [field: string]: unknown;
}
export interface Answer {
  readonly code: number;
  readonly object: Found;
}

export const CORE = '/api/v1/namespaces/default';
export const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
export const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** The test's own client of either server. */
export class Asking {
  private readonly world: () => ContractWorld;

  constructor(world: () => ContractWorld) {
    this.world = world;
  }

  async ask(method: string, path: string, body?: unknown, contentType?: string): Promise<Answer> {
    const { code, text } = await this.world().ask(method, path, body, contentType);
    const object: unknown = text.startsWith('{') ? JSON.parse(text) : { message: text };
    return { code, object: object as Found };
  }

  /** @throws when the answer is not a success */
  async done(method: string, path: string, body?: unknown, contentType?: string): Promise<Found> {
    const { code, object } = await this.ask(method, path, body, contentType);
    if (code < 200 || code > 299) throw new Error(`${method} ${path}: ${code} ${JSON.stringify(object)}`);
    return object;
  }

  /** Server-side apply without force. */
  async apply(manager: string, path: string, body: unknown, more = ''): Promise<Answer> {
    return this.ask('PATCH', `${path}?fieldManager=${manager}${more}`, body, 'application/apply-patch+yaml');
  }

  async applied(manager: string, path: string, body: unknown, more = ''): Promise<Found> {
    const { code, object } = await this.apply(manager, path, body, more);
    if (code !== 200 && code !== 201) throw new Error(`apply ${path}: ${code} ${JSON.stringify(object)}`);
    return object;
  }

  async get(path: string): Promise<Found> {
    return this.done('GET', path);
  }

  /** Waits for what others do in their own time. */
  async eventually(what: string, path: string, holds: (answer: Answer) => boolean): Promise<Found> {
    const deadline = performance.now() + 60_000;
    for (;;) {
      const answer = await this.ask('GET', path);
      if (holds(answer)) return answer.object;
      if (performance.now() > deadline) throw new Error(`never happened: ${what}: ${JSON.stringify(answer)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Changes what was read, again when somebody else was faster. */
  async change(path: string, change: (object: Found) => object): Promise<Found> {
    for (;;) {
      const { code, object } = await this.ask('PUT', path, change(await this.get(path)));
      if (code === 200) return object;
      expect(code).toBe(409);
    }
  }
}

/** What a refusal says about the fields, without its words. */
export const causesOf = ({ object }: Answer): readonly string[] =>
  (object.details?.causes ?? []).map(({ reason, field }) => `${reason} ${field}`);

/** The fields that this manager owns. */
export const ownedBy = (object: Found, manager: string, operation = 'Apply'): object | undefined =>
  object.metadata.managedFields?.find((one) => one.manager === manager && one.operation === operation)
    ?.fieldsV1;

export const configMap = (name: string, data: Readonly<Record<string, string>>, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
});

/** A workload that asks for no pods, so that nobody but the test changes it. */
export const deployment = (name: string, containers: readonly object[], spec: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas: 0,
    paused: true,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers } },
    ...spec,
  },
});
