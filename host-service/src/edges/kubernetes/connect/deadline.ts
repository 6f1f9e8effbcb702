/** One request's end: the caller's signal or our own time, told apart. Must be cleared, or the timer keeps the process. */
export class Deadline {
  private readonly outer: AbortSignal;
  private readonly controller = new AbortController();
  private readonly stop = (): void => this.end('stopped');
  private timer: NodeJS.Timeout | undefined;
  /** Who ended it; undefined while it runs. */
  why: 'deadline' | 'stopped' | undefined;

  constructor(outer: AbortSignal, ms: number) {
    this.outer = outer;
    if (outer.aborted) this.stop();
    else outer.addEventListener('abort', this.stop, { once: true });
    this.extend(ms);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** The time starts anew, `ms` from now. */
  extend(ms: number): void {
    clearTimeout(this.timer);
    if (this.why === undefined) this.timer = setTimeout(() => this.end('deadline'), ms);
  }

  clear(): void {
    clearTimeout(this.timer);
    this.outer.removeEventListener('abort', this.stop);
  }

  private end(why: 'deadline' | 'stopped'): void {
    if (this.why !== undefined) return;
    this.why = why;
    this.clear();
    this.controller.abort();
  }
}
