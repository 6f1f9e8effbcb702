import { createHealth } from 'host-service/agent/health.ts';
import { hostStatusOf, rejectedOf, essenceOf } from 'host-service/agent/host-status.ts';
import { runWatchdog } from 'host-service/agent/watchdog.ts';
import { HostStatus } from 'host-service/contract/objects.ts';
import { Version } from 'host-service/contract/names.ts';
import { describe, expect, it } from 'vitest';
import { Told } from './agent-told.ts';
import { ManualClock } from './world/clock.ts';

const quiet = (): void => undefined;
const LOG = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const NOW = new Date('2026-03-01T10:00:00Z');

async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(500);
  }
}

describe('the watchdog of the program on a host', () => {
  it('says that we live as long as every loop turns, as often as systemd asks', async () => {
    const clock = new ManualClock(NOW);
    const [notifier, health, stop] = [new Told(4_000), createHealth(clock.port), new AbortController()];
    const pulse = health.part('the guard', 30_000);
    const done = runWatchdog({ clock: clock.port, log: LOG, notifier, health }, stop.signal);
    for (let second = 0; second < 60; second += 1) {
      pulse.beat();
      await pass(clock, 1_000);
    }
    stop.abort();
    await done;
    expect(notifier.said.length).toBeGreaterThanOrEqual(15);
    expect(new Set(notifier.said)).toEqual(new Set(['WATCHDOG']));
  });

  it('stops saying it when one loop stands still, says which one, and goes on when it turns again', async () => {
    const clock = new ManualClock(NOW);
    const [notifier, health, stop] = [new Told(4_000), createHealth(clock.port), new AbortController()];
    const [guard, report] = [health.part('the guard', 30_000), health.part('the report', 60_000)];
    const done = runWatchdog({ clock: clock.port, log: LOG, notifier, health }, stop.signal);
    for (let second = 0; second < 45; second += 1) {
      report.beat();
      await pass(clock, 1_000);
    }
    const told = notifier.said.filter((word) => word.startsWith('STATUS'));
    expect(told).toEqual([expect.stringMatching(/^STATUS Stands still: the guard stands still for 3\d s$/)]);
    const { length } = notifier.said;
    await pass(clock, 10_000);
    expect(notifier.said.slice(length)).toEqual([]);
    guard.beat();
    report.beat();
    await pass(clock, 5_000);
    expect(notifier.said.slice(length)).toContain('WATCHDOG');
    stop.abort();
    await done;
  });

  it('measures how late the event loop comes back', async () => {
    const clock = new ManualClock(NOW);
    const [notifier, health, stop] = [new Told(4_000), createHealth(clock.port), new AbortController()];
    const done = runWatchdog({ clock: clock.port, log: LOG, notifier, health }, stop.signal);
    await pass(clock, 500);
    clock.advance(7_000);
    await pass(clock, 500);
    expect(health.takeLongestLateMs()).toBeGreaterThanOrEqual(3_000);
    expect(health.takeLongestLateMs()).toBe(0);
    stop.abort();
    await done;
  });
});

describe('what a host reports', () => {
  const known = {
    version: Version.parse('1.2.3'),
    facts: {
      architecture: 'amd64' as const,
      values: { uptimeSeconds: 5, memoryMiB: 2_000, diskRootFreeMiB: 7 },
    },
    guard: {
      ...{ state: 'watching' as const, detail: 'Control plane 1.0.0 serves', at: NOW, againMs: 1 },
      ...{ problem: undefined, last: undefined },
    },
    pulled: () => [],
    problems: [],
    now: NOW,
  };

  it('fits its schema, and keeps what the guard did before this program was started anew', () => {
    const last = {
      ...{ at: NOW.toISOString(), to: `sha256:${'a'.repeat(64)}` },
      reason: { code: 'roll.crashed', detail: 'it ended' },
    };
    const before = HostStatus.parse({ guard: { state: 'acting', detail: 'x', at: NOW.toISOString(), last } });
    const status = hostStatusOf(known, { images: [] }, 3, before);
    expect(HostStatus.parse(status)).toEqual(status);
    expect(status).toMatchObject({
      observedGeneration: 3,
      version: '1.2.3',
      guard: { state: 'watching', last },
    });
  });

  it('is not written again because time has passed, but when something is so that was not', () => {
    const status = hostStatusOf(known, {}, 1, undefined);
    const later = {
      ...known,
      now: new Date(NOW.getTime() + 60_000),
      guard: { ...known.guard, at: new Date(NOW.getTime() + 60_000) },
    };
    const ticking = {
      ...later,
      facts: { ...known.facts, values: { ...known.facts.values, uptimeSeconds: 65, diskRootFreeMiB: 6 } },
    };
    expect(essenceOf(hostStatusOf(ticking, {}, 1, status))).toBe(essenceOf(status));
    const waiting = { ...later, guard: { ...known.guard, state: 'waiting' as const } };
    expect(essenceOf(hostStatusOf(waiting, {}, 1, status))).not.toBe(essenceOf(status));
    expect(essenceOf(hostStatusOf(known, {}, 2, status))).not.toBe(essenceOf(status));
  });

  it('B-55 refuses by name what it does not do or know, bounded, and says since when', () => {
    const spec = { images: ['registry.test/a@x'], proxy: {}, ['bad\u0000name']: 1 };
    const first = rejectedOf(spec, [], NOW);
    expect(first.map(({ what, code }) => `${what} ${code}`)).toEqual([
      ...['images: registry.test/a@x no-image', 'proxy not-known', 'bad name not-known'],
    ]);
    expect(rejectedOf(spec, first, new Date(NOW.getTime() + 60_000))).toEqual(first);
    const many = { images: Array.from({ length: 200 }, (_, index) => `registry.test/a${index}@x`) };
    expect(rejectedOf(many, [], NOW)).toHaveLength(50);
    expect(rejectedOf(undefined, first, NOW)).toEqual([]);
  });
});
