import { runAgent } from 'host-service/agent/agent.ts';
import { DEFAULT_CONFIG } from 'host-service/agent/config.ts';
import { lateCluster, type OpenCluster } from 'host-service/agent/late-cluster.ts';
import type { AgentParts } from 'host-service/agent/parts.ts';
import type { IdentityState } from 'host-service/agent/ports.ts';
import { Version } from 'host-service/contract/names.ts';
import { HostStatus } from 'host-service/contract/objects.ts';
import { Problem } from 'host-service/contract/problem.ts';
import { describe, expect, it } from 'vitest';
import { hostFiles } from './access-world.ts';
import { Told } from './agent-told.ts';
import { breathe } from './guard-running.ts';
import { GuardWorld, OLD } from './guard-world.ts';

const DAY = 24 * 3_600_000;

interface Running {
  readonly told: Told;
  readonly done: Promise<void>;
  readonly stop: AbortController;
  readonly renewals: boolean[];
}

/** The program of one host in the world, its edges being stand-ins. */
function start(world: GuardWorld, change: Partial<AgentParts> & { open?: () => OpenCluster } = {}): Running {
  const { port, lease } = world.process({ by: 'agent/box' });
  const open = (): OpenCluster => ({ ...port, lease, close: () => Promise.resolve() });
  const told = new Told(10_000);
  const renewals: boolean[] = [];
  const folder = (): AgentParts['state'] => {
    const texts = new Map<string, string>();
    return {
      read: (name) => texts.get(name),
      write: async (name, text) => {
        await Promise.resolve();
        texts.set(name, text);
      },
    };
  };
  const present: IdentityState = {
    user: 'appliance-agent:box',
    notBefore: world.clock.now(),
    notAfter: new Date(world.clock.now().getTime() + 30 * DAY),
  };
  const parts: AgentParts = {
    ...{ config: DEFAULT_CONFIG, node: 'box', version: Version.parse('1.2.3') },
    ...{ clock: world.clock.port, log: world.log, notifier: told },
    cluster: lateCluster(change.open ?? open),
    machine: {
      uptimeMs: () => world.now - world.switchedOnAt,
      facts: () => Promise.resolve({ architecture: 'amd64', values: { bootId: 'b' } }),
      bootProblems: () => [],
      baked: () => undefined,
    },
    ...{ state: folder(), kept: folder(), claim: hostFiles() },
    ...{ time: () => ({ built: 0, isInStep: true }), named: () => 'box' },
    images: {
      list: () => Promise.resolve([]),
      pinned: () => Promise.resolve([]),
      pull: () => Promise.resolve(),
      progress: () => Promise.resolve(undefined),
      pin: () => Promise.resolve(),
      unpin: () => Promise.resolve(),
    },
    identity: {
      present: () => present,
      leadsToTheSame: () => true,
      prepare: () => {
        throw new Problem('internal.bug', 'nothing is due');
      },
    },
    renew: (isRefused) => {
      renewals.push(isRefused);
      return Promise.resolve('kept');
    },
    ...change,
  };
  const stop = new AbortController();
  return { told, renewals, stop, done: runAgent(parts, stop.signal) };
}

async function pass(world: GuardWorld, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    world.tick();
    await breathe();
    world.clock.advance(500);
  }
  await breathe();
}

async function end(world: GuardWorld, { stop, done }: Running): Promise<void> {
  stop.abort();
  await pass(world, 10_000);
  await done;
}

const host = (world: GuardWorld) =>
  HostStatus.safeParse(world.cluster.store.get({ kind: 'Host', name: 'box' })?.['status']).data;

describe('the program on a host', () => {
  it('says READY once the first look has ended, with what it saw, and never before', async () => {
    const world = new GuardWorld();
    world.deploy(OLD);
    for (let second = 0; second < 5; second += 1) world.tick();
    const running = start(world);
    expect(running.told.said.filter((word) => word.startsWith('READY'))).toEqual([]);
    await pass(world, 10_000);
    const words = running.told.said.filter((word) => word !== 'WATCHDOG');
    expect(words[0]).toMatch(/^READY /);
    expect(words.filter((word) => word.startsWith('READY'))).toHaveLength(1);
    expect(words.at(-1)).toBe('STATUS Control plane 1.0.0 serves');
    expect(host(world)?.guard).toMatchObject({ state: 'watching', detail: 'Control plane 1.0.0 serves' });
    await end(world, running);
    expect(running.told.said.at(-1)).toBe('STOPPING Stopping');
  });

  it('is READY without an API server, and says so in one sentence', async () => {
    const world = new GuardWorld();
    world.isApiAway = true;
    const running = start(world);
    await pass(world, 1_000);
    expect(running.told.said).toContain('READY The platform cannot be asked: connection refused');
    await pass(world, 600_000);
    // One who is cut off lives: systemd must not restart it for that.
    expect(running.told.said.filter((word) => word === 'WATCHDOG').length).toBeGreaterThan(50);
    expect(running.told.said.filter((word) => word.includes('Stands still'))).toEqual([]);
    await end(world, running);
  });

  it('agent.identity: without one it says so, asks for it, and takes it up when it is there', async () => {
    const world = new GuardWorld();
    world.deploy(OLD);
    const { port, lease } = world.process({ by: 'agent/box' });
    let isThere = false;
    const running = start(world, {
      open: () => {
        if (!isThere) throw new Problem('config.unreadable', 'kubeconfig is not there');
        return { ...port, lease, close: () => Promise.resolve() };
      },
    });
    await pass(world, 60_000);
    expect(running.told.said.find((word) => word.startsWith('READY'))).toContain('there is none yet');
    expect(running.renewals).toContain(true);
    isThere = true;
    await pass(world, 90_000);
    expect(host(world)?.guard?.state).toBe('watching');
    expect(host(world)?.problems).toEqual([]);
    await end(world, running);
  });

  it('ends as a whole when one of its loops has a fault of ours, so that systemd starts it anew', async () => {
    const world = new GuardWorld();
    world.deploy(OLD);
    const running = start(world, {
      machine: {
        uptimeMs: () => 0,
        facts: () => Promise.reject(new TypeError('this is not a function')),
        bootProblems: () => [],
        baked: () => undefined,
      },
    });
    const failed = expect(running.done).rejects.toThrow('this is not a function');
    await pass(world, 20_000);
    await failed;
    expect(running.told.said).toContain('STOPPING Stopping');
  });

  it('tells a loop’s failure once, with back-off, in the host’s problems, and takes it back', async () => {
    const world = new GuardWorld();
    world.deploy(OLD);
    let isFull = true;
    const running = start(world, {
      state: {
        read: () => '{"trust.keys":"{\\"version\\":1}"}',
        write: () =>
          isFull
            ? Promise.reject(new Problem('config.unreadable', 'floor.json cannot be written (ENOSPC)'))
            : Promise.resolve(),
      },
    });
    world.cluster.store.apply(
      {
        ...{ apiVersion: 'v1', kind: 'ConfigMap' },
        metadata: { name: 'appliance-floor', namespace: 'alga-appliance-control-plane' },
        data: { 'trust.keys': '{"version":2}' },
      },
      'engine',
    );
    await pass(world, 200_000);
    expect(host(world)?.problems).toMatchObject([{ code: 'config.unreadable', subject: 'floor' }]);
    expect(world.said.filter(({ message }) => message === 'could not be done')).toHaveLength(1);
    isFull = false;
    await pass(world, 200_000);
    expect(host(world)?.problems).toEqual([]);
    await end(world, running);
  });

  it('R-33 keeps the time every ten minutes and when it is stopped', async () => {
    const world = new GuardWorld();
    world.deploy(OLD);
    const written: number[] = [];
    const kept = {
      read: () => (written.length === 0 ? undefined : `${written.at(-1)}\n`),
      write: (name: string, text: string) => {
        expect(name).toBe('clock');
        written.push(Number(text) * 1000);
        return Promise.resolve();
      },
    };
    const running = start(world, { kept });
    const began = world.now;
    await pass(world, 1_300_000);
    expect(written).toHaveLength(3);
    await end(world, running);
    expect(written).toHaveLength(4);
    expect(written.at(-1)).toBeGreaterThanOrEqual(began + 1_300_000 - 1_000);
  });

  it('goes on under its first name when the host is renamed, and starts anew when another one is pinned', async () => {
    const world = new GuardWorld();
    world.deploy(OLD);
    let name = 'box';
    const running = start(world, { named: () => name });
    await pass(world, 60_000);
    expect(running.told.said).not.toContain('STOPPING Stopping');
    name = 'box-1';
    await pass(world, 60_000);
    await running.done;
    expect(running.told.said).toContain('STOPPING Stopping');
  });
});
