import { randomUUID } from 'node:crypto';
import { apiVersionOf, bucketName } from './kinds.ts';
import type { Resource } from './kinds.ts';
import { badRequest, expired } from './refusal.ts';
import { parseFieldSelector, parseLabelSelector } from './selectors.ts';
import type { Matches } from './selectors.ts';
import type { Entry, Store } from './store.ts';

/** Which objects of a kind are asked for. */
export interface Scope {
  readonly resource: Resource;
  /** Empty = all namespaces. */
  readonly namespace: string;
  readonly matches: Matches;
}

/** @throws Refusal 400 */
export function scopeOf(resource: Resource, namespace: string, query: URLSearchParams): Scope {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '', resource.plural);
  return { resource, namespace, matches: (object) => labels(object) && fields(object) };
}

export const isIn = ({ namespace, matches }: Scope, entry: Entry): boolean =>
  (namespace === '' || entry.namespace === namespace) && matches(entry.object);

interface Rest {
  readonly version: number;
  readonly entries: readonly Entry[];
}
/** Lists that are being read page by page. */
const OPEN_LISTS = 200;

/** Lists, all of one moment however many pages they have. */
export class Lists {
  private readonly store: Store;
  private readonly rests = new Map<string, Rest>();

  constructor(store: Store) {
    this.store = store;
  }

  /** Pages that were promised are no longer there. */
  expire(): void {
    this.rests.clear();
  }

  /**
   * The text of one page.
   * @throws Refusal 400, 410 when the moment of the first page is forgotten
   */
  page(scope: Scope, query: URLSearchParams): string {
    const token = query.get('continue') ?? '';
    const limit = Number(query.get('limit') ?? '0');
    if (!Number.isInteger(limit) || limit < 0) throw badRequest('limit: must be a positive integer');
    const { version, entries } = token === '' ? this.all(scope) : this.rest(token);
    const page = limit === 0 ? entries : entries.slice(0, limit);
    const left = entries.length - page.length;
    const metadata = {
      resourceVersion: String(version),
      ...(left === 0
        ? {}
        : { continue: this.promise({ version, entries: entries.slice(limit) }), remainingItemCount: left }),
    };
    const { resource } = scope;
    const apiVersion = apiVersionOf(resource);
    const head = { kind: `${resource.kind}List`, apiVersion, metadata };
    const itemHead = resource.custom ? { kind: resource.kind, apiVersion } : undefined;
    const items = page.map((entry) => entry.json(itemHead)).join(',');
    return `${JSON.stringify(head).slice(0, -1)},"items":[${items}]}`;
  }

  private all(scope: Scope): Rest {
    const entries = this.store.bucket(bucketName(scope.resource)).all();
    return { version: this.store.version, entries: entries.filter((entry) => isIn(scope, entry)) };
  }

  private promise(rest: Rest): string {
    const token = Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: rest.version, id: randomUUID() }));
    const text = token.toString('base64url');
    this.rests.set(text, rest);
    const [oldest] = this.rests.keys();
    if (this.rests.size > OPEN_LISTS && oldest !== undefined) this.rests.delete(oldest);
    return text;
  }

  private rest(token: string): Rest {
    const rest = this.rests.get(token);
    if (rest !== undefined) return rest;
    const words = Buffer.from(token, 'base64url').toString('utf8');
    if (!words.startsWith('{"v":"meta.k8s.io/v1"')) throw badRequest('continue key is not valid');
    throw expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
    );
  }
}
