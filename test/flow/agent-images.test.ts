import { wishOf } from 'host-service/agent/images/entries.ts';
import type { HostImages } from 'host-service/agent/ports.ts';
import { createKeeper } from 'host-service/agent/images/keeper.ts';
import { Problem, type ProblemCode } from 'host-service/contract/problem.ts';
import { describe, expect, it } from 'vitest';
import { NOW } from '../fixtures/documents.ts';
import { breathe } from './guard-running.ts';
import { ManualClock } from './world/clock.ts';

const quiet = (): void => undefined;
const LOG = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const named = (letter: string): string => `registry.test/${letter}@${digest(letter)}`;
const [A, B, C] = [named('a'), named('b'), named('c')];

/** A runtime that fetches one megabyte a second. */
class Runtime {
  readonly here = new Set<string>();
  readonly kept = new Set<string>();
  readonly asked: string[] = [];
  readonly faults = new Map<string, ProblemCode>();
  readonly clock = new ManualClock(NOW);
  away: ProblemCode | undefined;
  private readonly began = new Map<string, number>();

  readonly port: HostImages = {
    list: () =>
      this.away === undefined
        ? Promise.resolve(
            [...this.here].map((one) => ({ references: [one], bytes: 4, isPinned: this.kept.has(one) })),
          )
        : Promise.reject(new Problem(this.away, 'away')),
    pinned: () => Promise.resolve([...this.kept]),
    pull: async (reference, signal) => {
      this.asked.push(reference);
      const fault = this.faults.get(reference);
      if (fault !== undefined) throw new Problem(fault, 'no');
      this.began.set(reference, this.clock.port.monotonic());
      await this.clock.port.sleep(4_000, signal);
      if (signal.aborted) throw new Problem('pull.failed', 'it was stopped');
      this.here.add(reference);
    },
    progress: (reference) => {
      const ms = this.clock.port.monotonic() - (this.began.get(reference) ?? 0);
      return Promise.resolve({ bytes: ms * 1_000, total: 4_000_000 });
    },
    pin: (reference) => Promise.resolve(void this.kept.add(reference)),
    unpin: (reference) => Promise.resolve(void this.kept.delete(reference)),
  };
}

interface Scene {
  readonly runtime: Runtime;
  readonly reports: string[];
  ask(images: readonly string[], imageBytes?: Record<string, number>): void;
  run(seconds: number): Promise<void>;
  entry(image: string): Record<string, unknown> | undefined;
  end(): Promise<void>;
}

function scene(runtime = new Runtime(), first: readonly string[] = []): Scene {
  const { clock } = runtime;
  const asked = { wish: wishOf({ images: [...first] }) };
  const reports: string[] = [];
  const keeper = createKeeper({
    ...{ images: runtime.port, clock: clock.port, log: LOG, wish: () => asked.wish },
    onChange: () => {
      const words = keeper.report().map(({ image, state, bytes }) => `${image[14]} ${state} ${bytes ?? '-'}`);
      reports.push(words.join(', '));
    },
  });
  const stop = new AbortController();
  const loop = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const waitMs = await keeper.turn(stop.signal).catch((error: unknown) => {
        if (!stop.signal.aborted && !(error instanceof Problem)) throw error;
        return 1_000;
      });
      await clock.port.sleep(Math.max(waitMs, 1), stop.signal);
    }
  };
  const done = loop();
  return {
    runtime,
    reports,
    ask: (images, imageBytes) => void (asked.wish = wishOf({ images, imageBytes })),
    entry: (image) => keeper.report().find((one) => one.image === image),
    async run(seconds) {
      for (let passed = 0; passed < seconds * 2; passed += 1) {
        await breathe();
        clock.advance(500);
      }
      await breathe();
    },
    async end() {
      stop.abort();
      await breathe();
      await done;
    },
  };
}

describe('the images that a host is asked for', () => {
  it('come one at a time, the smallest first, with bytes every two seconds; what is here is kept', async () => {
    const { runtime, reports, ask, run, entry, end } = scene();
    ask([A, B, C], { [digest('a')]: 900, [digest('b')]: 5 });
    await run(80);
    expect(runtime.asked).toEqual([B, A, C]);
    expect(reports).toContain('a waiting -, b pulling 2000000, c waiting -');
    expect(reports.some((text) => /pulling.*pulling/.test(text))).toBe(false);
    expect([...runtime.kept].sort()).toEqual([A, B, C]);
    expect(entry(A)).toMatchObject({ state: 'present', bytes: 4 });
    await end();
  });

  it('a program that is started anew asks the runtime: it fetches nothing again and lets go what is not wanted', async () => {
    const first = scene();
    first.ask([A, B]);
    await first.run(80);
    await first.end();
    const second = scene(first.runtime);
    second.ask([A]);
    await second.run(70);
    expect(first.runtime.asked).toEqual([A, B]);
    expect([...first.runtime.kept]).toEqual([A]);
    expect(second.entry(A)).toMatchObject({ state: 'present' });
    await second.end();
  });

  it('R-10 are tried again with growing waits that end at five minutes, and hold up no other', async () => {
    const { runtime, ask, run, entry, end } = scene();
    runtime.faults.set(A, 'pull.refused');
    ask([A, B], { [digest('a')]: 1 });
    await run(75);
    expect(entry(B)).toMatchObject({ state: 'present' });
    const early = runtime.asked.filter((one) => one === A).length;
    expect(early).toBeGreaterThan(1);
    expect(early).toBeLessThan(9);
    expect(entry(A)).toMatchObject({ state: 'failed', code: 'pull.refused', retries: early });
    await run(3_600);
    const later = runtime.asked.filter((one) => one === A).length - early;
    expect(later).toBeGreaterThan(8);
    expect(later).toBeLessThan(22);
    runtime.faults.clear();
    await run(420);
    expect(entry(A)).toMatchObject({ state: 'present' });
    expect(entry(A)).not.toHaveProperty('code');
    await end();
  });

  it('one that nobody wants any more is stopped, also in the middle', async () => {
    const { runtime, ask, run, entry, end } = scene(new Runtime(), [A]);
    await run(1);
    expect(entry(A)).toMatchObject({ state: 'pulling' });
    ask([B]);
    await run(70);
    expect(entry(A)).toBeUndefined();
    expect([...runtime.here]).toEqual([B]);
    expect(entry(B)).toMatchObject({ state: 'present' });
    expect([...runtime.kept]).toEqual([B]);
    await end();
  });

  it.each(['pull.no-program', 'pull.no-runtime'] as const)(
    'R-01 %s is told with every image that is missing, and is over when it is over',
    async (code) => {
      const { runtime, ask, run, entry, end } = scene();
      runtime.away = code;
      ask([A, B]);
      await run(70);
      expect(entry(A)).toMatchObject({ state: 'failed', code });
      expect(entry(B)).toMatchObject({ state: 'failed', code });
      runtime.away = undefined;
      await run(400);
      expect(entry(A)).toMatchObject({ state: 'present' });
      await end();
    },
  );

  it('what is no image by its digest is never asked for', async () => {
    const { runtime, ask, run, end } = scene();
    ask(['registry.test/a:latest', '--prune', A]);
    await run(70);
    expect(runtime.asked).toEqual([A]);
    await end();
  });
});
