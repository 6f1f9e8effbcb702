import { ROLL_ANNOTATIONS, STORAGE_VERSION_ANNOTATION } from 'host-service/contract/control-plane.ts';
import { Digest, GROUP_VERSION, Version } from 'host-service/contract/names.ts';
import { ReleaseObject } from 'host-service/contract/objects.ts';
import type { KnownRelease } from 'host-service/core/plan/observed.ts';
import { Release } from 'host-service/contract/release.ts';
import { recordOf } from 'host-service/core/json.ts';
import { withImage } from 'host-service/core/roll/template.ts';
import { createCluster, type ConnectedCluster } from 'host-service/edges/kubernetes/cluster.ts';
import { loadKubeconfig } from 'host-service/edges/kubernetes/connect/kubeconfig.ts';
import { lookAtWorld } from 'host-service/engine/cycle/look.ts';
import { emptyMemory, type Engine } from 'host-service/engine/engine.ts';
import { ensureAppliance } from 'host-service/engine/report.ts';
import { observeControlPlane } from 'host-service/engine/roll/observe.ts';
import { putBack } from 'host-service/engine/roll/put-back.ts';
import { readRecord } from 'host-service/engine/roll/record.ts';
import { takeRollTurn, type RollOutcome } from 'host-service/engine/roll/turn.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { releaseJson } from '../fixtures/documents.ts';
import { cpDigest, NAMESPACE, partsFor, RollBox } from '../flow/roll-world.ts';
import { eventually } from './kube.ts';
import { startWorld, type World } from './world.ts';

const WAIT = 120_000;
const signal = new AbortController().signal;
const REPOSITORY = 'registry.example.com/vendor/control-plane';

/** The writes of a roll on a real API server with its real Deployment controller; only the kubelet is simulated. */
describe('rolling on a real API server', () => {
  let world: World;
  let cluster: ConnectedCluster;
  /** For its registry in memory. */
  const vendor = new RollBox();

  beforeAll(async () => {
    world = await startWorld({ flux: false, registry: false });
    cluster = createCluster({ auth: loadKubeconfig(world.kubeconfig), userAgent: 'roll-test' });
    const { definitions, rights, settings, deployment } = partsFor('1.0.0');
    for (const object of [...definitions, ...rights, ...settings]) await cluster.apply(object, { signal });
    const spec = recordOf(deployment['spec']);
    const image = `${REPOSITORY}@${cpDigest('0.1.0')}`;
    const template = withImage(recordOf(spec['template']), image, Version.parse('0.1.0'));
    await cluster.apply({ ...deployment, spec: { ...spec, replicas: 1, template } }, { signal });
    await eventually(
      'the first control plane',
      async () => (await seen()).availableReplicas > 0 || undefined,
      WAIT,
    );
    await eventually(
      'our kinds',
      () => cluster.serves(GROUP_VERSION, 'appliances', signal).then((is) => is || undefined),
      WAIT,
    );
    await ensureAppliance(engine('0.1.0', 'any'), signal);
  }, WAIT * 2);
  afterAll(async () => {
    await cluster?.close();
    await world?.stop();
  });

  const seen = async () => {
    const found = await observeControlPlane(cluster, NAMESPACE, signal);
    if (found === undefined) throw new Error('no Deployment');
    return found;
  };
  const engine = (version: string, pod: string): Engine => {
    const bare = vendor.box.engine();
    const clock = {
      ...bare.ports.clock,
      now: () => new Date(),
      monotonic: () => performance.now(),
    };
    const memory = emptyMemory();
    memory.roll.hasCycled = true;
    const identity = { name: pod, version: Version.parse(version), build: version };
    return { ...bare, pod, memory, identity, ports: { ...bare.ports, cluster, clock } };
  };

  /** A release as it is stored, with its build published. */
  function release(version: string, build: string): KnownRelease {
    vendor.publish(version, build);
    const digest = Digest.parse(cpDigest(`release ${version}`));
    const controlPlane = { repository: REPOSITORY, digest: cpDigest(build), version: build, size: 1 };
    const published = vendor.publish(version, build);
    const config = { repository: 'registry.example.com/vendor/config', digest: published.config, size: 1000 };
    const object = ReleaseObject.parse({
      ...{ apiVersion: GROUP_VERSION, kind: 'Release', metadata: { name: version } },
      spec: {
        ...{ digest, version, repository: REPOSITORY, source: 'channel', document: '', signed: true },
        admittedAt: new Date().toISOString(),
      },
    });
    return { object, digest, release: Release.parse(releaseJson({ version, controlPlane, config })) };
  }

  const turn = async (one: Engine, target: KnownRelease): Promise<RollOutcome> => {
    const observed = await lookAtWorld(one, signal);
    return takeRollTurn(one, { observed, target, plan: { kind: 'nothing' } }, signal);
  };
  const podOf = async (build: string): Promise<string | undefined> =>
    (await seen()).pods.find(({ digest, isDeleting }) => digest === cpDigest(build) && !isDeleting)?.name;

  it(
    'B-38 B-59 puts B in beside A, B clears itself, and nothing of it is written twice',
    { timeout: WAIT * 2 },
    async () => {
      const target = release('1.1.0', '0.2.0');
      const first = engine('0.1.0', (await podOf('0.1.0')) ?? 'none');
      // A shows first that it is good itself.
      expect((await turn(first, release('1.0.0', '0.1.0'))).said.roll?.state).toBe('current');
      expect((await readRecord(cluster, NAMESPACE, signal)).lastGood?.version).toBe('0.1.0');
      expect((await turn(first, target)).said.roll?.state).toBe('rolling');
      const put = await seen();
      expect(put).toMatchObject({ digest: cpDigest('0.2.0'), previousDigest: cpDigest('0.1.0') });
      expect(put.probationUntil).toBeInstanceOf(Date);
      await eventually(
        'B alone',
        async () => {
          const state = (await turn(first, target)).said.roll?.state;
          expect(state).toBe('rolling');
          return (await podOf('0.1.0')) === undefined ? true : undefined;
        },
        WAIT,
      );
      const second = engine('0.2.0', (await podOf('0.2.0')) ?? 'none');
      expect((await turn(second, target)).said.roll).toMatchObject({ state: 'current' });
      const done = await seen();
      expect(done).toMatchObject({
        digest: cpDigest('0.2.0'),
        previousDigest: undefined,
        probationUntil: undefined,
      });
      expect(done.templates).toHaveLength(2);
      expect((await readRecord(cluster, NAMESPACE, signal)).lastGood?.version).toBe('0.2.0');
      const appliance = await cluster.get(
        { apiVersion: GROUP_VERSION, kind: 'Appliance', name: 'appliance' },
        signal,
      );
      expect(appliance?.metadata.annotations?.[STORAGE_VERSION_ANNOTATION]).toBe('1');
      const { version } = vendor.box.cluster.store;
      const before = (await world.readAudit()).filter(isWrite).length;
      await turn(second, target);
      expect((await world.readAudit()).filter(isWrite)).toHaveLength(before);
      expect(vendor.box.cluster.store.version).toBe(version);
    },
  );

  it(
    'R-13 puts the whole former template back in one write, and its set is the newest again',
    { timeout: WAIT * 2 },
    async () => {
      const target = release('1.2.0', '0.3.0');
      const two = engine('0.2.0', (await podOf('0.2.0')) ?? 'none');
      const former = (await seen()).templates[0];
      await turn(two, target);
      expect((await seen()).digest).toBe(cpDigest('0.3.0'));
      const reason = { code: 'roll.crashed', detail: 'exit code 1' } as const;
      const input = { failed: Digest.parse(cpDigest('0.3.0')), reason, by: 'guard:box', evidence: undefined };
      const ports = { cluster, namespace: NAMESPACE, clock: two.ports.clock, log: two.ports.log };
      expect(await putBack(ports, input, signal)).toEqual({ kind: 'restored', digest: cpDigest('0.2.0') });
      await eventually(
        'the set of B is the newest',
        async () => ((await seen()).templates[0]?.hash === former?.hash ? true : undefined),
        WAIT,
      );
      const back = await seen();
      expect(back.templates[0]?.template).toEqual(former?.template);
      expect(back).toMatchObject({
        previousDigest: undefined,
        probationUntil: undefined,
        changedBy: 'guard:box',
      });
      const object = await cluster.get(
        { apiVersion: 'apps/v1', kind: 'Deployment', namespace: NAMESPACE, name: 'appliance-control-plane' },
        signal,
      );
      expect(object?.metadata.annotations).not.toHaveProperty(ROLL_ANNOTATIONS.release);
      expect((await turn(two, target)).said.roll).toMatchObject({ state: 'held' });
      expect((await turn(two, target)).said.roll).toMatchObject({ problem: { code: 'roll.quarantined' } });
    },
  );
});

const isWrite = ({ verb, userAgent = '' }: { verb: string; userAgent?: string }): boolean =>
  /^(create|update|patch|delete)$/.test(verb) && userAgent.startsWith('roll-test');
