/* eslint no-console: off -- prints its result for parts.ts */
import { runCycle } from 'host-service/engine/cycle.ts';
import { Box } from '../flow/world/box.ts';
import { digestFor } from '../fixtures/documents.ts';
import { median } from './measure.ts';

/**
 * A box in memory with a hundred components that run, and more than a thousand objects: `node --expose-gc cycle-loop.ts CYCLES`. Each cycle asks
 * the channel as well. Prints JSON.
 */
export interface CycleResult {
  readonly objects: number;
  readonly components: number;
  readonly cpuMs: number;
  readonly worstMs: number;
  readonly firstMs: number;
  readonly writes: number;
  readonly memory: readonly { readonly cycle: number; readonly rssMb: number; readonly heapMb: number }[];
}

const COMPONENTS = 100;
const cycles = Number(process.argv[2] ?? '2000');
const box = new Box();
const component = (index: number): Record<string, unknown> => ({
  ...{ kind: 'Deployment', name: `web-${index}`, namespace: 'msp', images: ['web'] },
  ...{ tier: index % 4 === 0 ? 'core' : 'background', title: `Component ${index}` },
});
box.vendor.publish('1.0.0', 'good', {
  components: Array.from({ length: COMPONENTS }, (_, i) => component(i)),
});
const engine = box.engine();
await box.run();
await box.settle(engine);

const { store } = box.cluster;
/** What lies in the same namespaces and has nothing to do with any decision: old ReplicaSets and the pods of others. */
for (let index = 0; store.keys().length < 1_000; index += 1) {
  const kind = index % 2 === 0 ? 'ReplicaSet' : 'Pod';
  const image = `registry.example.com/other@${digestFor('other')}`;
  store.seed({
    apiVersion: kind === 'Pod' ? 'v1' : 'apps/v1',
    kind,
    metadata: { name: `other-${index}`, namespace: 'msp', labels: { app: 'other' } },
    spec: { containers: [{ name: 'main', image }] },
    status: { phase: 'Running' },
  });
}

const mb = (bytes: number): number => Math.round(bytes / 1e5) / 10;
const memory: { cycle: number; rssMb: number; heapMb: number }[] = [];
const times: number[] = [];
const before = box.cluster.audit.length;
for (let cycle = 1; cycle <= cycles; cycle += 1) {
  engine.memory.channel = undefined;
  box.clock.advance(1_100);
  const used = process.cpuUsage();
  const status = await runCycle(engine, box.signal);
  const { user, system } = process.cpuUsage(used);
  times.push((user + system) / 1000);
  if (status.phase !== 'running') throw new Error(JSON.stringify(status.problems));
  if (cycle === 200 || cycle === cycles) {
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    memory.push({ cycle, rssMb: mb(rss), heapMb: mb(heapUsed) });
  }
}
const result: CycleResult = {
  objects: store.keys().length,
  components: COMPONENTS,
  cpuMs: median(times.slice(20)),
  worstMs: Math.max(...times.slice(20)),
  firstMs: times[0] ?? Number.NaN,
  writes: box.cluster.audit.length - before,
  memory,
};
console.log(JSON.stringify(result));
