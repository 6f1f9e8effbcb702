import type { Clock } from 'host-service/engine/ports.ts';

/** Time that moves only when it is told to. */
export class ManualClock {
  private elapsed = 0;
  private readonly start: number;
  private readonly sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();

  constructor(start: Date) {
    this.start = start.getTime();
  }

  now = (): Date => new Date(this.start + this.elapsed);

  /** Lets time pass; sleepers whose time has come wake up in order. */
  advance(ms: number): void {
    this.elapsed += Math.max(0, ms);
    const due = [...this.sleepers].filter(({ at }) => at <= this.elapsed).sort((a, b) => a.at - b.at);
    for (const sleeper of due) sleeper.wake();
  }

  /** Milliseconds until the next sleeper wakes; undefined = nobody sleeps. */
  nextIn(): number | undefined {
    const times = [...this.sleepers].map(({ at }) => at);
    return times.length === 0 ? undefined : Math.max(0, Math.min(...times) - this.elapsed);
  }

  readonly port: Clock = {
    now: () => this.now(),
    monotonic: () => this.elapsed,
    random: () => 0.5,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted || !(ms > 0)) {
          resolve();
          return;
        }
        const sleeper = {
          at: this.elapsed + ms,
          wake: () => {
            this.sleepers.delete(sleeper);
            signal.removeEventListener('abort', sleeper.wake);
            resolve();
          },
        };
        this.sleepers.add(sleeper);
        signal.addEventListener('abort', sleeper.wake, { once: true });
      }),
  };
}
