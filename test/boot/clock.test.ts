import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eachEarly, linesOf, machineTime, program, timeServer, wrongClock } from './support/early.ts';
import type { Machine } from './support/machine.ts';

const isRoot = process.getuid?.() === 0;
/** When the image of the template was made. */
const BUILT = new Date('2026-06-22T00:00:00Z');
const DAY = 86_400;
const seconds = (date: Date): number => date.getTime() / 1000;
let machine: Machine;

eachEarly((made) => {
  machine = made;
});

const kept = (): Promise<string> => readFile(join(machine.root, 'var/lib/appliance/clock'), 'utf8');
const keep = async (text: string): Promise<void> => {
  await machine.inside('mkdir', '-p', join(machine.root, 'var/lib/appliance'));
  await writeFile(join(machine.root, 'var/lib/appliance/clock'), text);
};

describe.skipIf(!isRoot)(isRoot ? 'the clock at boot' : 'the clock at boot (needs root)', () => {
  it('is set forward to the day of the build when its battery is empty (R-33)', async () => {
    await wrongClock(machine, new Date('2018-06-22T00:00:00Z'));
    const run = await machine.boot();
    expect(await machineTime(machine)).toBeGreaterThanOrEqual(seconds(BUILT));
    expect(await machineTime(machine)).toBeLessThan(seconds(BUILT) + 600);
    expect(linesOf(run, 'clock').map(({ detail }) => detail)).toContainEqual(
      expect.stringContaining('set forward'),
    );
    expect(Number(await kept())).toBeGreaterThanOrEqual(seconds(BUILT));
  });

  it('is set forward to the last time that was kept, when that is later', async () => {
    await keep(`${seconds(BUILT) + 100 * DAY}\n`);
    await wrongClock(machine, BUILT);
    await machine.boot();
    expect(await machineTime(machine)).toBeGreaterThanOrEqual(seconds(BUILT) + 100 * DAY);
  });

  it('is never set back, and a time far ahead without proof is used but not kept', async () => {
    const now = seconds(BUILT) + 3000 * DAY;
    await wrongClock(machine, new Date(now * 1000));
    await machine.boot();
    expect(await machineTime(machine)).toBeGreaterThanOrEqual(now);
    await expect(kept()).rejects.toThrow('ENOENT');
  });

  it('is kept as a time server proves it, also when the one kept before was later', async () => {
    await keep(`${seconds(BUILT) + 30 * DAY}\n`);
    await wrongClock(machine, new Date((seconds(BUILT) + 31 * DAY) * 1000));
    const proved = seconds(BUILT) + 10 * DAY;
    await program(
      machine,
      'timedatectl',
      `if [[ $3 == NTP ]]; then echo yes; else date -s @${proved}; echo yes; fi`,
    );
    await machine.boot();
    expect(Number(await kept())).toBeGreaterThanOrEqual(proved);
    expect(Number(await kept())).toBeLessThan(proved + 600);
  });

  it('does not keep a box from starting while no time server answers', async () => {
    await wrongClock(machine, new Date((seconds(BUILT) + DAY) * 1000));
    await timeServer(machine, 'yes', 'no');
    const run = await machine.boot();
    expect(linesOf(run, 'clock').map(({ detail }) => detail)).toContainEqual(
      expect.stringContaining('no time server yet'),
    );
    expect(linesOf(run, 'network')).not.toEqual([]);
  });

  it('is not waited for where somebody has switched time servers off', async () => {
    await wrongClock(machine, new Date((seconds(BUILT) + DAY) * 1000));
    await timeServer(machine, 'no', 'no');
    const run = await machine.boot();
    expect(linesOf(run, 'clock').map(({ detail }) => detail)).toEqual(['done']);
  });

  it('ends the run with boot.clock when it is behind and cannot be set, before anything makes a certificate', async () => {
    await wrongClock(machine, new Date('2018-06-22T00:00:00Z'));
    await writeFile(join(machine.root, 'clock-offset.stuck'), '');
    const run = await machine.boot();
    expect(run.ended).toBe(10);
    expect(run.lines.at(-1)).toMatchObject({ stage: 'clock', level: 'error', code: 'boot.clock' });
    expect(run.text).not.toContain('"stage":"k3s"');
  });

  it.each(['', 'garbage', '-1', '99999999999999999999', '1e9', '12 34', `${seconds(BUILT) + 9000 * DAY}`])(
    'believes no kept time that can be none: %j (R-16)',
    async (text) => {
      await keep(text);
      await wrongClock(machine, new Date((seconds(BUILT) + DAY) * 1000));
      await machine.boot();
      expect(await machineTime(machine)).toBeLessThan(seconds(BUILT) + 2 * DAY);
      expect(Number(await kept())).toBeGreaterThanOrEqual(seconds(BUILT) + DAY);
    },
  );
});
