import type { CheckResult } from 'host-service/contract/checks.ts';
import { Host } from 'host-service/contract/objects.ts';
import { PROBLEMS } from 'host-service/contract/problem.ts';
import type { HostFacts } from 'host-service/contract/host/facts.ts';
import { Problem } from 'host-service/contract/problem.ts';
import { quantityBytes } from 'host-service/engine/checks/storage.ts';
import type { Handle } from 'host-service/engine/handle/handle.ts';
import { describe, expect, it } from 'vitest';
import { GOOD } from './checks-world.ts';
import { planeOn, WHO } from './handle-world.ts';
import { Box } from './world/box.ts';

const never = new AbortController().signal;
const GROUP = 'appliance.nineminds.com/v1alpha1';

/** A box whose one host reports these facts. */
function boxWith(facts: Partial<HostFacts> = {}): Box {
  const box = new Box();
  box.vendor.publish('1.0.0');
  tell(box, facts);
  return box;
}

/** The host's program speaks; what the engine asked it for stays. */
function tell(
  box: Box,
  facts: Partial<HostFacts>,
  measured: object = { at: box.clock.now().toISOString() },
): void {
  const spec = box.cluster.store.get({ kind: 'Host', name: 'box' })?.['spec'] ?? { images: [] };
  const clockAt = box.clock.now().toISOString();
  const own = Object.entries({ ...GOOD, clockAt, ...facts }).filter(([, value]) => value !== undefined);
  const status = { facts: Object.fromEntries(own), architecture: 'amd64', measured, rejected: [] };
  box.cluster.store.seed({ apiVersion: GROUP, kind: 'Host', metadata: { name: 'box' }, spec, status });
}

const hostOf = (box: Box): Host => Host.parse(box.cluster.must('Host', 'box'));
const of = async (handle: Handle, id: string): Promise<CheckResult | undefined> =>
  (await handle.checks(never)).checks.find((one) => one.id === id);
const codeOf = async (act: Promise<unknown>): Promise<string> =>
  act.then(
    () => 'fine',
    (error: unknown) => (error instanceof Problem ? error.code : 'internal.bug'),
  );

describe('a first installation', () => {
  it('R-32 waits before its first write while a check fails, names it, and goes on by itself when it is mended', async () => {
    const box = boxWith({ diskFreeBytes: 1e9 });
    const engine = box.engine();
    const held = await box.settle(engine);
    expect(held.phase).toBe('needs-you');
    expect(held.problems[0]).toMatchObject({ code: 'plan.checks-failed', subject: 'disk.space' });
    expect(held.problems[0]?.detail).toMatch(/^Free space: /);
    expect(PROBLEMS['plan.checks-failed'].next).toBe('operator');
    expect(box.operations()).toEqual([]);
    tell(box, {});
    expect((await box.settle(engine)).running?.version).toBe('1.0.0');
  });

  it('goes on when somebody has taken the risk, which is kept with name, time and reason', async () => {
    const box = boxWith({ cpus: 1 });
    const engine = box.engine();
    expect((await box.settle(engine)).phase).toBe('needs-you');
    const { handle } = planeOn(box, { isLeader: false });
    const before = await handle.checks(never);
    expect(before.mayInstall).toBe(false);
    const after = await handle.runChecks(
      { action: 'accept', check: 'machine.cpu', reason: 'a trial' },
      WHO,
      never,
    );
    expect(after.mayInstall).toBe(true);
    const { acceptedRisks } = box.cluster.must('Appliance', 'appliance')['spec'] as {
      acceptedRisks: unknown;
    };
    expect(acceptedRisks).toEqual([
      { check: 'machine.cpu', by: 'ada', reason: 'a trial', at: box.clock.now().toISOString() },
    ]);
    expect((await box.settle(engine)).running?.version).toBe('1.0.0');
    const taken = await handle.runChecks({ action: 'refuse', check: 'machine.cpu' }, WHO, never);
    expect(taken.mayInstall).toBe(false);
    // What has begun or is done is not held up afterwards.
    expect((await box.settle(engine)).phase).toBe('running');
  });

  it('B-74 is not held up by what could not be measured, nor where no host reports', async () => {
    const nothing = Object.fromEntries(Object.keys(GOOD).map((name) => [name, undefined]));
    expect((await boxWith(nothing).run()).running?.version).toBe('1.0.0');
    const bare = new Box();
    bare.vendor.publish('1.0.0');
    expect((await bare.run()).running?.version).toBe('1.0.0');
  });

  it('R-38 only the room on the disk holds an update up as well', async () => {
    const box = boxWith();
    box.edit((spec) => ({ ...spec, updatePolicy: { install: 'auto', update: 'auto' } }));
    const engine = box.engine();
    expect((await box.settle(engine)).running?.version).toBe('1.0.0');
    box.vendor.publish('1.1.0');
    tell(box, { diskFreeBytes: 1e9 });
    box.clock.advance(600_000);
    const held = await box.settle(engine);
    expect([held.running?.version, held.problems[0]?.subject]).toEqual(['1.0.0', 'disk.space']);
    tell(box, { cpus: 1 });
    expect((await box.settle(engine)).running?.version).toBe('1.1.0');
  });
});

describe('asking for checks', () => {
  it('refuses to take a risk that may not be taken, that nobody runs, or of what does not exist', async () => {
    const box = boxWith({ diskWritable: false });
    await box.settle(box.engine());
    const { handle } = planeOn(box);
    const accept = (check: string | undefined, subject?: string) =>
      codeOf(
        handle.runChecks(
          {
            action: 'accept',
            ...(check === undefined ? {} : { check }),
            ...(subject === undefined ? {} : { subject }),
          },
          WHO,
          never,
        ),
      );
    for (const check of ['disk.writable', 'machine.cpu', 'machine.nosuch', undefined])
      expect(await accept(check)).toBe('request.invalid');
    expect(await accept('registry.dns', 'elsewhere.example.com')).toBe('request.invalid');
    expect(box.cluster.must('Appliance', 'appliance')['spec']).not.toHaveProperty('acceptedRisks');
  });

  it('measures again: each host is asked once, and the page sees when it has answered', async () => {
    const box = boxWith();
    const engine = box.engine();
    await box.settle(engine);
    expect(hostOf(box).spec.endpoints?.map(({ url }) => url)).toEqual(['https://registry.example.com/v2/']);
    const { handle } = planeOn(box, { isLeader: false });
    const asked = await handle.runChecks({ action: 'run', check: 'machine.cpu' }, WHO, never);
    expect(asked.measuring).toBe(true);
    const { measure, endpoints, images } = hostOf(box).spec;
    expect([measure?.id.length, endpoints?.length, images.length > 0]).toEqual([16, 1, true]);
    tell(box, { cpus: 2 }, { id: measure?.id, at: box.clock.now().toISOString() });
    expect((await handle.checks(never)).measuring).toBe(false);
    expect((await of(handle, 'machine.cpu'))?.state).toBe('warning');
    // A host that never answers is not waited for for ever.
    await handle.runChecks({ action: 'run' }, WHO, never);
    box.clock.advance(31_000);
    expect((await handle.checks(never)).measuring).toBe(false);
  });

  it('writes a host only when something else is wanted from it', async () => {
    const box = boxWith();
    const engine = box.engine();
    await box.settle(engine);
    const { resourceVersion } = hostOf(box).metadata;
    box.clock.advance(600_000);
    await box.settle(engine);
    expect(hostOf(box).metadata.resourceVersion).toBe(resourceVersion);
  });

  it('reads amounts of storage as the platform writes them', () => {
    const amounts = ['20Gi', '1G', '512', '1.5Ti', '', 'much', '-1Gi', '9'.repeat(40)].map(quantityBytes);
    expect(amounts).toEqual([20 * 1024 ** 3, 1e9, 512, 1.5 * 1024 ** 4, 0, 0, 0, 0]);
  });
});
