import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isTrue } from '../world/platform/conditions.ts';
import { Client } from '../world/platform/client.ts';
import { at, textAt, type Thing } from '../world/platform/fields.ts';
import { KINDS } from '../world/platform/machine.ts';
import { startPlatform, type Platform } from '../world/platform/platform.ts';
import { deployment, refTo, templateOf } from '../world/testbed.ts';
import { eventually } from './kube.ts';
import { startWorld, type World } from './world.ts';

/** The stand-ins for workload controllers and node are ordinary clients: a real API server takes all they write. */
describe('the embedded platform at a real API server without controllers', () => {
  let world: World;
  let platform: Platform;
  let kube: Client;
  const refused: string[] = [];

  beforeAll(async () => {
    world = await startWorld({ flux: false, kwok: false, registry: false, controllers: false });
    const kubernetes = { url: world.apiServer, token: world.token, kubeconfig: world.kubeconfig };
    kube = new Client(kubernetes, 'testbed');
    await kube.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'app' } });
    await kube.apply({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace: 'app' },
    });
    platform = await startPlatform({
      kubernetes,
      startMs: 40,
      onFailure: (where, error) =>
        refused.push(`${where}: ${error instanceof Error ? error.message : String(error)}`),
    });
  });

  afterAll(async () => {
    await platform?.stop();
    kube?.close();
    await world?.stop();
  });

  const until = (
    what: string,
    kind: keyof typeof KINDS,
    name: string,
    ask: (object: Thing) => boolean,
  ): Promise<Thing> =>
    eventually(`${what}; refused: ${refused.slice(-5).join('; ')}`, async () => {
      const found = await kube.get(refTo(kind, name));
      return found !== undefined && ask(found) ? found : undefined;
    });

  it('starts, rolls and ends workloads, binds claims and keeps the node ready', async () => {
    await kube.apply({
      ...KINDS.storageClass,
      metadata: { name: 'local' },
      provisioner: 'rancher.io/local-path',
    });
    const claim = {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'local',
      resources: { requests: { storage: '1Gi' } },
    };
    await kube.apply(deployment('app', 'web') as Thing);
    await kube.apply({
      ...KINDS.statefulSet,
      metadata: { name: 'db', namespace: 'app' },
      spec: {
        serviceName: 'db',
        selector: { matchLabels: { app: 'db' } },
        template: templateOf('db'),
        volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: claim }],
      },
    });
    const spec = { ...Object(at(templateOf('once'), 'spec')), restartPolicy: 'OnFailure' } as object;
    await kube.apply({
      ...KINDS.job,
      metadata: { name: 'once', namespace: 'app' },
      spec: { template: { spec } },
    });
    await until('web is available', 'deployment', 'web', (one) => isTrue(one, 'Available'));
    await until('db is ready', 'statefulSet', 'db', (one) => at(one, 'status', 'readyReplicas') === 1);
    await until(
      'its claim is bound',
      'claim',
      'data-db-0',
      (one) => textAt(one, 'status', 'phase') === 'Bound',
    );
    await until('the job is complete', 'job', 'once', (one) => isTrue(one, 'Complete'));
    await kube.apply(deployment('app', 'web', { env: { A: '2' } }) as Thing);
    await until('the change is rolled', 'deployment', 'web', (one) => {
      const isObserved = at(one, 'status', 'observedGeneration') === one.metadata.generation;
      return isObserved && at(one, 'status', 'updatedReplicas') === 1 && isTrue(one, 'Available');
    });
    const node = await kube.get({ ...KINDS.node, name: 'appliance-0' });
    expect(isTrue(node, 'Ready')).toBe(true);
  });

  it.each(['crash', 'image-pull', 'unschedulable'] as const)(
    'shows %s in a form that the API server accepts, and heals',
    async (kind) => {
      const pods = async (): Promise<readonly Thing[]> =>
        (await kube.list(KINDS.pod)).items.filter(({ metadata }) => metadata.labels?.['app'] === 'web');
      platform.setFault({ kind, workload: 'web' });
      await eventually(`not ready; refused: ${refused.slice(-3).join('; ')}`, async () =>
        (await pods()).some((pod) => !isTrue(pod, 'Ready')),
      );
      platform.setFault({ kind: 'none' });
      await eventually(`ready; refused: ${refused.slice(-3).join('; ')}`, async () =>
        (await pods()).every((pod) => isTrue(pod, 'Ready')),
      );
    },
  );

  it('was refused nothing but lost races', () => {
    expect(
      refused.filter(
        (text) => !/the object has been modified|already exists|not found|aborted|ServiceAccount/i.test(text),
      ),
    ).toEqual([]);
  });
});
