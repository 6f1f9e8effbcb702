import { join } from 'node:path';
import { HostStatus } from 'host-service/contract/objects.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentBox, eventually } from './agent-box.ts';

const PROGRAM = join(import.meta.dirname, 'agent-told-program.ts');

let box: AgentBox;
beforeEach(async () => {
  box = await AgentBox.open();
});
afterEach(() => box.close());

describe('the program on a host, whose event loop stands still', () => {
  it('gives no sign of life meanwhile, so that systemd starts it anew, and tells afterwards how late it was', async () => {
    const agent = box.start([await box.config()], PROGRAM);
    const words = (): readonly (readonly [number, string])[] =>
      [...agent.output.matchAll(/^(\d+) (\S+)/gm)].map(([, ms, word]) => [Number(ms), word ?? '']);
    const count = (word: string): number => words().filter(([, said]) => said === word).length;
    await eventually('READY and signs of life', async () =>
      Promise.resolve(count('READY') === 1 && count('WATCHDOG') > 3),
    );
    agent.send('SIGUSR2');
    await eventually('that it is free again', async () => Promise.resolve(count('free') === 1));
    const [from, to] = ['blocked', 'free'].map((word) => words().findIndex(([, said]) => said === word));
    expect((to ?? 0) - (from ?? 0)).toBe(1);
    const alive = (): readonly number[] => words().flatMap(([ms, word]) => (word === 'WATCHDOG' ? ms : []));
    const { length } = alive();
    await eventually('the next sign of life', async () => Promise.resolve(alive().length > length));
    const gaps = alive()
      .slice(1)
      .map((ms, index) => ms - (alive()[index] ?? 0));
    expect(Math.max(...gaps)).toBeGreaterThan(2_500);
    await eventually('how late it was', async () => {
      const status = HostStatus.safeParse((await box.host())?.['status']).data;
      return Number(status?.facts['eventLoopLateMs'] ?? 0) > 2_000;
    });
    await agent.stop();
    expect(words().at(-1)?.[1]).toBe('STOPPING');
  }, 60_000);
});
