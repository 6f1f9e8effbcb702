import type { ServerResponse } from 'node:http';
import { apiVersionOf, bucketName } from './kinds.ts';
import { isIn } from './listing.ts';
import type { Scope } from './listing.ts';
import { expired } from './refusal.ts';
import type { Change, Entry, Store } from './store.ts';

/** Between two bookmarks of a quiet watch, in milliseconds. */
const BOOKMARK_MS = 15_000;
/** A watch without a word about its end lasts so long, in seconds. */
const DEFAULT_SECONDS = 1800;

type Type = Change['type'];
/** The text of an event is made once, however many watch. */
const lines = new WeakMap<Change, Map<string, Buffer>>();

function lineOf(change: Change, type: Type, { resource }: Scope): Buffer {
  const apiVersion = apiVersionOf(resource);
  const made = lines.get(change) ?? new Map<string, Buffer>();
  lines.set(change, made);
  const key = `${type} ${apiVersion}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const line = eventLine(type, change.entry, apiVersion, resource.kind);
  made.set(key, line);
  return line;
}

const eventLine = (type: Type, entry: Entry, apiVersion: string, kind: string): Buffer =>
  Buffer.from(`{"type":"${type}","object":${entry.json({ apiVersion, kind })}}\n`);

/** What a change looks like to somebody who sees a part only. */
function typeFor(scope: Scope, { type, entry, before }: Change): Type | undefined {
  const was = before !== undefined && isIn(scope, before);
  if (type === 'DELETED') return was ? 'DELETED' : undefined;
  const is = isIn(scope, entry);
  if (is) return was ? 'MODIFIED' : 'ADDED';
  return was ? 'DELETED' : undefined;
}

/** Open watches. */
export class Watches {
  private readonly store: Store;
  private readonly ends = new Set<(line?: Buffer) => void>();

  constructor(store: Store) {
    this.store = store;
  }

  /** Ends all of them; with `gone` each one first says 410. */
  end(gone: boolean): void {
    for (const end of [...this.ends])
      end(gone ? errorLine('The resourceVersion for the provided watch is too old.') : undefined);
  }

  /** Answers with changes until the time is over, the client goes or the position is too old. */
  open(scope: Scope, query: URLSearchParams, answer: ServerResponse): void {
    answer.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
    answer.flushHeaders();
    const bucket = this.store.bucket(bucketName(scope.resource));
    const said = query.get('resourceVersion') ?? '';
    const from = Number(said === '' ? '0' : said);
    if (from !== 0 && (Number.isNaN(from) || from < bucket.floor || from > this.store.version))
      return void answer.end(errorLine(`too old resource version: ${said} (${bucket.floor})`));
    const tell = (change: Change): void => {
      const type = typeFor(scope, change);
      if (type !== undefined) answer.write(lineOf(change, type, scope));
    };
    const apiVersion = apiVersionOf(scope.resource);
    if (from === 0) {
      for (const entry of bucket.all())
        if (isIn(scope, entry)) answer.write(eventLine('ADDED', entry, apiVersion, scope.resource.kind));
    } else for (const change of bucket.since(from)) tell(change);
    bucket.listeners.add(tell);
    this.keep(scope, query, answer, () => bucket.listeners.delete(tell));
  }

  private keep(scope: Scope, query: URLSearchParams, answer: ServerResponse, close: () => void): void {
    const seconds = Number(query.get('timeoutSeconds') ?? DEFAULT_SECONDS);
    const head = { kind: scope.resource.kind, apiVersion: apiVersionOf(scope.resource) };
    const bookmark = (): void => {
      if (query.get('allowWatchBookmarks') !== 'true') return;
      const metadata = { resourceVersion: String(this.store.version), creationTimestamp: null };
      answer.write(`${JSON.stringify({ type: 'BOOKMARK', object: { ...head, metadata } })}\n`);
    };
    const ticks = setInterval(bookmark, BOOKMARK_MS);
    const end = (line?: Buffer): void => {
      stop();
      if (line === undefined) answer.end();
      else answer.end(line);
    };
    const timeout = setTimeout(() => {
      bookmark();
      end();
    }, seconds * 1000);
    const stop = (): void => {
      clearInterval(ticks);
      clearTimeout(timeout);
      this.ends.delete(end);
      close();
    };
    this.ends.add(end);
    answer.on('close', stop);
  }
}

const errorLine = (message: string): Buffer =>
  Buffer.from(`${JSON.stringify({ type: 'ERROR', object: expired(message).status() })}\n`);
