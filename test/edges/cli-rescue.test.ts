import { hostname } from 'node:os';
import { CONTROL_PLANE_NAME, ROLL_ANNOTATIONS } from 'host-service/contract/control-plane.ts';
import { GROUP_VERSION } from 'host-service/contract/names.ts';
import type { KubeInput, KubeObject } from 'host-service/engine/ports.ts';
import { readRecord } from 'host-service/engine/roll/record.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NAMESPACE } from '../flow/access-world.ts';
import { deploymentOf, NEW, OLD, templateOf } from '../flow/guard-world.ts';
import { CliWorld, run } from './cli-world.ts';

const never = new AbortController().signal;
const ID = 'the-request-of-this-test';
const APPLIANCE = { apiVersion: GROUP_VERSION, kind: 'Appliance', name: 'appliance' };
const DEPLOYMENT = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  namespace: NAMESPACE,
  name: CONTROL_PLANE_NAME,
};

/** A cluster in which 1.1.0 was put in the place of 1.0.0; nobody moves anything but the command. */
describe('appliance control-plane roll where no control plane is ready', { timeout: 60_000 }, () => {
  let world: CliWorld;
  beforeEach(async () => {
    world = await CliWorld.open();
  }, 60_000);
  afterEach(async () => {
    await world?.close();
  });

  const make = async (object: KubeInput, status?: Record<string, unknown>): Promise<KubeObject> => {
    const made = await world.cluster.create(object, never);
    return status === undefined ? made : world.cluster.replaceStatus({ ...made, status }, never);
  };
  const deployment = async (): Promise<KubeObject | undefined> => world.cluster.get(DEPLOYMENT, never);
  const image = async (): Promise<string> =>
    /@(sha256:[0-9a-f]+)/.exec(JSON.stringify((await deployment())?.['spec']))?.[1] ?? 'none';

  /** The new one, its template, the one before, and a pod of the new one. */
  async function putIn(pod: {
    readonly restarts: number;
    readonly state: object;
    readonly lastState?: object;
  }): Promise<void> {
    const until = new Date(Date.now() + 600_000).toISOString();
    const marks = { [ROLL_ANNOTATIONS.previousDigest]: OLD, [ROLL_ANNOTATIONS.probationUntil]: until };
    const { metadata } = await make(deploymentOf(NEW, marks), { observedGeneration: 1 });
    const owner = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      name: metadata.name,
      uid: metadata.uid,
      controller: true,
    };
    for (const [at, of] of [OLD, NEW].entries()) {
      const template = templateOf(of);
      const labels = { ...template.metadata.labels, 'pod-template-hash': `h${at}` };
      await make({
        ...{ apiVersion: 'apps/v1', kind: 'ReplicaSet' },
        metadata: {
          ...{ name: `${CONTROL_PLANE_NAME}-h${at}`, namespace: NAMESPACE, labels, ownerReferences: [owner] },
          annotations: { 'deployment.kubernetes.io/revision': String(at + 1) },
        },
        spec: { selector: { matchLabels: labels }, template: { ...template, metadata: { labels } } },
      });
    }
    const { metadata: own, spec } = templateOf(NEW);
    const labels = { ...own.labels, 'pod-template-hash': 'h1' };
    const { restarts: restartCount, state, lastState = {} } = pod;
    await make(
      {
        ...{ apiVersion: 'v1', kind: 'Pod', spec },
        metadata: { name: 'the-new-one', namespace: NAMESPACE, labels },
      },
      { containerStatuses: [{ name: 'control-plane', restartCount, state, lastState }] },
    );
  }
  const ended = () => ({
    terminated: { reason: 'Error', exitCode: 1, finishedAt: new Date().toISOString() },
  });
  const crashing = () =>
    putIn({
      restarts: 2,
      state: { waiting: { reason: 'CrashLoopBackOff', message: '' } },
      lastState: ended(),
    });

  const direct = (): readonly string[] => ['--direct', ...found(), '--config', world.config];
  const found = (): readonly string[] => ['--kubeconfig', world.kubernetes.kubeconfig];

  it('R-13 a person puts the one before back on evidence, with its whole template, and is told so', async () => {
    await crashing();
    const { exit, out } = await run('control-plane', 'roll', ...direct());
    expect(exit).toBe(5);
    expect(out.trimEnd().split('\n').at(-1)).toMatch(/^rolled back: control plane 1\.0\.0 runs/);
    expect(await image()).toBe(OLD);
    expect((await deployment())?.['spec']).toMatchObject({ template: { spec: templateOf(OLD).spec } });
    const { failed } = await readRecord(world.cluster, NAMESPACE, never);
    expect(failed).toMatchObject([
      {
        digest: NEW,
        version: '1.1.0',
        quarantined: true,
        by: `cli:${hostname()}`,
        reason: { code: 'roll.crashed' },
      },
    ]);
  });

  it('B-54 the start of the box does the same in its own name, as one word for the boot script', async () => {
    await crashing();
    const ran = await run('control-plane', 'roll', '--as', 'boot/box-1', ...found(), '--json');
    expect(ran.exit).toBe(5);
    expect(JSON.parse(ran.out)).toMatchObject({ outcome: 'rolled-back', version: '1.0.0', digest: OLD });
    const { failed } = await readRecord(world.cluster, NAMESPACE, never);
    expect(failed).toMatchObject([{ digest: NEW, by: 'boot:box-1' }]);
    const lease = await world.cluster.lease.read('appliance-guard', NAMESPACE, never);
    expect(lease?.holder, 'the Lease of the guards is free again').toBe('');
  });

  it('without one of these ways nothing is touched: only asked for, and 75', async () => {
    await crashing();
    const before = await deployment();
    expect(await run('control-plane', 'roll', ...found(), '--timeout', '1.5')).toMatchObject({ exit: 75 });
    expect(await deployment()).toEqual(before);
  });

  it('B-53 puts nothing back without evidence: a control plane that is still starting is waited for', async () => {
    await putIn({ restarts: 0, state: { running: { startedAt: new Date().toISOString() } } });
    const before = await deployment();
    for (const way of [direct(), ['--as', 'boot/box-1', ...found()]]) {
      const ran = await run('control-plane', 'roll', ...way, '--timeout', '2');
      expect(ran).toMatchObject({ exit: 75, out: '' });
      expect(ran.err).toContain('No control plane answers');
    }
    expect(await deployment()).toEqual(before);
    expect((await readRecord(world.cluster, NAMESPACE, never)).failed).toEqual([]);
  });

  it('leaves a control plane that serves to itself: asks it, and believes its word', async () => {
    await crashing();
    const origin = new URL(await world.serve());
    await make({
      ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4' },
      metadata: {
        ...{ name: 'slice', namespace: NAMESPACE },
        labels: {
          'kubernetes.io/service-name': CONTROL_PLANE_NAME,
          'app.kubernetes.io/name': CONTROL_PLANE_NAME,
        },
      },
      endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
      ports: [{ name: 'http', port: Number(origin.port) }],
    });
    // Restarts in probation are evidence although it serves: this one has none.
    const pod = await world.cluster.get(
      { apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE, name: 'the-new-one' },
      never,
    );
    await world.cluster.replaceStatus({ ...(pod as KubeObject), status: {} }, never);
    const before = await deployment();
    const asking = run('control-plane', 'roll', '--as', 'boot/box-1', ...found(), '--request-id', ID);
    await takeUp();
    expect(await asking).toMatchObject({ exit: 0, out: expect.stringMatching(/^current: /) as string });
    expect(await deployment()).toEqual(before);
  });

  /** What an engine says that has taken the request up and has nothing to do. */
  async function takeUp(): Promise<void> {
    for (;;) {
      const found = await world.cluster.get(APPLIANCE, never);
      const { requests = [] } = Object(found?.['spec']) as { requests?: readonly { id: string }[] };
      if (found !== undefined && requests.some(({ id }) => id === ID)) {
        const status = Object(found['status']) as { controlPlane: object };
        const roll = { state: 'current', detail: 'It is the one that the release names.' };
        const controlPlane = { ...status.controlPlane, digest: NEW, roll };
        const said = { ...status, channel: undefined, handledRequests: [ID], controlPlane };
        await world.cluster.replaceStatus({ ...found, status: said }, never);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  it('status --direct says what the cluster shows, because what is stored may be the word of one that is gone', async () => {
    await crashing();
    const { exit, out } = await run('control-plane', 'status', ...direct());
    expect(exit).toBe(0);
    for (const words of [
      `control-plane@${NEW}`,
      '0 of 1',
      OLD,
      'CrashLoopBackOff',
      '2 restarts',
      'exit code 1',
    ])
      expect(out).toContain(words);
    const { out: json } = await run('control-plane', 'status', ...direct(), '--json');
    expect(JSON.parse(json)).toMatchObject({
      cluster: { digest: NEW, previousDigest: OLD },
      record: { failed: [] },
    });
  });

  it('refuses a name that is none, and one that could not act', async () => {
    for (const argv of [
      ['--as', 'box-1', ...found()],
      ['--as', 'boot/', ...found()],
    ])
      expect(await run('control-plane', 'roll', ...argv)).toMatchObject({ exit: 2 });
    const password = ['--api', 'http://127.0.0.1:9', ...world.as('ada')];
    expect(await run('control-plane', 'roll', '--as', 'boot/box-1', ...password)).toMatchObject({ exit: 2 });
  });
});
