/* eslint no-console: off -- prints its result for resolve.ts */
import { Intent } from 'host-service/contract/appliance.ts';
import { reportOf } from 'host-service/cli/resolve-report.ts';
import { unpack } from 'host-service/edges/archive/unpack.ts';
import { readProduct, readTrust } from 'host-service/edges/files/config.ts';
import { createRegistry } from 'host-service/edges/registry/registry.ts';
import { ReleaseObject } from 'host-service/contract/objects.ts';
import type { Registry } from 'host-service/engine/ports.ts';
import { emptyResolveMemory } from 'host-service/engine/resolve-input.ts';
import { resolve } from 'host-service/engine/resolve.ts';
import { knownFrom } from './known.ts';
import { MemoryCluster } from '../fixtures/memory-cluster.ts';
import { median } from './measure.ts';

/**
 * The same work inside a process that runs already, as in the control plane: `node resolve-library.ts PRODUCT TRUST RUNS`. Prints JSON:
 * name -> medians of milliseconds, with requests and connections of one run.
 */
export interface LibraryResult {
  readonly name: string;
  readonly requests: number;
  readonly connections: number;
  readonly wallMs: number;
  readonly cpuMs: number;
}

const [productPath = '', trustPath = '', runsText = '5'] = process.argv.slice(2);
const product = readProduct(productPath);
const trust = readTrust(trustPath);
const runs = Number(runsText);
const { repository, token } = product.release;
const host = repository.slice(0, repository.indexOf('/'));
const signal = new AbortController().signal;
const silent = (): void => undefined;

const open = (hint: boolean): Registry & { close(): Promise<void> } =>
  createRegistry({
    registries: [{ host, mirrors: [], plainHttp: true }],
    token: hint && token !== undefined ? { host, ...token } : undefined,
    unpack,
  });

async function timed(
  name: string,
  act: () => Promise<{ readonly requests: number; readonly connections: number }>,
): Promise<LibraryResult> {
  const wall: number[] = [];
  const cpu: number[] = [];
  let counts = { requests: 0, connections: 0 };
  await act();
  for (let run = 0; run < runs; run += 1) {
    const [startedAt, used] = [performance.now(), process.cpuUsage()];
    counts = await act();
    wall.push(performance.now() - startedAt);
    const { user, system } = process.cpuUsage(used);
    cpu.push((user + system) / 1000);
  }
  return { name, ...counts, wallMs: median(wall), cpuMs: median(cpu) };
}

async function cold(hint: boolean): Promise<{ requests: number; connections: number }> {
  const registry = open(hint);
  try {
    const tag = product.release.channels['stable']?.tag ?? '';
    const named = { repository, reference: tag, channel: 'stable', source: 'channel' } as const;
    const report = await reportOf({ registry, named, trust, product, now: new Date() }, signal);
    if (report.result !== 'resolved') throw new Error(JSON.stringify(report));
    return registry.counters();
  } finally {
    await registry.close();
  }
}

/** The engine's RESOLVE again and again with one client: what each look of a running control plane costs. */
async function warm(): Promise<LibraryResult> {
  const registry = open(true);
  const cluster = new MemoryCluster();
  const memory = emptyResolveMemory();
  const clock = {
    now: () => new Date(),
    monotonic: () => 0,
    sleep: () => Promise.resolve(),
    random: () => 0,
  };
  const ports = {
    ...{ registry, cluster: cluster.port, clock },
    log: { debug: silent, info: silent, warn: silent, error: silent },
  };
  try {
    return await timed('engine, warm (conditional)', async () => {
      const before = registry.counters();
      const releases = knownFrom(cluster.of('Release').map((raw) => ReleaseObject.parse(raw)));
      const input = {
        ...{ product, trust, repository, releases, running: undefined },
        intent: Intent.parse({}),
        namespace: 'alga-appliance-control-plane',
        architecture: 'amd64' as const,
      };
      const { answer } = await resolve(ports, input, memory, signal);
      if (answer.kind !== 'resolved') throw new Error(JSON.stringify(answer));
      const after = registry.counters();
      return {
        requests: after.requests - before.requests,
        connections: after.connections - before.connections,
      };
    });
  } finally {
    await registry.close();
  }
}

const results = [
  await timed('library, cold', () => cold(false)),
  await timed('library, cold, realm known', () => cold(true)),
  await warm(),
];
console.log(JSON.stringify(results));
