import type { Observed } from 'host-service/core/plan/observed.ts';
import type { KubeObject } from 'host-service/engine/ports.ts';
import { observe } from 'host-service/engine/observe.ts';
import { describe, expect, it } from 'vitest';
import { makeProduct } from '../fixtures/documents.ts';
import { ManualClock } from './world/clock.ts';
import { appliance, kube, makeProber, ReadOnlyCluster } from './observe-world.ts';
import { NOW, PIN } from './plan-world.ts';

const product = makeProduct({
  secrets: [{ name: 'app', namespace: 'msp', keys: { KEY: { generate: 'hex', bytes: 32 } } }],
});
const OURS = { 'app.kubernetes.io/managed-by': 'appliance' };
const definition = (labels: object): KubeObject =>
  kube('CustomResourceDefinition', 'ocirepositories.source.toolkit.fluxcd.io', undefined, {}, { labels });
const CRD = definition({ 'app.kubernetes.io/version': 'v2.9.4' });

describe('the delivery engine', () => {
  const controller = (version: string, available: boolean, labels: object = {}): KubeObject =>
    kube(
      'Deployment',
      `controller-${version}`,
      'flux-system',
      { status: { conditions: [{ type: 'Available', status: available ? 'True' : 'False' }] } },
      {
        labels: { 'app.kubernetes.io/part-of': 'flux', 'app.kubernetes.io/version': version, ...labels },
      },
    );
  const flux = async (
    objects: readonly KubeObject[],
    served?: readonly string[],
  ): Promise<Observed['flux']> => {
    const cluster = new ReadOnlyCluster([appliance(), ...objects]);
    if (served !== undefined) cluster.served = new Set(served);
    const ports = { cluster: cluster.port, prober: makeProber().port, clock: new ManualClock(NOW).port };
    const parts = { flux: PIN, fluxManifests: [] };
    return (await observe(ports, { product, parts }, new AbortController().signal)).flux;
  };

  it.each<[string, readonly KubeObject[], readonly string[] | undefined, object]>([
    ['is not there', [], [], { present: false, ready: false, version: undefined, ours: false }],
    [
      'runs outside the cluster',
      [CRD],
      undefined,
      { present: true, ready: true, version: '2.9.4', ours: false },
    ],
    ['has its kinds but does not serve them yet', [CRD], [], { present: true, ready: false }],
    [
      'runs',
      [CRD, controller('v2.9.4', true)],
      undefined,
      { ready: true, version: '2.9.4', controllers: new Set(['controller-v2.9.4']) },
    ],
    [
      'restarts',
      [CRD, controller('v2.9.4', false)],
      undefined,
      { present: true, ready: false, detail: 'not available: controller-v2.9.4' },
    ],
    [
      'is being replaced',
      [CRD, controller('v2.8.0', true), controller('v2.9.4', true)],
      undefined,
      { version: undefined },
    ],
    [
      'has a version that makes no sense',
      [definition({ 'app.kubernetes.io/version': 'main' })],
      undefined,
      { version: undefined },
    ],
    ['was installed by us', [definition(OURS)], undefined, { ours: true }],
    [
      'was installed by somebody else',
      [CRD, controller('v2.9.4', true, { 'app.kubernetes.io/managed-by': 'Helm' })],
      undefined,
      { ours: false },
    ],
  ])('%s', async (_, objects, served, wanted) => {
    expect(await flux(objects, served)).toMatchObject(wanted);
  });
});
