import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { eventually } from './kube.ts';
import { startWorkloads } from './workloads.ts';
import type { Workloads } from './workloads.ts';
import { startWorld } from './world.ts';
import type { World } from './world.ts';

const SLICES = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';

interface Slice {
  readonly endpoints:
    | readonly { readonly addresses: readonly string[]; readonly conditions: { readonly ready?: boolean } }[]
    | null;
}

// Only root may add the route.
describe.runIf(process.getuid?.() === 0)('a world with routed pod addresses', () => {
  let world: World;
  let workloads: Workloads;

  beforeAll(async () => {
    world = await startWorld({ flux: false, registry: false, podAddresses: 'routed' });
    workloads = startWorkloads(world);
  });

  afterAll(async () => {
    await workloads.stop();
    await world.stop();
  });

  it('has EndpointSlices whose addresses answer', async () => {
    const labels = { app: 'front' };
    const ports = [{ containerPort: 8080 }];
    const template = {
      metadata: { labels },
      spec: { containers: [{ name: 'main', image: 'registry.test/front:1', ports }] },
    };
    await world.kube.apply('/apis/apps/v1/namespaces/default/deployments/front', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'front' },
      spec: { replicas: 2, selector: { matchLabels: labels }, template },
    });
    await world.kube.apply('/api/v1/namespaces/default/services/front', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'front' },
      spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
    });

    const addresses = await eventually('two ready endpoints', async () => {
      const slices = await world.kube.list<Slice>(`${SLICES}?labelSelector=kubernetes.io/service-name=front`);
      const ready = slices
        .flatMap((slice) => slice.endpoints ?? [])
        .filter((endpoint) => endpoint.conditions.ready === true);
      return ready.length === 2 && ready.flatMap((endpoint) => endpoint.addresses).sort();
    });
    const expected = addresses.map((address) => `${address}:8080`);
    await eventually('both listen', async () =>
      Promise.resolve(workloads.listening().join() === expected.join()),
    );
    const answer = await fetch(`http://${expected[0]!}/`);
    expect(await answer.text()).toMatch(/^registry\.test\/front:1 default\/front-/u);
  });
});
