import { createMetrics, type Metrics } from 'host-service/edges/metrics/metrics.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { ApiWorld, BASE, browserHeaders } from '../flow/api-world.ts';

let metrics: Metrics;
afterEach(() => metrics.close());

describe('the figures', () => {
  it('tell requests by route and status, streams, memory, the event loop and the registry, and no path', async () => {
    let requests = 2;
    const sources = { registry: () => ({ requests, connections: 1 }), isLeader: () => true };
    metrics = createMetrics('build-1', sources);
    const world = new ApiWorld();
    const api = world.api({ meter: metrics });
    const headers = browserHeaders('viewer');
    await api.request(`${BASE}/api/operations/a-private-name`, { headers });
    await api.request(`${BASE}/api/status`, { headers });
    await api.request(`${BASE}/wp-login.php`);
    const stream = await api.request(`${BASE}/api/events`, { headers });
    requests = 3;
    const answer = await api.request(`${BASE}/metrics`, { headers });
    const text = await answer.text();
    await stream.body?.cancel();
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const lines = text.split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'appliance_http_requests_total{route="operation",status="404"} 1',
        'appliance_http_requests_total{route="status",status="200"} 1',
        'appliance_http_requests_total{route="page",status="404"} 1',
        'appliance_event_streams 1',
        'appliance_registry_requests 3',
        'appliance_leader 1',
        'appliance_build_info{build="build-1"} 1',
      ]),
    );
    expect(lines.filter((line) => line.startsWith('appliance_event_loop_delay_seconds{'))).toHaveLength(3);
    expect(Number(/^process_resident_memory_bytes (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(1e6);
    expect(text).not.toMatch(/a-private-name|wp-login/);
    const none = await api.request(`${BASE}/metrics`);
    expect(none.status).toBe(401);
    expect(await (await api.request(`${BASE}/metrics`, { headers })).text()).toContain(
      'appliance_event_streams 0',
    );
  });

  it('of two control planes in one process do not meet', async () => {
    const sources = { registry: () => ({ requests: 0, connections: 0 }), isLeader: () => false };
    metrics = createMetrics('one', sources);
    const other = createMetrics('two', sources);
    expect((await other.text()).text).not.toContain('build="one"');
    other.close();
  });
});
