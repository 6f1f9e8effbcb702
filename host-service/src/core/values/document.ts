import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  parseDocument,
  visit,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { accept, refuse, type Verdict } from '../../contract/problem.ts';

/** A value that can stand at a path. */
export type Plain = string | number | boolean;

/** Aliases that one values file may expand to: enough for defaults, too few for a bomb (protocols §8). */
const MAX_ALIASES = 100;
const CODE = 'plan.values-path-missing';

type Parsed = Document.Parsed;

/** Whether this vendor writes collections in one line as `[ a ]` or as `[a]`: the first one that holds anything tells. */
function isPadded(document: Parsed, text: string): boolean {
  let padded: boolean | undefined;
  visit(document, {
    Collection: (_, { flow, items, range }) => {
      if (flow !== true || items.length === 0 || range == null) return undefined;
      padded = text[range[0] + 1] === ' ';
      return visit.BREAK;
    },
  });
  return padded ?? false;
}

/** A vendor's values file whose scalars can be replaced while everything else stays as it was written. */
export class ValuesDocument {
  readonly #document: Parsed;
  readonly #where: string;
  readonly #isPadded: boolean;

  private constructor(document: Parsed, where: string, isPadded: boolean) {
    this.#document = document;
    this.#where = where;
    this.#isPadded = isPadded;
  }

  /** Reads one YAML 1.2 document. Duplicate keys, several documents and alias bombs are refused. Problem plan.values-path-missing. */
  static parse(text: string, where: string): Verdict<ValuesDocument> {
    const document = parseDocument(text, { version: '1.2', merge: true, prettyErrors: false });
    const [error] = document.errors;
    if (error !== undefined) return refuse(CODE, `${where} cannot be read: ${error.message}`, where);
    try {
      document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch {
      return refuse(CODE, `${where} cannot be read: it expands to too much`, where);
    }
    return accept(new ValuesDocument(document, where, isPadded(document, text)));
  }

  /** The file as text. */
  get text(): string {
    return this.#document.toString({ lineWidth: 0, flowCollectionPadding: this.#isPadded });
  }

  /**
   * Replaces the value at `path` (dots between keys and list positions). The path must be there: a typing mistake must not pass as a new key.
   * Places that share the old value through an alias keep it.
   */
  set(path: string, value: Plain): Verdict<true> {
    const keys = path.split('.');
    let node: Node | undefined = this.#document.contents ?? undefined;
    for (const [index, key] of keys.entries()) {
      this.#unshare(node);
      const place = this.#place(node, key);
      if (place === undefined) return refuse(CODE, `${this.#where} has no ${path}`, this.#where);
      if (index < keys.length - 1) {
        node = place.get();
        continue;
      }
      const old = place.get();
      this.#unshare(old);
      if (isMap(old) || isSeq(old)) {
        return refuse(CODE, `${this.#where} has more than a plain value at ${path}`, this.#where);
      }
      if (!isScalar(old)) {
        place.put(this.#document.createNode(value));
        continue;
      }
      // The node stays, with its comments and its way of quoting; details that only fit the old value go.
      old.value = value;
      delete old.source;
      delete old.format;
    }
    return accept(true);
  }

  /** Gives each alias of this node a copy of its own, so that a change here changes nothing there. */
  #unshare(node: Node | undefined): void {
    if (node === undefined || isAlias(node) || node.anchor === undefined) return;
    const copies: { at: { value: unknown } | { list: unknown[]; index: number } }[] = [];
    visit(this.#document, {
      Alias: (key, alias, ancestors) => {
        if (alias.resolve(this.#document) !== node) return;
        const parent = ancestors.at(-1);
        if (isSeq(parent) && typeof key === 'number') copies.push({ at: { list: parent.items, index: key } });
        else if (key === 'value') copies.push({ at: parent as Pair });
      },
    });
    for (const { at } of copies) {
      const copy = this.#copy(node);
      if ('list' in at) at.list[at.index] = copy;
      else at.value = copy;
    }
  }

  #copy(node: Node): Node {
    return this.#document.createNode(node.toJS(this.#document));
  }

  /** Where `key` of a collection is read and written; a merged-in key becomes an own one. */
  #place(node: Node | undefined, key: string): Place | undefined {
    if (isMap(node)) return this.#mapPlace(node, key);
    if (isSeq(node)) return this.#seqPlace(node, key);
    return undefined;
  }

  #mapPlace(map: YAMLMap, key: string): Place | undefined {
    const own = map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
    if (own !== undefined)
      return this.#reference(
        () => own.value,
        (value) => (own.value = value),
      );
    const merged: unknown = map.toJS(this.#document);
    if (typeof merged !== 'object' || merged === null || !Object.hasOwn(merged, key)) return undefined;
    const pair = this.#document.createPair(key, Reflect.get(merged, key));
    map.items.push(pair);
    return this.#reference(
      () => pair.value,
      (value) => (pair.value = value),
    );
  }

  #seqPlace(list: YAMLSeq, key: string): Place | undefined {
    const index = /^\d{1,4}$/.test(key) ? Number(key) : -1;
    if (index < 0 || index >= list.items.length) return undefined;
    return this.#reference(
      () => list.items[index],
      (value) => (list.items[index] = value),
    );
  }

  #reference(read: () => unknown, put: (value: Node) => void): Place {
    const value = read();
    // An alias on the way down becomes a copy: what it points to belongs to another path.
    if (isAlias(value)) {
      const target = value.resolve(this.#document);
      if (target !== undefined) put(this.#copy(target));
    }
    return {
      get: () => {
        const now = read();
        return isNode(now) ? now : undefined;
      },
      put,
    };
  }
}

interface Place {
  readonly get: () => Node | undefined;
  readonly put: (value: Node) => void;
}
