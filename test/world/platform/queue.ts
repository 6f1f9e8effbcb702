/** Looks at one object and does the next thing about it. Answers after how many milliseconds to look again without being told. */
export type Reconcile = (key: string) => Promise<number | undefined>;

interface Entry {
  running: boolean;
  again: boolean;
  failures: number;
  timer: NodeJS.Timeout | undefined;
}

const BACK_OFF_MS = { first: 50, longest: 2000 } as const;

/** Keys to look at: one look at a time for each key, none lost, failures tried again later. */
export class Queue {
  readonly #reconcile: Reconcile;
  readonly #onFailure: (key: string, error: unknown) => void;
  readonly #entries = new Map<string, Entry>();
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(reconcile: Reconcile, onFailure: (key: string, error: unknown) => void) {
    this.#reconcile = reconcile;
    this.#onFailure = onFailure;
  }

  add(key: string): void {
    if (this.#stopped) return;
    const entry = this.#entries.get(key) ?? { running: false, again: false, failures: 0, timer: undefined };
    this.#entries.set(key, entry);
    clearTimeout(entry.timer);
    entry.timer = undefined;
    if (entry.running) {
      entry.again = true;
      return;
    }
    entry.running = true;
    const run = this.#run(key, entry).finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  /** Ends when what is under way has ended; nothing starts any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const entry of this.#entries.values()) clearTimeout(entry.timer);
    await Promise.all(this.#running);
    for (const entry of this.#entries.values()) clearTimeout(entry.timer);
  }

  async #run(key: string, entry: Entry): Promise<void> {
    // In a turn of its own: changes that come together are looked at once.
    await new Promise<void>((resolve) => setImmediate(resolve));
    let againMs: number | undefined;
    try {
      againMs = this.#stopped ? undefined : await this.#reconcile(key);
      entry.failures = 0;
    } catch (error) {
      againMs = Math.min(BACK_OFF_MS.longest, BACK_OFF_MS.first * 2 ** entry.failures);
      entry.failures += 1;
      this.#onFailure(key, error);
    }
    entry.running = false;
    if (this.#stopped) return;
    if (entry.again) {
      entry.again = false;
      this.add(key);
    } else if (againMs !== undefined) {
      entry.timer = setTimeout(() => this.add(key), againMs);
    } else {
      this.#entries.delete(key);
    }
  }
}
