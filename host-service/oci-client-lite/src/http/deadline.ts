import { OciError } from '../errors.ts';

/** The caller's signal and our own limit on the whole operation as one signal. Call `end` when the operation is over. */
export class Deadline {
  private readonly controller = new AbortController();
  private readonly outer: AbortSignal | undefined;
  private readonly ms: number;
  private timer: NodeJS.Timeout | undefined;
  private readonly onAbort = (): void => this.controller.abort(this.outer?.reason);

  constructor(ms: number, outer: AbortSignal | undefined) {
    this.ms = ms;
    this.outer = outer;
    if (outer?.aborted === true) this.onAbort();
    else outer?.addEventListener('abort', this.onAbort, { once: true });
    this.restart();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** A body that keeps arriving is judged by its rate, not by this limit. */
  suspend(): void {
    clearTimeout(this.timer);
  }

  restart(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.controller.abort(new OciError('timeout', '', `not done within ${this.ms} ms`));
    }, this.ms);
  }

  end(): void {
    clearTimeout(this.timer);
    this.outer?.removeEventListener('abort', this.onAbort);
  }
}
