import type { LiveEvent, LiveEvents } from '../../contract/api/status.ts';
import type { z } from 'zod';
import type { ApiClock, Limits } from '../options.ts';

export type Bye = z.infer<typeof LiveEvents.bye>['reason'];

const encoder = new TextEncoder();
const frames = new WeakMap<object, Uint8Array>();

/** An event as bytes of the stream, made once however many clients get it. Data is JSON and therefore one line. */
export function frameOf(event: Pick<LiveEvent, 'name' | 'id'> & { readonly text: string }): Uint8Array {
  const made = frames.get(event);
  if (made !== undefined) return made;
  // A line break in a cursor would be an event of its own.
  const id = event.id === undefined || /[\r\n\0]/.test(event.id) ? '' : `id: ${event.id}\n`;
  const frame = encoder.encode(`event: ${event.name}\n${id}data: ${event.text}\n\n`);
  frames.set(event, frame);
  return frame;
}

interface Waiting {
  readonly name: LiveEvent['name'];
  readonly bytes: Uint8Array;
}

interface Listeners {
  /** The client has gone. */
  onGone(): void;
  /** More waits for it than is allowed. */
  onSlow(): void;
}

/** What waits for one client. Bytes are handed on only when the connection can take them, so memory is bounded here. */
export class EventQueue {
  readonly readable: ReadableStream<Uint8Array>;
  readonly #limits: Limits;
  readonly #clock: ApiClock;
  readonly #listeners: Listeners;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #waiting: Waiting[] = [];
  #bytes = 0;
  /** The connection can take more, and there was nothing. */
  #isWanted = false;
  #isEnded = false;
  /** Monotonic milliseconds since when something waits. */
  #since = 0;

  constructor(limits: Limits, clock: ApiClock, listeners: Listeners) {
    this.#limits = limits;
    this.#clock = clock;
    this.#listeners = listeners;
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
          // How long a page waits before it connects again, in milliseconds.
          controller.enqueue(encoder.encode('retry: 1000\n\n'));
        },
        pull: () => this.#pull(),
        cancel: () => {
          this.#isEnded = true;
          this.#drop();
          this.#listeners.onGone();
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** Of snapshots and beats only the newest matters; operation events wait in order. */
  push(bytes: Uint8Array, name: LiveEvent['name']): void {
    if (this.#isEnded) return;
    if (this.#isWanted) {
      this.#isWanted = false;
      this.#controller?.enqueue(bytes);
      return;
    }
    if (this.#waiting.length === 0) this.#since = this.#clock.monotonic();
    if (name === 'snapshot' || name === 'beat') {
      this.#waiting = this.#waiting.filter((one) => one.name !== name);
    }
    this.#waiting.push({ name, bytes });
    this.#bytes = this.#waiting.reduce((sum, one) => sum + one.bytes.byteLength, 0);
    if (this.#bytes > this.#limits.pendingBytes) this.#listeners.onSlow();
  }

  /** Whether something has waited for longer than a client may leave it unread. */
  isStuck(): boolean {
    return this.#waiting.length > 0 && this.#clock.monotonic() - this.#since >= this.#limits.slowMs;
  }

  /** Says why, and ends. What still waits is dropped: a client that comes back gets it again. */
  end(reason: Bye): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#drop();
    this.#controller?.enqueue(frameOf({ name: 'bye', text: JSON.stringify({ reason }) }));
    this.#controller?.close();
  }

  #pull(): void {
    const [first, ...rest] = this.#waiting;
    if (first === undefined) {
      this.#isWanted = true;
      return;
    }
    this.#waiting = rest;
    this.#bytes -= first.bytes.byteLength;
    this.#since = this.#clock.monotonic();
    this.#controller?.enqueue(first.bytes);
  }

  #drop(): void {
    this.#waiting = [];
    this.#bytes = 0;
  }
}
