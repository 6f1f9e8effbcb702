import { setTimeout as sleep } from 'node:timers/promises';

import type { Visitor } from './visitors.ts';

interface Heard {
  readonly operation: string;
  readonly n: number;
}

/** Somebody who watches the box live: comes back with the cursor when the stream ends, and remembers every operation event. */
export class Listener {
  readonly #visitor: Visitor;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly heard: Heard[] = [];
  /** Builds that said a beat. */
  readonly builds = new Set<string>();
  connections = 0;
  #cursor: string | undefined;

  constructor(visitor: Visitor) {
    this.#visitor = visitor;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#listen().catch(() => undefined);
      await sleep(200, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  async #listen(): Promise<void> {
    const cursor = this.#cursor === undefined ? {} : { 'last-event-id': this.#cursor };
    const stream = await this.#visitor.open('GET', '/api/events', { accept: 'text/event-stream', ...cursor });
    this.#stop.signal.addEventListener('abort', () => stream.destroy(), { once: true });
    if (stream.statusCode !== 200) return void stream.resume();
    this.connections += 1;
    stream.setEncoding('utf8');
    let rest = '';
    for await (const chunk of stream as AsyncIterable<string>) {
      const frames = (rest + chunk).split('\n\n');
      rest = frames.pop() ?? '';
      for (const frame of frames) this.#take(frame);
    }
  }

  #take(frame: string): void {
    const fields = new Map(
      frame.split('\n').map((line): [string, string] => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon), line.slice(colon + 1).trimStart()];
      }),
    );
    const id = fields.get('id');
    if (id !== undefined) this.#cursor = id;
    const data = JSON.parse(fields.get('data') ?? 'null') as {
      operation?: string;
      event?: { n: number };
      build?: string;
    } | null;
    if (fields.get('event') === 'operation' && data?.operation !== undefined && data.event !== undefined)
      this.heard.push({ operation: data.operation, n: data.event.n });
    if (fields.get('event') === 'beat' && data?.build !== undefined) this.builds.add(data.build);
  }

  /** Numbers of the events of an operation, in the order in which they came. */
  numbersOf(operation: string): readonly number[] {
    return this.heard.filter((one) => one.operation === operation).map(({ n }) => n);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}
