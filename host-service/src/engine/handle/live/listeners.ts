import type { LiveEvent } from '../../../contract/api/status.ts';
import type { Log } from '../../ports.ts';
import { cursorText, parseCursor, type Cursor } from './cursor.ts';
import type { History, Told } from './history.ts';
import type { Snapshot } from './status-view.ts';

/** An event and its data as JSON, made once for all who listen. */
export type Sent = LiveEvent & { readonly text: string };
type Send = (event: Sent) => void;

interface Listener {
  readonly send: Send;
  readonly after: string | undefined;
  /** The event that it had when it came: a replica that lags behind must not tell it again. */
  readonly seen: Cursor['last'];
}

/** What was published last: who comes later starts from there. */
export interface Published {
  readonly snapshot: Snapshot;
  /** Place in the history right behind the last event that the snapshot knows. */
  readonly place: number;
}

/** Those who listen. Each gets every event once and in order; one that throws is let go, the others stay. */
export class Listeners {
  private readonly active = new Set<Listener>();
  /** Came before there was anything to say. */
  private readonly waiting = new Set<Listener>();
  private readonly history: History;
  private readonly log: Log;

  constructor(history: History, log: Log) {
    this.history = history;
    this.log = log;
  }

  /** Adds one and brings it up to date at once, or with the first snapshot. */
  add(after: string | undefined, send: Send, published: Published | undefined): () => void {
    const seen = after === undefined ? undefined : parseCursor(after)?.last;
    const listener: Listener = { send, after, seen };
    if (published === undefined) this.waiting.add(listener);
    else this.welcome(listener, published);
    return () => {
      this.active.delete(listener);
      this.waiting.delete(listener);
    };
  }

  /** The first snapshot is there: those who waited for it are brought up to date. */
  begin(published: Published): void {
    for (const listener of [...this.waiting]) {
      if (this.waiting.delete(listener)) this.welcome(listener, published);
    }
  }

  /** Sends to all. */
  tell(event: Sent): void {
    for (const listener of [...this.active]) if (this.active.has(listener)) this.send(listener, event);
  }

  /** What the listener has missed, then the newest snapshot when anything else moved, then what came after that. */
  private welcome(listener: Listener, { snapshot, place }: Published): void {
    this.active.add(listener);
    const cursor = listener.after === undefined ? undefined : parseCursor(listener.after);
    const behind = cursor === undefined ? undefined : this.history.behind(cursor.last);
    const missed = this.history.from(behind ?? place);
    const old = behind === undefined ? 0 : Math.max(0, place - behind);
    const before = cursor?.content ?? snapshot.content;
    for (const told of missed.slice(0, old)) this.send(listener, operationEvent(told, before));
    if (behind === undefined || before !== snapshot.content) this.send(listener, snapshotEvent(snapshot));
    for (const told of missed.slice(old)) this.send(listener, operationEvent(told, snapshot.content));
  }

  private send(listener: Listener, event: Sent): void {
    if (!this.active.has(listener) || wasSeen(listener, event)) return;
    try {
      listener.send(event);
    } catch (error) {
      this.active.delete(listener);
      this.log.warn('a listener of events failed and is let go', { error: String(error) });
    }
  }
}

function wasSeen({ seen }: Listener, event: Sent): boolean {
  if (seen === undefined || event.name !== 'operation') return false;
  return event.data.operation === seen.operation && event.data.event.n <= seen.n;
}

/** A snapshot as an event. */
export function snapshotEvent({ view, json }: Snapshot): Sent {
  return { name: 'snapshot', id: view.cursor, data: view, text: json };
}

/** An operation event; its cursor names the snapshot that came before it. */
export function operationEvent({ operation, event }: Told, content: string): Sent {
  const data = { operation, event };
  const id = cursorText({ revision: '', content, last: { operation, n: event.n } });
  return { name: 'operation', id, data, text: JSON.stringify(data) };
}
