import { LiveEvents, type LiveEvent } from 'host-service/contract/api/status.ts';
import { describe, expect, it } from 'vitest';
import { view } from '../../gallery/states/base.ts';
import { createLiveStream, RECONNECT_MS, reconnectMs, type Source } from './live-stream.ts';

type Listener = (event: { data?: unknown; lastEventId?: string }) => void;

/** A source that a test speaks through, and a clock that a test turns. */
function world(cursor: () => string | undefined = () => undefined) {
  const sources: {
    address: string;
    isOpen: boolean;
    say: (name: string, data?: unknown, id?: string) => void;
  }[] = [];
  const delays: { action: () => void; ms: number; isOver: boolean }[] = [];
  const events: LiveEvent[] = [];
  const log: string[] = [];
  const open = (address: string): Source => {
    const listeners = new Map<string, Listener>();
    const mine = {
      address,
      isOpen: true,
      say: (name: string, data?: unknown, id = '') =>
        listeners.get(name)?.({ data: JSON.stringify(data), lastEventId: id }),
    };
    sources.push(mine);
    return {
      close: () => {
        mine.isOpen = false;
      },
      addEventListener: (name, listener) => void listeners.set(name, listener),
    };
  };
  const stream = createLiveStream({
    open,
    cursor,
    onEvent: (event) => events.push(event),
    onOpen: (isOpen) => log.push(isOpen ? 'open' : 'closed'),
    onUnreadable: (name) => log.push(`unreadable ${name}`),
    random: () => 1,
    delay: (action, ms) => {
      const entry = { action, ms, isOver: false };
      delays.push(entry);
      return () => {
        entry.isOver = true;
      };
    },
  });
  const next = (): number => {
    const entry = delays.findLast((each) => !each.isOver);
    if (entry === undefined) throw new Error('nothing waits');
    entry.isOver = true;
    entry.action();
    return entry.ms;
  };
  return { stream, sources, delays, events, log, next, last: () => sources.at(-1)! };
}

const beat = { at: '2026-03-02T10:00:00Z', build: 'b1' };

describe('the live stream', () => {
  it('hands on parsed events with their cursor', () => {
    const { stream, last, events, log } = world();
    stream.start();
    last().say('open');
    last().say('snapshot', view(), 'c-1');
    last().say('beat', beat);
    expect(log).toEqual(['open']);
    expect(events.map((event) => [event.name, event.id])).toEqual([
      ['snapshot', 'c-1'],
      ['beat', undefined],
    ]);
    expect(LiveEvents.snapshot.safeParse(events[0]?.data).success).toBe(true);
  });

  it('connects again from its cursor after an error, also where a browser gives up', () => {
    const { stream, last, next, sources } = world(() => 'c 1');
    stream.start();
    last().say('error');
    expect(sources[0]?.isOpen).toBe(false);
    next();
    expect(sources.map((source) => source.address)).toEqual([
      '/api/events?after=c%201',
      '/api/events?after=c%201',
    ]);
  });

  it('waits longer from try to try, never more than 3 s, and begins anew after a good event', () => {
    const { stream, last, next } = world();
    stream.start();
    const waits = Array.from({ length: 6 }, () => {
      last().say('error');
      return next();
    });
    expect(waits).toEqual([600, 1200, 2400, 3000, 3000, 3000]);
    last().say('beat', beat);
    last().say('error');
    expect(next()).toBe(600);
  });

  it('spreads reconnects by chance between 0.3 s and 3 s', () => {
    for (let tries = 0; tries < 40; tries++) {
      for (const random of [0, 0.5, 1]) {
        expect(reconnectMs(tries, random)).toBeGreaterThanOrEqual(RECONNECT_MS.min);
        expect(reconnectMs(tries, random)).toBeLessThanOrEqual(RECONNECT_MS.max);
      }
    }
    expect(reconnectMs(3, 0)).not.toBe(reconnectMs(3, 1));
  });

  it('takes an open stream that is silent for three beats for a broken one', () => {
    const { stream, last, next, sources, log } = world();
    stream.start();
    last().say('open');
    expect(next()).toBe(15_000);
    expect(log).toEqual(['open', 'closed']);
    next();
    expect(sources).toHaveLength(2);
  });

  it('connects again when the server drains, and stays away when it signed us out', () => {
    const draining = world();
    draining.stream.start();
    draining.last().say('bye', { reason: 'draining' });
    draining.next();
    expect(draining.sources).toHaveLength(2);
    const out = world();
    out.stream.start();
    out.last().say('bye', { reason: 'signed-out' });
    expect(out.delays.every((delay) => delay.isOver)).toBe(true);
    expect(out.last().isOpen).toBe(false);
  });

  it('hands on nothing that the contract does not allow', () => {
    const { stream, last, events, log } = world();
    stream.start();
    last().say('snapshot', { cursor: 1 });
    expect(events).toEqual([]);
    expect(log).toEqual(['unreadable snapshot', 'closed']);
  });

  it('is deaf to a source that it has left', () => {
    const { stream, sources, next, events } = world();
    stream.start();
    sources[0]!.say('error');
    next();
    sources[0]!.say('beat', beat);
    expect(events).toEqual([]);
    stream.stop();
    sources[1]!.say('beat', beat);
    expect(events).toEqual([]);
  });
});
