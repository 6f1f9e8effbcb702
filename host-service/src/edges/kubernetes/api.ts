import { Problem } from '../../contract/problem.ts';
import type { KindRef, KubeObject, KubeRef } from '../../engine/ports.ts';
import { problemOfAnswer } from './connect/failure.ts';
import type { Limits } from './connect/limits.ts';
import { whatOf, type Answer, type Request, type Transport } from './connect/transport.ts';
import { knownResource, type Resource } from './kinds.ts';
import { parseDiscovery, parseObject, parsePage } from './objects.ts';
import { collectionPath, groupPath, objectPath, queryOf } from './paths.ts';

export interface ListOptions {
  readonly signal: AbortSignal;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export interface Listed {
  readonly items: readonly KubeObject[];
  /** Where a watch goes on. */
  readonly resourceVersion: string | undefined;
}

type Discovered = ReadonlyMap<string, Resource>;

/** The API server in its own terms: paths, pages, discovery. Everything above speaks of kinds. */
export class Api {
  readonly transport: Transport;
  readonly limits: Limits;
  /** Kinds that are not in the table, by apiVersion; dropped when the server no longer knows one. */
  private readonly discovered = new Map<string, Discovered>();

  constructor(transport: Transport, limits: Limits) {
    this.transport = transport;
    this.limits = limits;
  }

  /** A successful answer. @throws Problem cluster.* */
  async ask(request: Request): Promise<string> {
    const answer = await this.transport.call(request);
    if (answer.status >= 200 && answer.status <= 299) return answer.text;
    throw this.problem(request, answer);
  }

  problem(request: Request, answer: Answer): Problem {
    const what = whatOf(request);
    const problem = problemOfAnswer({ ...answer, what, secret: request.secret === true });
    if (problem.code === 'cluster.no-such-kind') this.discovered.clear();
    return problem;
  }

  /** Where the kind lies. @throws Problem cluster.no-such-kind */
  async resource(kind: KindRef, signal: AbortSignal): Promise<Resource> {
    const known = knownResource(kind.apiVersion, kind.kind);
    if (known !== undefined) return known;
    const cached = this.discovered.get(kind.apiVersion)?.get(kind.kind);
    if (cached !== undefined) return cached;
    const all = await this.discover(kind.apiVersion, signal);
    const byKind = new Map(
      all.map(({ name, kind: of, namespaced }) => [of, { plural: name, namespaced }] as const),
    );
    this.discovered.set(kind.apiVersion, byKind);
    const found = byKind.get(kind.kind);
    if (found === undefined) throw new Problem('cluster.no-such-kind', `${kind.kind} of ${kind.apiVersion}`);
    return found;
  }

  /** What a group version serves now. @throws Problem cluster.no-such-kind when there is no such group version */
  async discover(apiVersion: string, signal: AbortSignal): Promise<ReturnType<typeof parseDiscovery>> {
    const request = { method: 'GET', path: groupPath(apiVersion), repeatable: true, signal } as const;
    return parseDiscovery(await this.ask(request), whatOf(request));
  }

  async pathOf(ref: KubeRef, signal: AbortSignal): Promise<string> {
    return objectPath(ref.apiVersion, await this.resource(ref, signal), ref.namespace, ref.name);
  }

  async collectionOf(kind: KindRef, namespace: string | undefined, signal: AbortSignal): Promise<string> {
    return collectionPath(kind.apiVersion, await this.resource(kind, signal), namespace);
  }

  /** The object, or undefined when it (or its kind) is not there. @throws Problem cluster.* */
  async get(
    ref: KubeRef,
    signal: AbortSignal,
    special: Pick<Request, 'withinMs' | 'lane'> = {},
  ): Promise<KubeObject | undefined> {
    return absentAs(undefined, async () => {
      const path = await this.pathOf(ref, signal);
      const request = {
        method: 'GET',
        path,
        repeatable: true,
        secret: isSecret(ref),
        signal,
        ...special,
      } as const;
      return parseObject(await this.ask(request), ref, whatOf(request));
    });
  }

  /** All pages of one moment; begins anew when that moment has been compacted away meanwhile. @throws Problem cluster.* */
  async list(kind: KindRef, options: ListOptions): Promise<Listed> {
    const attempts = 3;
    for (let attempt = 1; ; attempt += 1) {
      // Without pages there is nothing that can expire in between.
      const limit = attempt < attempts ? this.limits.pageSize : undefined;
      const listed = await this.pages(kind, options, limit);
      if (listed !== undefined) return listed;
      if (attempt === attempts) throw new Problem('cluster.gone', `${kind.kind}: the list expires each time`);
    }
  }

  private async pages(
    kind: KindRef,
    { signal, namespace, labelSelector, fieldSelector }: ListOptions,
    limit: number | undefined,
  ): Promise<Listed | undefined> {
    const path = await this.collectionOf(kind, namespace, signal);
    const items: KubeObject[] = [];
    for (let next: string | undefined = undefined, first = true; ; first = false) {
      const query = queryOf({ limit, continue: next, labelSelector, fieldSelector });
      const request = {
        method: 'GET',
        path: `${path}${query}`,
        repeatable: true,
        secret: isSecret(kind),
        signal,
      } as const;
      const answer = await this.transport.call(request);
      if (answer.status === 410 && !first) return undefined;
      if (answer.status !== 200) throw this.problem(request, answer);
      const page = parsePage(answer.text, kind, whatOf(request));
      items.push(...page.items);
      if (page.next === undefined) return { items, resourceVersion: page.resourceVersion };
      if (page.next === next)
        throw new Problem('cluster.bad-answer', `${whatOf(request)}: pages without end`);
      next = page.next;
    }
  }
}

export const isSecret = (kind: KindRef): boolean => kind.apiVersion === 'v1' && kind.kind === 'Secret';

/** `absent` when the object, or its kind, is not there. */
export async function absentAs<T, A>(absent: A, act: () => Promise<T>): Promise<T | A> {
  try {
    return await act();
  } catch (error) {
    const code = error instanceof Problem ? error.code : undefined;
    if (code === 'cluster.not-found' || code === 'cluster.no-such-kind') return absent;
    throw error;
  }
}
