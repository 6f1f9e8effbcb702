import { execFile } from 'node:child_process';
import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { createNotifier } from '../src/systemd-notify.ts';
import { Receiver, UNABLE } from './receiver.ts';

const run = promisify(execFile);
const why = UNABLE === undefined ? '' : ` (skipped: ${UNABLE})`;
const isRoot = process.getuid?.() === 0;
const whyUser = UNABLE !== undefined ? why : isRoot ? '' : ' (skipped: needs root to become another user)';
const NOBODY = 65534;

describe.skipIf(UNABLE !== undefined)(`what a service says, heard on a real notify socket${why}`, () => {
  const stops: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  async function listen(...args: Parameters<typeof Receiver.start>): Promise<Receiver> {
    const receiver = await Receiver.start(...args);
    stops.push(() => receiver.stop());
    return receiver;
  }

  it('is heard word for word and in order', async () => {
    const receiver = await listen();
    const notifier = createNotifier({ env: { NOTIFY_SOCKET: receiver.socket } });
    await notifier.status('looking');
    await notifier.ready('sees 3 pods');
    await notifier.alive();
    await notifier.extend(1500);
    await notifier.stopping('asked to stop');
    expect(receiver.datagrams.map(({ words }) => words)).toEqual([
      ['STATUS=looking'],
      ['READY=1', 'STATUS=sees 3 pods'],
      ['WATCHDOG=1'],
      ['EXTEND_TIMEOUT_USEC=1500000'],
      ['STOPPING=1', 'STATUS=asked to stop'],
    ]);
  });

  it('has been handled when the call resolves: each message is followed by a barrier', async () => {
    const receiver = await listen();
    const notifier = createNotifier({ env: { NOTIFY_SOCKET: receiver.socket } });
    await notifier.ready();
    await notifier.alive();
    expect(receiver.barriers).toBe(2);
  });

  it('says READY once, however often it is asked', async () => {
    const receiver = await listen();
    const notifier = createNotifier({ env: { NOTIFY_SOCKET: receiver.socket } });
    await Promise.all([notifier.ready(), notifier.ready()]);
    await notifier.ready('again');
    await notifier.alive();
    expect(receiver.datagrams.map(({ words }) => words)).toEqual([['READY=1'], ['WATCHDOG=1']]);
  });

  it('finds a socket with an abstract name', async () => {
    const receiver = await listen('abstract');
    await createNotifier({ env: { NOTIFY_SOCKET: receiver.socket } }).ready();
    expect(receiver.datagrams).toHaveLength(1);
  });

  it('cannot be made to say a second word by what a status contains', async () => {
    const receiver = await listen();
    const notifier = createNotifier({ env: { NOTIFY_SOCKET: receiver.socket } });
    await notifier.status('down\nWATCHDOG=trigger\r\nMAINPID=1\u2028STOPPING=1\0');
    await notifier.status(`${'\u{1F600}'.repeat(300)}\nREADY=1`);
    const [first, second] = receiver.datagrams;
    expect(first?.words).toEqual(['STATUS=down WATCHDOG=trigger MAINPID=1 STOPPING=1']);
    expect(second?.words).toHaveLength(1);
    expect(Array.from(second?.words[0] ?? '')).toHaveLength('STATUS='.length + 256);
  });

  it('keeps no backlog: of many that wait the newest is sent', async () => {
    const receiver = await listen();
    const notifier = createNotifier({ env: { NOTIFY_SOCKET: receiver.socket } });
    const all = Array.from({ length: 200 }, (_, index) => notifier.status(`look ${index + 1}`));
    await Promise.all(all);
    const said = receiver.datagrams.map(({ words }) => words[0]);
    expect(said[0]).toBe('STATUS=look 1');
    expect(said.at(-1)).toBe('STATUS=look 200');
    expect(said.length).toBeLessThan(5);
  });

  it('reports a listener that has gone once, never throws, and makes up for a READY nobody heard', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'appliance-notify-'));
    stops.push(() => rm(folder, { recursive: true, force: true }));
    const receiver = await listen('abstract');
    const troubles: string[] = [];
    const program = join(folder, 'systemd-notify');
    const notifier = createNotifier({
      env: { NOTIFY_SOCKET: receiver.socket },
      program,
      onTrouble: (message) => troubles.push(message),
    });
    await notifier.ready('first');
    await notifier.alive();
    await notifier.status('still here');
    expect(troubles).toHaveLength(1);
    expect(troubles[0]).toContain(program);
    await writeFile(program, '#!/bin/sh\nexec /usr/bin/systemd-notify "$@"\n', { mode: 0o755 });
    await notifier.alive();
    await notifier.alive();
    expect(receiver.datagrams.map(({ words }) => words)).toEqual([['READY=1', 'WATCHDOG=1'], ['WATCHDOG=1']]);
    await rm(program);
    await notifier.alive();
    expect(troubles).toHaveLength(2);
  });

  it('outlives a listener that never answers a barrier', { timeout: 60_000 }, async () => {
    const receiver = await listen('path', '--hold');
    const troubles: string[] = [];
    const notifier = createNotifier({
      env: { NOTIFY_SOCKET: receiver.socket },
      onTrouble: (message) => troubles.push(message),
    });
    await notifier.alive();
    expect(receiver.datagrams[0]?.words).toEqual(['WATCHDOG=1']);
    expect(troubles).toHaveLength(1);
  });

  it.skipIf(whyUser !== '')(
    `comes from a PID of its own when the service has no rights, so the unit needs NotifyAccess=all${whyUser}`,
    { timeout: 60_000 },
    async () => {
      const receiver = await listen();
      const folder = await mkdtemp(join(tmpdir(), 'appliance-notify-'));
      stops.push(() => rm(folder, { recursive: true, force: true }));
      await chmod(folder, 0o755);
      await cp(fileURLToPath(new URL('../src', import.meta.url)), folder, { recursive: true });
      await cp(process.execPath, join(folder, 'node'));
      await writeFile(
        join(folder, 'service.ts'),
        `import { createNotifier } from './systemd-notify.ts';
         await createNotifier({ env: process.env }).ready(String(process.pid));`,
      );
      const env = { NOTIFY_SOCKET: receiver.socket };
      await run(join(folder, 'node'), [join(folder, 'service.ts')], {
        env,
        uid: NOBODY,
        gid: NOBODY,
        cwd: '/',
      });
      await run(join(folder, 'node'), [join(folder, 'service.ts')], { env, cwd: '/' });
      const [plain, root] = await receiver.received(2);
      const statusOf = (words: readonly string[] | undefined): string | undefined => words?.[1];
      expect(plain?.uid).toBe(NOBODY);
      expect(statusOf(plain?.words)).not.toBe(`STATUS=${plain?.pid}`);
      // Root may name its parent in the credentials; then the message is the service's own.
      expect(statusOf(root?.words)).toBe(`STATUS=${root?.pid}`);
    },
  );
});
