import type { Clock } from '../engine/ports.ts';

/** One loop's sign of life. */
export interface Pulse {
  /** It has turned. */
  beat(): void;
}

/** Whether this program does its work: each of its loops must have turned within its own time. */
export interface Health {
  /** A loop that has to turn at least every `limitMs`; it counts from now. */
  part(name: string, limitMs: number): Pulse;
  /** Names of the loops that stand still, and for how long. */
  stuck(): readonly string[];
  /** The event loop came back that many milliseconds late. */
  late(ms: number): void;
  /** Longest such delay since it was asked last. */
  takeLongestLateMs(): number;
}

/** Makes one in which nothing has to turn yet. */
export function createHealth(clock: Pick<Clock, 'monotonic'>): Health {
  const parts = new Map<string, { beatAt: number; readonly limitMs: number }>();
  const longest = { ms: 0 };
  return {
    part(name, limitMs) {
      const entry = { beatAt: clock.monotonic(), limitMs };
      parts.set(name, entry);
      return { beat: () => void (entry.beatAt = clock.monotonic()) };
    },
    stuck: () =>
      [...parts].flatMap(([name, { beatAt, limitMs }]) => {
        const forMs = clock.monotonic() - beatAt;
        return forMs > limitMs ? `${name} stands still for ${Math.round(forMs / 1000)} s` : [];
      }),
    late: (ms) => void (longest.ms = Math.max(longest.ms, ms)),
    takeLongestLateMs() {
      const { ms } = longest;
      longest.ms = 0;
      return Math.round(ms);
    },
  };
}
