import { runGuard } from 'host-service/engine/guard/loop.ts';
import type { BakedControlPlane, GuardReport } from 'host-service/engine/guard/ports.ts';
import { NAMESPACE, type GuardWorld } from './guard-world.ts';
import { Killed, type ClientOptions } from './world/cluster.ts';

/** The guard of one host, running. */
export class RunningGuard {
  readonly reports: GuardReport[] = [];
  readonly writes: () => number;
  isDead = false;
  private readonly stopped = new AbortController();
  private readonly done: Promise<void>;

  constructor(
    world: GuardWorld,
    node: string,
    options: Partial<ClientOptions> & { baked?: BakedControlPlane } = {},
  ) {
    const { baked, ...client } = options;
    const { port, lease, writes } = world.process({ by: `guard/${node}`, ...client });
    this.writes = writes;
    const guard = {
      ...{ cluster: port, lease, clock: world.clock.port, log: world.log, namespace: NAMESPACE, node },
      uptimeMs: () => world.now - world.switchedOnAt,
      baked: () => baked,
    };
    // A process that was killed says nothing any more.
    const tell = (report: GuardReport): void => {
      if (/was killed at write|is dead/.test(report.detail)) this.kill();
      else this.reports.push(report);
    };
    this.done = runGuard(guard, tell, this.stopped.signal).catch((error: unknown) => {
      if (!(error instanceof Killed)) throw error;
    });
  }

  get last(): GuardReport | undefined {
    return this.reports.at(-1);
  }

  kill(): void {
    this.isDead = true;
    this.stopped.abort();
  }

  async stop(world: GuardWorld): Promise<void> {
    this.stopped.abort();
    for (let turn = 0; turn < 10; turn += 1) {
      await breathe();
      world.clock.advance(5_000);
    }
    await this.done;
  }
}

export const breathe = async (): Promise<void> => {
  for (let turn = 0; turn < 15; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** Lets time pass in the world. */
export async function pass(world: GuardWorld, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    world.tick();
    await breathe();
    world.clock.advance(500);
  }
  world.tick();
  await breathe();
}

/** Time passes until it is so. */
export async function until(world: GuardWorld, isSo: () => boolean, limitMs = 300_000): Promise<number> {
  const from = world.now;
  while (!isSo()) {
    if (world.now - from > limitMs)
      throw new Error(`it never came to be: ${JSON.stringify(world.said.slice(-5))}`);
    await pass(world, 500);
  }
  return world.now - from;
}
