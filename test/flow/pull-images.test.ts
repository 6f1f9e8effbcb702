import { describe, expect, it } from 'vitest';
import type { Operation } from 'host-service/contract/objects.ts';
import { digestFor, HOST } from '../fixtures/documents.ts';
import { cpDigest, offer, runningBox, type RollBox } from './roll-world.ts';
import { HostProgram } from './world/host-program.ts';

const MB = 1_000_000;
const image = (name: string, size: number) => ({
  ...{ repository: `${HOST}/vendor/${name}`, digest: digestFor(name), tag: name, size },
});
const CONTROL_PLANE = {
  repository: `${HOST}/vendor/control-plane`,
  digest: cpDigest('0.2.0'),
  version: '0.2.0',
};

/** A box with the program of its host, which has all that runs. */
async function hosted(
  names: readonly string[] = ['box-1'],
  pullStillMs?: number,
): Promise<{ world: RollBox; hosts: readonly HostProgram[] }> {
  const first = await runningBox();
  if (pullStillMs !== undefined) first.box.patience = { ...first.box.patience, pullStillMs };
  const world = first.fork();
  const hosts = names.map((name) => new HostProgram(world.box, name));
  await pass(world, hosts, 10);
  return { world, hosts };
}

async function pass(world: RollBox, hosts: readonly HostProgram[], seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed += 1) {
    await world.second();
    for (const host of hosts) host.tick();
  }
}

async function until(
  world: RollBox,
  hosts: readonly HostProgram[],
  ask: () => boolean,
  limit = 400,
): Promise<void> {
  for (let second = 0; second < limit; second += 1) {
    if (ask()) return;
    await pass(world, hosts, 1);
  }
  throw new Error(
    `not within ${limit} s: ${world.box.outcomes().join()} ${JSON.stringify(world.box.open()?.status)}`,
  );
}

const newest = (world: RollBox, verb: string): Operation | undefined =>
  world.box
    .operations()
    .filter(({ spec }) => spec.verb === verb)
    .at(-1);
const stepOf = (operation: Operation | undefined, kind: string) =>
  operation?.status?.steps.find((step) => step.kind === kind);
/** The next release: two images of the application and the control plane that is here already. */
const large = (world: RollBox) =>
  offer(world, '0.1.0', {
    over: { images: { web: image('web-new', 2 * MB), db: image('db-new', 8 * MB) } },
  });

describe('images before the application', () => {
  it('B-14 the source moves only when every host has the images, with a sentence of how far they are', async () => {
    const { world, hosts } = await hosted(['box-1', 'box-2']);
    const from = world.box.pointsTo();
    const [, slow] = hosts;
    if (slow !== undefined) slow.rate = MB / 2;
    const next = large(world);
    await until(world, hosts, () => stepOf(newest(world, 'update'), 'pull-images')?.state === 'running');
    await pass(world, hosts, 8);
    const wait = stepOf(newest(world, 'update'), 'pull-images');
    expect(wait?.now).toMatch(/^Pulling 1 of 2 images, \d+ of 10 MB on box-2 \(and 1 more\)$/);
    expect(world.box.status()?.operation).toMatchObject({ step: 'pull-images', now: wait?.now });
    expect(world.box.status()?.operation?.usualMs).toBeGreaterThan(0);
    expect(world.box.pointsTo()).toBe(from);
    await until(world, hosts, () => newest(world, 'update')?.status?.outcome === 'succeeded');
    expect(world.box.pointsTo()).toBe(next.config);
    expect(stepOf(newest(world, 'update'), 'pull-images')).toMatchObject({
      state: 'done',
      now: 'All images are here',
    });
    const moved = stepOf(newest(world, 'update'), 'point-source')?.startedAt ?? '';
    expect((stepOf(newest(world, 'update'), 'pull-images')?.endedAt ?? 'z') <= moved).toBe(true);
  });

  it('R-13 hosts keep what runs, what was good before and what comes; their wishes are written only when they change', async () => {
    const { world, hosts } = await hosted();
    const [host] = hosts;
    expect(host?.wanted.images).toEqual([
      `${HOST}/vendor/control-plane@${cpDigest('0.1.0')}`,
      `${HOST}/vendor/web@${digestFor('web 1.0.0')}`,
    ]);
    const first = host?.generation ?? 0;
    await pass(world, hosts, 60);
    expect(host?.generation).toBe(first);
    large(world);
    await until(world, hosts, () => stepOf(newest(world, 'update'), 'pull-images')?.state === 'running');
    expect(host?.wanted.images).toEqual(
      expect.arrayContaining([
        `${HOST}/vendor/web-new@${digestFor('web-new')}`,
        `${HOST}/vendor/web@${digestFor('web 1.0.0')}`,
      ]),
    );
    expect(host?.wanted.imageBytes).toMatchObject({ [digestFor('db-new')]: 8 * MB });
    expect(host?.generation).toBe(first + 1);
    await until(world, hosts, () => newest(world, 'update')?.status?.outcome === 'succeeded');
    await pass(world, hosts, 20);
    // What was good before is kept no longer once the new one is confirmed: one goes back to what is confirmed.
    expect(host?.generation).toBeLessThanOrEqual(first + 2);
  });

  it('R-15 a host that says nothing is not waited for, and the journal says so', async () => {
    const { world, hosts } = await hosted(['box-1', 'box-2']);
    const [, dead] = hosts;
    if (dead !== undefined) dead.isSilent = true;
    await pass(world, hosts, 61);
    large(world);
    await until(world, hosts, () => newest(world, 'update')?.status?.outcome === 'succeeded');
    const operation = newest(world, 'update');
    expect(stepOf(operation, 'pull-images')?.now).toBe(
      'box-2 says nothing: its images are fetched when they are needed',
    );
    expect(operation?.status?.events.some(({ text }) => text.startsWith('box-2 says nothing'))).toBe(true);
  });

  it('R-42 R-09 an image that is not there ends it early: the release is put aside, and nothing was touched', async () => {
    const { world, hosts } = await hosted();
    hosts[0]?.faults.set('db-new', 'pull.missing');
    const from = world.box.pointsTo();
    const objects = (): string =>
      JSON.stringify(
        ['ConfigMap', 'Deployment', 'OCIRepository', 'Kustomization', 'Secret'].flatMap((kind) =>
          world.box.cluster.store
            .list(kind)
            .filter(({ metadata }) => metadata.namespace === 'msp' || kind === 'OCIRepository'),
        ),
      );
    const untouched = objects();
    const next = large(world);
    await until(world, hosts, () => newest(world, 'update')?.status?.outcome === 'failed');
    expect(newest(world, 'update')?.status?.problem).toMatchObject({ code: 'pull.missing' });
    expect(world.box.release(next.digest)?.status?.quarantine?.reason.code).toBe('pull.missing');
    expect(world.box.pointsTo()).toBe(from);
    expect(objects()).toBe(untouched);
  });

  it('R-27 a registry that is away is waited for; when no byte has come for long enough it goes on as without a host program', async () => {
    const { world, hosts } = await hosted(['box-1'], 60_000);
    hosts[0]?.faults.set('db-new', 'pull.failed');
    const next = large(world);
    await until(world, hosts, () => stepOf(newest(world, 'update'), 'pull-images')?.state === 'running');
    await pass(world, hosts, 40);
    const step = stepOf(newest(world, 'update'), 'pull-images');
    expect(step?.state).toBe('running');
    expect(step?.now).toMatch(/it cannot be had \(\d+ tries\)$/);
    await until(world, hosts, () => newest(world, 'update')?.status?.outcome === 'succeeded');
    expect(world.box.pointsTo()).toBe(next.config);
    expect(stepOf(newest(world, 'update'), 'pull-images')?.now).toMatch(
      /^Nothing has come for 1 min; going on without/,
    );
  });
});

describe('the image before the control plane', () => {
  const fresh = (world: RollBox) =>
    offer(world, '0.2.0', { over: { controlPlane: { ...CONTROL_PLANE, size: 12 * MB } } });

  it('R-16 its Deployment is touched only when the host has the image, and a restart in between changes nothing', async () => {
    const { world, hosts } = await hosted();
    fresh(world);
    await until(
      world,
      hosts,
      () => stepOf(newest(world, 'roll'), 'pull-images')?.now?.startsWith('Pulling') === true,
    );
    await pass(world, hosts, 5);
    expect(stepOf(newest(world, 'roll'), 'pull-images')?.now).toMatch(
      /^Pulling 1 image, \d+ of 12 MB on box-1$/,
    );
    expect(stepOf(newest(world, 'roll'), 'roll-control-plane')?.state).toBe('pending');
    expect(world.deployed()).toBe('0.1.0');
    const again = world.fork();
    const going = hosts.map((host) => host.on(again.box));
    await until(again, going, () => newest(again, 'roll')?.status?.outcome === 'succeeded');
    expect(again.deployed()).toBe('0.2.0');
    const roll = newest(again, 'roll');
    expect(roll?.status?.resumes).toBeGreaterThan(0);
    expect(roll?.status?.steps.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      'pull-images done',
      'roll-control-plane done',
    ]);
    expect(roll?.status?.events.filter(({ text }) => text.startsWith('Pulling'))).toEqual([]);
  });

  it.each([
    ['pull.missing', 'roll.image-missing', false],
    ['pull.wrong-platform', 'roll.wrong-architecture', true],
  ] as const)(
    'R-10 R-42 %s ends the roll as %s before the Deployment is touched',
    async (code, told, isFinal) => {
      const { world, hosts } = await hosted();
      hosts[0]?.faults.set(cpDigest('0.2.0'), code);
      const revision = world.deployment().metadata.generation;
      fresh(world);
      await until(world, hosts, () => world.outcomes().includes('0.2.0 failed'));
      expect(world.record().failed).toMatchObject([
        { version: '0.2.0', attempts: 1, quarantined: isFinal, reason: { code: told } },
      ]);
      expect(world.deployment().metadata.generation).toBe(revision);
      if (isFinal) return;
      // It is there at the next try.
      hosts[0]?.faults.clear();
      await until(world, hosts, () => world.outcomes().includes('0.2.0 succeeded'));
      expect(world.deployed()).toBe('0.2.0');
    },
  );

  it('R-15 without a host program it rolls as ever', async () => {
    const world = await runningBox();
    offer(world, '0.2.0');
    await world.settle();
    expect(world.deployed()).toBe('0.2.0');
    expect(newest(world, 'roll')?.spec.steps).toEqual(['roll-control-plane']);
    expect(newest(world, 'update')?.spec.steps).not.toContain('pull-images');
  });
});
