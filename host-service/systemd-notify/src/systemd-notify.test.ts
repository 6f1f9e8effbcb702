import { describe, expect, it } from 'vitest';
import { createNotifier, statusLineOf } from './systemd-notify.ts';

describe('a notifier', () => {
  it('does nothing at all where no service manager listens', async () => {
    const troubles: string[] = [];
    const notifier = createNotifier({
      env: { WATCHDOG_USEC: '60000000' },
      program: '/nonexistent/systemd-notify',
      onTrouble: (message) => troubles.push(message),
    });
    await notifier.ready('x');
    await notifier.status('x');
    await notifier.alive();
    await notifier.extend(1);
    await notifier.stopping();
    expect(notifier.watchdogMs).toBeUndefined();
    expect(troubles).toEqual([]);
  });

  it('wants a sign of life in half the watchdog time, and only when it is the one that is watched', () => {
    const env = { NOTIFY_SOCKET: '/run/notify', WATCHDOG_USEC: '60000000', WATCHDOG_PID: '7' };
    expect(createNotifier({ env, pid: 7 }).watchdogMs).toBe(30_000);
    expect(createNotifier({ env, pid: 8 }).watchdogMs).toBeUndefined();
    expect(createNotifier({ env: { ...env, WATCHDOG_PID: undefined }, pid: 8 }).watchdogMs).toBe(30_000);
  });

  it.each(['', '0', '-1', '1e9', 'soon', '60000000 '])('takes WATCHDOG_USEC=%j for no watchdog', (usec) => {
    const env = { NOTIFY_SOCKET: '/run/notify', WATCHDOG_USEC: usec };
    expect(createNotifier({ env }).watchdogMs).toBeUndefined();
  });

  it('is never looked up in PATH', () => {
    expect(() => createNotifier({ env: {}, program: 'systemd-notify' })).toThrow(/absolute/);
  });

  it('reports a program that is missing once, and no call rejects', async () => {
    const troubles: string[] = [];
    const notifier = createNotifier({
      env: { NOTIFY_SOCKET: '/nonexistent/notify' },
      program: '/nonexistent/systemd-notify',
      onTrouble: (message) => troubles.push(message),
    });
    await Promise.all([notifier.ready(), notifier.status('x'), notifier.alive(), notifier.extend(5)]);
    await notifier.stopping();
    expect(troubles).toEqual([expect.stringContaining('/nonexistent/systemd-notify')]);
  });

  it('asks for no time when it is asked for none', async () => {
    const troubles: string[] = [];
    const notifier = createNotifier({
      env: { NOTIFY_SOCKET: '/nonexistent/notify' },
      program: '/nonexistent/systemd-notify',
      onTrouble: (message) => troubles.push(message),
    });
    for (const ms of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) await notifier.extend(ms);
    expect(troubles).toEqual([]);
  });
});

describe('a status line', () => {
  it.each([
    ['two\nlines', 'two lines'],
    ['\u001b[31mred\u0007', '[31mred'],
    ['  spaces \t here  ', 'spaces here'],
    ['right\u202eleft', 'right left'],
    ['half \ud83d', 'half'],
    ['', ''],
  ])('of %j is %j', (text, line) => {
    expect(statusLineOf(text)).toBe(line);
  });

  it('is cut at 256 characters, and says so', () => {
    expect(statusLineOf('a'.repeat(256))).toBe('a'.repeat(256));
    expect(statusLineOf('a'.repeat(100_000))).toBe(`${'a'.repeat(255)}…`);
  });
});
