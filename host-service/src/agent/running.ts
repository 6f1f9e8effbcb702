import type { HostSpec, PulledImage } from '../contract/objects.ts';
import { problemOf, type ProblemBody } from '../contract/problem.ts';
import type { GuardReport } from '../engine/guard/ports.ts';
import type { Wake } from '../engine/loop/wake.ts';
import type { Measured } from './facts/sight.ts';
import type { Health } from './health.ts';
import type { AgentParts } from './parts.ts';

/** Milliseconds within which each loop must have turned: a look, an act and their calls at their longest, and as much again. */
export const LIMITS = {
  guard: 180_000,
  report: 300_000,
  kept: 300_000,
  images: 300_000,
  identity: 300_000,
} as const;
/** Milliseconds between looks at this host's object and at its claim code, and the first and longest wait after a failure. */
export const WAITS = {
  reportMs: 5_000,
  claimMs: 15_000,
  refusedMs: 30_000,
  first: 2_000,
  longest: 60_000,
} as const;

/** What the loops tell each other. */
export interface Shared {
  guard: GuardReport | undefined;
  /** Takes up what this host is asked for and answers how far it is with its images. */
  pulled: (spec: HostSpec) => readonly PulledImage[];
  /** Takes up what is to be measured and answers what was. */
  sight?: (spec: HostSpec) => Measured | undefined;
  /** By loop: what it could not do. */
  readonly problems: Map<string, ProblemBody>;
}

/** What each loop of the program is given. */
export interface Running {
  readonly parts: AgentParts;
  readonly health: Health;
  readonly shared: Shared;
  /** Something is to be reported. */
  readonly wake: Wake;
  /** Ends the program in order, so that systemd starts it anew. */
  readonly leave: () => void;
}

/** Does it until the signal fires, at once and then again and again. */
export async function keepDoing(
  running: Running,
  { name, everyMs }: { readonly name: string; readonly everyMs: number },
  act: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const pulse = running.health.part(name, LIMITS.kept + everyMs);
  const wait = backOff(running, name);
  while (!signal.aborted) {
    const waitMs = await wait(everyMs, act);
    pulse.beat();
    await running.parts.clock.sleep(waitMs, signal);
  }
}

/**
 * Does one turn of a loop; answers the wait before the next one, doubled for each failure in a row. What goes wrong is told once for each cause: a
 * cluster that is away is no news every few seconds. A fault of ours is thrown on.
 */
export function backOff(
  { parts: { log, clock }, shared }: Running,
  name: string,
): (waitMs: number, act: () => Promise<void>) => Promise<number> {
  const failures = { code: '', count: 0 };
  return async (waitMs, act) => {
    try {
      await act();
      Object.assign(failures, { code: '', count: 0 });
      shared.problems.delete(name);
      return waitMs;
    } catch (error) {
      const { code, detail } = problemOf(error);
      if (code === 'internal.bug') throw error;
      failures.count = failures.code === code ? failures.count + 1 : 1;
      if (failures.code !== code) log.warn('could not be done', { what: name, code, detail });
      failures.code = code;
      shared.problems.set(name, { code, detail, subject: name });
      const backOffMs = WAITS.first * 2 ** Math.min(failures.count - 1, 10);
      return Math.min(backOffMs, WAITS.longest, Math.max(waitMs, WAITS.first)) * (0.8 + 0.4 * clock.random());
    }
  };
}
