import { describe, expect, it } from 'vitest';
import { ApplianceStatus } from 'host-service/contract/appliance.ts';
import { fitStatus, statusBytes } from 'host-service/core/status/fit.ts';
import { digestFor, HOST, NOW } from '../fixtures/documents.ts';
import { offer, runningBox, type RollBox } from './roll-world.ts';
import { HostProgram } from './world/host-program.ts';

const MB = 1_000_000;
const image = (name: string, size: number) => ({
  ...{ repository: `${HOST}/vendor/${name}`, digest: digestFor(name), tag: name, size },
});
/** The next release: two images; only the first belongs to a part that people know. */
const large = (world: RollBox) =>
  offer(world, '0.1.0', {
    over: { images: { web: image('web-new', 2 * MB), db: image('db-new', 8 * MB) } },
  });

/** A box with the program of its host, which has all that runs. */
async function hosted(names: readonly string[] = ['box-1']) {
  const world = (await runningBox()).fork();
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
  ask: (status: ApplianceStatus | undefined) => boolean,
): Promise<void> {
  for (let second = 0; second < 200; second += 1) {
    if (ask(world.box.status())) return;
    await pass(world, hosts, 1);
  }
  throw new Error(`never so: ${JSON.stringify(world.box.status()?.pulls)} ${world.box.outcomes().join()}`);
}

const rowOf = (world: RollBox, name: string) =>
  world.box.status()?.pulls?.find(({ digest }) => digest === digestFor(name));

describe('downloads as the status tells them', () => {
  it('E-01 each has its bytes of its total and its part; outstanding ones first, none when all are here', async () => {
    const { world, hosts } = await hosted();
    expect(world.box.status()?.pulls).toBeUndefined();
    large(world);
    await until(world, hosts, (status) => status?.pulls?.some(({ state }) => state === 'present') === true);
    const pulls = world.box.status()?.pulls ?? [];
    expect(pulls.map(({ digest, state }) => [digest, state])).toEqual([
      [digestFor('db-new'), expect.stringMatching(/^(waiting|pulling)$/)],
      [digestFor('web-new'), 'present'],
    ]);
    expect(rowOf(world, 'web-new')).toMatchObject({ bytes: 2 * MB, total: 2 * MB });
    expect(rowOf(world, 'web-new')?.what).not.toBe('web');
    expect(rowOf(world, 'db-new')).toMatchObject({ what: 'db', total: 8 * MB });
    await until(world, hosts, () => (rowOf(world, 'db-new')?.bytes ?? 0) > 3 * MB);
    await until(world, hosts, (status) => status?.running?.version !== '1.0.0');
    expect(world.box.status()?.pulls).toBeUndefined();
  });

  it('E-01 of several hosts the one counts that has least, and a failed try says its code and how often', async () => {
    const { world, hosts } = await hosted(['box-1', 'box-2']);
    const [, slow] = hosts;
    if (slow === undefined) throw new Error('two hosts');
    slow.faults.set('db-new', 'registry.connect');
    large(world);
    await until(world, hosts, () => (rowOf(world, 'db-new')?.retries ?? 0) > 2);
    expect(rowOf(world, 'db-new')).toMatchObject({ state: 'failed', code: 'registry.connect' });
    slow.faults.clear();
    await until(world, hosts, () => rowOf(world, 'db-new') === undefined);
  });

  it('E-01 bytes that come are written every other second, what else is new at once', async () => {
    const { world, hosts } = await hosted();
    large(world);
    await until(world, hosts, () => (rowOf(world, 'db-new')?.bytes ?? 0) > 0);
    const versions: unknown[] = [];
    for (let second = 0; second < 6; second += 1) {
      await pass(world, hosts, 1);
      versions.push(world.box.cluster.must('Appliance', 'appliance').metadata.resourceVersion);
    }
    expect(rowOf(world, 'db-new')?.state).toBe('pulling');
    const written = new Set(versions).size;
    expect(written).toBeGreaterThanOrEqual(2);
    expect(written).toBeLessThanOrEqual(4);
  });

  it('E-01 as many downloads as a release may have fit into the status with all else', () => {
    const pulls = Array.from({ length: 64 }, (_, index) => ({
      ...{ what: `${index} ${'x'.repeat(200)}`, digest: digestFor(`${index}`), state: 'failed' as const },
      ...{ bytes: 1, total: 2, retries: 9, code: 'registry.connect' as const, since: NOW.toISOString() },
    }));
    const status = ApplianceStatus.parse({
      ...{ phase: 'installing', intentRevision: 1, updatedAt: NOW.toISOString(), pulls },
      controlPlane: { version: '1.0.0', build: 'x', leader: 'y' },
      problems: Array.from({ length: 50 }, () => ({ code: 'registry.connect', detail: 'y'.repeat(500) })),
      components: Array.from({ length: 128 }, (_, index) => ({
        ...{
          name: `part-${index}`,
          kind: 'Deployment',
          namespace: 'msp',
          tier: 'core',
          title: 'z'.repeat(200),
        },
        ...{ state: 'progressing', detail: 'z'.repeat(400) },
      })),
    });
    const fitted = fitStatus(status);
    expect(statusBytes(fitted)).toBeLessThanOrEqual(64 * 1024);
    expect(fitted.pulls?.length).toBeGreaterThan(8);
  });

  it('R-12 while it is paused nothing more is fetched, and what is here is kept', async () => {
    const { world, hosts } = await hosted();
    const [host] = hosts;
    large(world);
    await until(world, hosts, () => (rowOf(world, 'db-new')?.bytes ?? 0) > 0);
    world.box.request('pause', 'pause-0001');
    await until(world, hosts, (status) => status?.phase === 'paused');
    await pass(world, hosts, 3);
    const wanted = host?.wanted.images.join() ?? '';
    expect(wanted).not.toContain(digestFor('db-new'));
    expect(wanted).toContain(digestFor('web-new'));
    expect(wanted).toContain(digestFor('web 1.0.0'));
    expect(rowOf(world, 'db-new')?.state).toBe('waiting');
    world.box.request('resume', 'resume-0001');
    await until(world, hosts, (status) => status?.running?.version !== '1.0.0');
  });

  it('R-23 before anybody has approved it no host is asked for a byte of a release, and its plan says what is here', async () => {
    const { world, hosts } = await hosted();
    const [host] = hosts;
    world.box.edit((spec) => ({ ...spec, updatePolicy: { update: 'approve' } }));
    const next = offer(world, '0.1.0', {
      over: {
        images: {
          web: image('web-new', 2 * MB),
          old: { ...image('web', 70_000), digest: digestFor('web 1.0.0') },
        },
      },
    });
    await until(world, hosts, (status) => status?.available?.digest === next.digest);
    await pass(world, hosts, 20);
    expect(host?.wanted.images.join()).not.toContain(digestFor('web-new'));
    const plan = world.box.status()?.plan;
    expect(plan?.pulls.find(({ digest }) => digest === digestFor('web 1.0.0'))?.present).toBe(true);
    expect(plan?.pulls.find(({ digest }) => digest === digestFor('web-new'))).not.toHaveProperty('present');
    expect(plan?.presentBytes).toBeGreaterThanOrEqual(70_000);
    expect(plan?.pullBytes).toBe(
      plan?.pulls.filter(({ present }) => present !== true).reduce((sum, { bytes }) => sum + bytes, 0),
    );
    expect(world.box.open()).toBeUndefined();
  });
});
