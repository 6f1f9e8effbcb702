import {
  CONTRACT_LABEL,
  ROLL_ANNOTATIONS,
  STORAGE_VERSION_ANNOTATION,
} from 'host-service/contract/control-plane.ts';
import type { Digest } from 'host-service/contract/names.ts';
import { Problem } from 'host-service/contract/problem.ts';
import { recordOf } from 'host-service/core/json.ts';
import { putBack } from 'host-service/engine/roll/put-back.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { cpDigest, NAMESPACE, offer, runningBox, type RollBox } from './roll-world.ts';

let before: RollBox;
beforeAll(async () => {
  before = await runningBox();
});

const rulesOf = (world: RollBox): string =>
  JSON.stringify(world.box.cluster.must('ClusterRole', 'appliance-control-plane')['rules']);

/** A bundle whose program needs one right more, and not the one to read nodes. */
function otherRights(files: Map<string, Uint8Array>): void {
  const path = 'control-plane/rbac.yaml';
  const text = new TextDecoder().decode(files.get(path));
  const more = '  - apiGroups:\n      - ""\n    resources:\n      - events\n    verbs:\n      - create\n';
  const changed = text.replace('      - nodes\n', '      - limitranges\n');
  files.set(path, Buffer.from(changed.replace('\nrules:\n', `\nrules:\n${more}`)));
}

describe('rolling the control plane', () => {
  it('leaves a box alone whose control plane is the one of its release, and remembers it as good', () => {
    expect(before.deployed()).toBe('0.1.0');
    expect(before.rolls()).toEqual([]);
    expect(before.record().lastGood).toMatchObject({ digest: cpDigest('0.1.0'), version: '0.1.0' });
    expect(before.box.status()?.controlPlane).toMatchObject({
      digest: cpDigest('0.1.0'),
      roll: { state: 'current' },
    });
    const appliance = before.box.cluster.must('Appliance', 'appliance');
    expect(appliance.metadata.annotations?.[STORAGE_VERSION_ANNOTATION]).toBe('1');
  });

  it('B-59 goes from A to B before the application, and B says itself that it is done', async () => {
    const world = before.fork();
    const next = offer(world, '0.2.0');
    const status = await world.settle();
    expect(world.deployed()).toBe('0.2.0');
    expect(world.running()).toEqual(['0.2.0']);
    expect(world.outcomes()).toEqual(['0.2.0 succeeded']);
    expect(world.record()).toMatchObject({
      lastGood: { digest: cpDigest('0.2.0'), version: '0.2.0', release: next.digest },
      failed: [],
    });
    const { annotations = {} } = world.deployment().metadata;
    expect(annotations[ROLL_ANNOTATIONS.previousDigest]).toBeUndefined();
    expect(annotations[ROLL_ANNOTATIONS.probationUntil]).toBeUndefined();
    expect(annotations[ROLL_ANNOTATIONS.release]).toBe(next.digest);
    expect(status.controlPlane).toMatchObject({ version: '0.2.0', roll: { state: 'current' } });
    expect(status.running?.version).toBe('1.1.0');
    const order = world.box.operations().map(({ spec, metadata }) => [spec.verb, metadata.creationTimestamp]);
    const at = (verb: string): string => String(order.find(([name]) => name === verb)?.[1]);
    expect(at('roll') < at('update')).toBe(true);
  });

  it('marks the Deployment while it rolls: where from, until when, by whom', async () => {
    const world = before.fork();
    offer(world, '0.2.0');
    await world.seconds(6);
    const { annotations = {} } = world.deployment().metadata;
    expect(annotations[ROLL_ANNOTATIONS.previousDigest]).toBe(cpDigest('0.1.0'));
    expect(annotations[ROLL_ANNOTATIONS.changedBy]).toMatch(/^engine:appliance-control-plane-/);
    const until = Date.parse(annotations[ROLL_ANNOTATIONS.probationUntil] ?? '');
    expect(until - world.box.clock.now().getTime()).toBeGreaterThan(9 * 60_000);
    expect(world.running()).toEqual(['0.1.0', '0.2.0']);
    const since = world.rolls()[0]?.status?.startedAt;
    expect(since).toBeDefined();
    expect(world.box.status()?.controlPlane.roll).toMatchObject({
      ...{ state: 'rolling', since },
      wanted: { version: '0.2.0', digest: cpDigest('0.2.0') },
    });
    const status = await world.settle();
    expect(status.controlPlane.roll?.since).toBeUndefined();
  });

  it('B-72 brings its own description of the product under a name that leaves the old one where it is', async () => {
    const world = before.fork();
    offer(world, '0.2.0');
    await world.settle();
    const product = world.box.cluster.must('ConfigMap', 'appliance-product-1.1.0', NAMESPACE);
    expect(recordOf(product['data'])['product.yaml']).toContain('appliance.product/v1');
    expect(JSON.stringify(world.deployment()['spec'])).toContain('appliance-product-1.1.0');
    world.box.cluster.must('ConfigMap', 'appliance-control-plane-config-1.1.0', NAMESPACE);
  });

  it('B-38 B-59 gives both builds their rights while they run side by side, and the exact ones afterwards', async () => {
    const world = before.fork();
    offer(world, '0.2.0', { files: otherRights });
    await world.seconds(6);
    for (const right of ['events', 'limitranges', 'nodes']) expect(rulesOf(world)).toContain(`"${right}"`);
    await world.settle();
    expect(rulesOf(world)).toContain('"events"');
    expect(rulesOf(world)).toContain('"limitranges"');
    expect(rulesOf(world)).not.toContain('"nodes"');
  });

  it('B-38 takes the rights back that only a build needed which was put back', async () => {
    const world = before.fork();
    const own = rulesOf(world);
    offer(world, '0.2.0', { files: otherRights, behaviour: 'crash' });
    await world.settle();
    expect(world.outcomes()).toEqual(['0.2.0 failed']);
    expect(JSON.parse(rulesOf(world))).toEqual(JSON.parse(own));
  });

  it('B-38 takes them back as well when the guard was quicker', async () => {
    const world = before.fork();
    const own = rulesOf(world);
    offer(world, '0.2.0', { files: otherRights, behaviour: 'never-ready' });
    await world.seconds(6);
    expect(rulesOf(world)).toContain('"events"');
    const { port } = world.box.cluster.client({ by: 'guard' });
    const ports = {
      cluster: port,
      namespace: NAMESPACE,
      clock: world.box.clock.port,
      log: world.box.engine().ports.log,
    };
    const reason = { code: 'roll.never-ready', detail: 'it is so' } as const;
    const failing = { failed: cpDigest('0.2.0') as Digest, reason, by: 'guard:box', evidence: undefined };
    await putBack(ports, failing, world.box.signal);
    await world.settle();
    expect(world.deployed()).toBe('0.1.0');
    expect(JSON.parse(rulesOf(world))).toEqual(JSON.parse(own));
  });

  it('R-15 writes to no namespace but its own, and restarts nothing of the application', async () => {
    const world = before.fork();
    const { store, audit } = world.box.cluster;
    const generation = (): number | undefined =>
      store.get({ kind: 'Deployment', namespace: 'msp', name: 'web' })?.metadata.generation;
    const generationBefore = generation();
    audit.length = 0;
    offer(world, '0.2.0');
    const hasUpdate = (): boolean => world.box.operations().some(({ spec }) => spec.verb === 'update');
    for (let passed = 0; passed < 120 && !hasUpdate(); passed += 1) {
      expect(generation()).toBe(generationBefore);
      await world.second();
    }
    expect(world.outcomes()).toEqual(['0.2.0 succeeded']);
    const update = audit.findIndex(({ key, verb }) => verb === 'create' && key.includes('-update-'));
    expect(update).toBeGreaterThan(20);
    const writes = audit.slice(0, update).map(({ key }) => key.split(/[ /]/));
    expect(new Set(writes.map(([, namespace]) => namespace))).toEqual(new Set(['', NAMESPACE]));
    expect(writes.map(([kind]) => kind)).not.toContain('OCIRepository');
  });

  it('R-15 lets an operation of the application come to its end first', async () => {
    const world = before.fork();
    const { images } = world.box.vendor.registry;
    const next = world.publish('1.1.0', '0.2.0');
    world.box.vendor.behaviour.set(next.image, 'slow');
    const facts = images.get(cpDigest('0.2.0'));
    images.delete(cpDigest('0.2.0'));
    world.box.request('check-now', 'check-slow-1');
    await world.seconds(8);
    expect(world.box.open()?.spec.verb).toBe('update');
    if (facts !== undefined) images.set(cpDigest('0.2.0'), facts);
    await world.seconds(60);
    expect(world.rolls()).toEqual([]);
    expect(world.box.status()?.controlPlane.roll).toMatchObject({
      state: 'held',
      wanted: { version: '0.2.0' },
    });
    world.box.vendor.behaviour.set(next.image, 'good');
    const status = await world.settle();
    expect(status.running?.version).toBe('1.1.0');
    expect(world.outcomes()).toEqual(['0.2.0 succeeded']);
  });
});

describe('what is no reason to roll', () => {
  it.each([
    ['an older version', '0.0.9', undefined],
    ['the same version of another digest', '0.1.0', cpDigest('another 0.1.0')],
  ])('B-53 %s never comes by a channel', async (_what, build, digest) => {
    const world = before.fork();
    offer(world, build, digest === undefined ? {} : { digest });
    const status = await world.settle();
    expect(world.rolls()).toEqual([]);
    expect(world.platform.pods()).toHaveLength(1);
    expect(status.running?.version).toBe('1.1.0');
    expect(status.controlPlane.roll?.state).toBe('current');
  });

  it.each([
    ['without the label (an old program of the predecessor)', {}, ['amd64'], 'roll.not-accepted'],
    ['of a kind that is two ahead', { [CONTRACT_LABEL]: '3' }, ['amd64'], 'roll.not-accepted'],
    ['with a label that is no number', { [CONTRACT_LABEL]: 'v1' }, ['amd64'], 'roll.not-accepted'],
    ['for another processor', { [CONTRACT_LABEL]: '1' }, ['arm64'], 'roll.wrong-architecture'],
  ])('B-53 an image %s is refused before anything is touched', async (_what, labels, architectures, code) => {
    const world = before.fork();
    offer(world, '9.9.9', { labels, architectures });
    const status = await world.settle();
    expect(world.rolls()).toEqual([]);
    expect(world.running()).toEqual(['0.1.0']);
    expect(status.controlPlane.roll).toMatchObject({ state: 'held', problem: { code } });
    // The application stays installable (design §4).
    expect(status.running?.version).toBe('1.1.0');
  });

  it('B-53 a registry that is away holds the roll, says so, and goes on when it is back', async () => {
    const world = before.fork();
    const { registry } = world.box.vendor;
    offer(world, '0.2.0');
    const facts = registry.images.get(cpDigest('0.2.0'));
    registry.images.delete(cpDigest('0.2.0'));
    const waiting = await world.settle();
    expect(waiting.controlPlane.roll).toMatchObject({
      state: 'held',
      problem: { code: 'registry.not-found' },
    });
    expect(world.running()).toEqual(['0.1.0']);
    if (facts !== undefined) registry.images.set(cpDigest('0.2.0'), facts);
    await world.seconds(40);
    const status = await world.settle();
    expect(status.controlPlane.version).toBe('0.2.0');
  });

  it('B-53 a box that starts with its registry away keeps the control plane that it has', async () => {
    const world = before.fork();
    world.box.vendor.registry.away = { code: 'registry.connect', detail: 'no route' };
    try {
      const status = await world.settle();
      expect(world.rolls()).toEqual([]);
      expect(world.running()).toEqual(['0.1.0']);
      expect(status.controlPlane.roll?.state).toBe('current');
    } finally {
      world.box.vendor.registry.away = undefined;
    }
  });

  it('a hold of a person holds the control plane as well', async () => {
    const world = before.fork();
    world.box.intent({ hold: true });
    const held = offer(world, '0.2.0');
    world.box.intent({ pin: held.version });
    const status = await world.settle();
    expect(world.rolls()).toEqual([]);
    expect(status.controlPlane.roll?.state).not.toBe('rolling');
    world.box.intent({ hold: false });
    await world.settle();
    expect(world.outcomes()).toEqual(['0.2.0 succeeded']);
  });

  it('a bundle that reaches into another namespace is refused, and the application is none the worse', async () => {
    const world = before.fork();
    offer(world, '0.2.0', {
      files: (files) =>
        files.set(
          'control-plane/other.yaml',
          Buffer.from(
            JSON.stringify({
              apiVersion: 'v1',
              kind: 'ConfigMap',
              metadata: { name: 'x', namespace: 'msp' },
            }),
          ),
        ),
    });
    const status = await world.settle();
    expect(status.controlPlane.roll).toMatchObject({
      state: 'held',
      problem: { code: 'release.bundle-invalid' },
    });
    expect(status.running?.version).toBe('1.1.0');
  });
});

describe('a release that needs a newer control plane', () => {
  const over = { requires: { controlPlane: '>=0.2.0' } };

  it('R24 waits until its own has been put in, then goes on by itself', async () => {
    const world = before.fork();
    offer(world, '0.2.0', { over });
    await world.seconds(10);
    expect(world.box.open()?.spec.verb).toBe('roll');
    expect(world.box.status()?.problems.map(({ code }) => code)).toContain('release.requires-control-plane');
    const status = await world.settle();
    expect(status.running?.version).toBe('1.1.0');
    expect(world.outcomes()).toEqual(['0.2.0 succeeded']);
  });

  it('is refused when its own has failed here or would not do', async () => {
    for (const options of [
      { behaviour: 'crash', over } as const,
      { over: { requires: { controlPlane: '>=3.0.0' } } },
    ]) {
      const world = before.fork();
      offer(world, '0.2.0', options);
      const status = await world.settle();
      expect(status.running?.version).toBe('1.0.0');
      expect(world.running()).toEqual(['0.1.0']);
      expect(status.problems.map(({ code }) => code)).toContain('release.requires-control-plane');
    }
  });
});

describe('objects that the platform refuses', () => {
  it('end the roll before what runs is touched', async () => {
    const world = before.fork();
    const { store } = world.box.cluster;
    const apply = store.apply.bind(store);
    store.apply = (input, manager) => {
      if (input.kind === 'NetworkPolicy') throw new Problem('cluster.invalid', 'NetworkPolicy: bad port');
      return apply(input, manager);
    };
    offer(world, '0.2.0');
    const status = await world.settle();
    expect(world.outcomes()).toEqual(['0.2.0 failed']);
    expect(world.record().failed).toMatchObject([
      { quarantined: true, reason: { code: 'roll.not-accepted' } },
    ]);
    expect(world.deployed()).toBe('0.1.0');
    expect(status.controlPlane.roll).toMatchObject({ state: 'held', problem: { code: 'roll.quarantined' } });
  });
});
