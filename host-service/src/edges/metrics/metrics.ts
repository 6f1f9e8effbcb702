import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds. The mission: a status within 20 ms, a change within 300 ms. */
const BUCKETS = [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 1, 3, 10];
const NANOSECONDS = 1e9;

export interface Metrics {
  /** `route` is a name of the table, `page` or `other`: never a path. */
  request(route: string, status: number, durationMs: number): void;
  streams(open: number): void;
  text(): Promise<{ readonly type: string; readonly text: string }>;
  close(): void;
}

/** Counters that live elsewhere and are asked for when somebody looks. */
export interface Sources {
  registry(): { readonly requests: number; readonly connections: number };
  isLeader(): boolean;
}

/** Figures of this process in a registry of their own. */
export function createMetrics(build: string, sources: Sources): Metrics {
  const registers = [new Registry()];
  const [register] = registers as [Registry];
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const requests = new Counter({
    ...{ name: 'appliance_http_requests_total', help: 'Requests by route and status.', registers },
    labelNames: ['route', 'status'],
  });
  const durations = new Histogram({
    ...{ name: 'appliance_http_request_seconds', help: 'Time to the answer by route.', registers },
    ...{ labelNames: ['route'], buckets: BUCKETS },
  });
  const streams = new Gauge({
    ...{ name: 'appliance_event_streams', help: 'Event streams that are open.', registers },
  });
  describeProcess(registers, build, delay);
  describeSources(registers, sources);
  return {
    request: (route, status, durationMs) => {
      requests.inc({ route, status: String(status) });
      durations.observe({ route }, durationMs / 1_000);
    },
    streams: (open) => streams.set(open),
    text: async () => ({ type: register.contentType, text: await register.metrics() }),
    close: () => void delay.disable(),
  };
}

function describeProcess(
  registers: Registry[],
  build: string,
  delay: ReturnType<typeof monitorEventLoopDelay>,
): void {
  new Gauge({
    ...{ name: 'appliance_build_info', help: 'Which build this is.', registers, labelNames: ['build'] },
  }).set({ build }, 1);
  new Gauge({
    ...{ name: 'process_resident_memory_bytes', help: 'Resident memory.', registers },
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    ...{ name: 'process_start_time_seconds', help: 'Start of the process, Unix time.', registers },
    collect() {
      this.set(Math.round(performance.timeOrigin / 1_000));
    },
  });
  new Gauge({
    ...{ name: 'appliance_event_loop_delay_seconds', help: 'Delay of the event loop since the last look.' },
    ...{ registers, labelNames: ['quantile'] },
    collect() {
      for (const quantile of [50, 99, 100])
        this.set({ quantile: String(quantile / 100) }, delay.percentile(quantile) / NANOSECONDS);
      delay.reset();
    },
  });
}

function describeSources(registers: Registry[], sources: Sources): void {
  new Gauge({
    ...{ name: 'appliance_registry_requests', help: 'Requests to registries since the start.', registers },
    collect() {
      this.set(sources.registry().requests);
    },
  });
  new Gauge({
    ...{ name: 'appliance_registry_connections', help: 'Connections to registries since the start.' },
    registers,
    collect() {
      this.set(sources.registry().connections);
    },
  });
  new Gauge({
    ...{ name: 'appliance_leader', help: '1 while this control plane is the one that acts.', registers },
    collect() {
      this.set(sources.isLeader() ? 1 : 0);
    },
  });
}
