import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './kube.ts';
import { at, expectPinned, helmRevisions, journalOf, operations } from './support/facts.ts';
import { proxied, type Proxied } from './support/proxied.ts';
import { Scene, SOURCE } from './support/scene.ts';
import type { AuditEvent } from './world.ts';

const LEASE =
  '/apis/coordination.k8s.io/v1/namespaces/alga-appliance-control-plane/leases/appliance-control-plane';
const WAIT = 240_000;

/** Two control planes on one cluster, told in order: each test goes on where the one before ended. */
describe('two control planes on one cluster', () => {
  let scene: Scene;
  let both: readonly Proxied[] = [];
  let leader: Proxied;
  let standby: Proxied;

  beforeAll(async () => {
    scene = await Scene.open();
    await scene.vendor.release('1.0.0');
    await scene.vendor.release('1.1.0');
    await scene.vendor.promote('stable', '1.0.0');
    both = [await proxied(scene, 'red'), await proxied(scene, 'blue')];
    await Promise.all(both.map(({ box }) => box.start()));
  });

  afterAll(async () => {
    await scene?.close();
    await Promise.all(both.map(({ proxy }) => proxy.close()));
  });

  const holder = async (): Promise<unknown> =>
    at(await scene.world.kube.find(LEASE), 'spec', 'holderIdentity');

  /** What a control plane wrote with success, in order. */
  const writesOf = async ({ name }: Proxied): Promise<readonly AuditEvent[]> =>
    (await scene.world.readAudit()).filter(
      ({ userAgent, verb, responseStatus }) =>
        userAgent?.endsWith(` ${name}`) === true &&
        !['get', 'list', 'watch'].includes(verb) &&
        (responseStatus?.code ?? 500) < 300,
    );
  const isLease = ({ objectRef }: AuditEvent): boolean => objectRef?.resource === 'leases';
  const holderIn = (event: AuditEvent): unknown => at(event.requestObject, 'spec', 'holderIdentity');
  const kinds = (events: readonly AuditEvent[]): readonly string[] => [
    ...new Set(events.map(({ objectRef }) => objectRef?.resource ?? '')),
  ];

  it('exactly one acts; the other answers reads and writes nothing', async () => {
    await scene.until('it says what is missing', ({ problems }) => problems.length > 0, WAIT);
    await scene.answer();
    const status = await scene.until(
      '1.0.0 runs',
      ({ phase, lastGood }) => phase === 'running' && lastGood?.version === '1.0.0',
      WAIT,
    );
    const name = await holder();
    const [first, second] = both[0]?.name === name ? both : both.toReversed();
    if (first === undefined || second === undefined) throw new Error('two control planes are needed');
    [leader, standby] = [first, second];
    expect([name, status.controlPlane.leader]).toEqual([leader.name, leader.name]);
    const acted = kinds(await writesOf(leader));
    expect(acted).toEqual(expect.arrayContaining(['leases', 'ocirepositories', 'operations', 'appliances']));
    // Before an election there has to be the namespace that the Lease lies in; whoever comes first makes it.
    const idle = kinds(
      (await writesOf(standby)).filter((event) => event.objectRef?.resource !== 'namespaces'),
    );
    expect(idle).toEqual([]);
    for (const { box } of both) {
      expect(box.isRunning).toBe(true);
      expect((await fetch(`${box.url}/api/ready`)).status).toBe(200);
    }
  });

  it('the other takes over when the leader is killed right after it has moved the source, and ends the update', async () => {
    await scene.vendor.promote('stable', '1.1.0');
    await scene.until('1.1.0 is offered', ({ available }) => available?.version === '1.1.0', WAIT);
    let killed = false;
    leader.proxy.arm(
      ({ path }) => {
        if (killed || !path.endsWith('/ocirepositories/alga-appliance')) return 'pass';
        killed = true;
        return 'after';
      },
      () => leader.box.kill(),
    );
    await scene.must('approve', '1.1.0', '--by', 'ada');
    await scene.until(
      '1.1.0 runs',
      ({ phase, lastGood }) => phase === 'running' && lastGood?.version === '1.1.0',
      WAIT,
    );
    expect([killed, leader.box.isRunning, await holder()]).toEqual([true, false, standby.name]);
    expect((await scene.status())?.controlPlane.leader).toBe(standby.name);
    await expectPinned(scene, '1.1.0');
    const writes = await writesOf(standby);
    const taken = writes.findIndex((event) => isLease(event) && holderIn(event) === standby.name);
    const acted = writes.findIndex((event) => !isLease(event) && event.objectRef?.resource !== 'namespaces');
    expect([taken >= 0, acted > taken]).toEqual([true, true]);
  });

  it('R-53 nothing was done twice', async () => {
    expect(await journalOf(scene)).toEqual([
      ['install', '1.0.0', 'succeeded'],
      ['update', '1.1.0', 'succeeded'],
    ]);
    expect((await scene.get(SOURCE)).metadata.generation).toBe(2);
    expect(new Set(Object.values(await helmRevisions(scene)))).toEqual(new Set([2]));
    const created = [...(await writesOf(leader)), ...(await writesOf(standby))]
      .filter(({ responseStatus, objectRef }) => {
        return responseStatus?.code === 201 && objectRef?.resource !== 'events';
      })
      .map(({ objectRef, requestObject }) => {
        const name = objectRef?.name ?? at(requestObject, 'metadata', 'name');
        return `${objectRef?.resource ?? ''} ${objectRef?.namespace ?? ''}/${String(name)}`;
      });
    expect(created.length).toBe(new Set(created).size);
  });

  it('a leader that is asked to stop hands the Lease over and does not let the other wait for its end', async () => {
    const [next, last] = [leader, standby];
    next.proxy.arm(
      () => 'pass',
      () => Promise.resolve(),
    );
    await next.box.start();
    await eventually('it is ready', async () => (await fetch(`${next.box.url}/api/ready`)).ok, WAIT);
    await last.box.stop();
    expect(await last.box.exited()).toBe(0);
    const lastLease = (await writesOf(last)).findLast(isLease);
    expect(holderIn(lastLease!)).toBe('');
    await eventually('the other holds the Lease', async () => (await holder()) === next.name, WAIT);
    await scene.until('it reports', ({ controlPlane }) => controlPlane.leader === next.name, WAIT);
    expect((await operations(scene)).length).toBe(2);
    expect((await scene.get(SOURCE)).metadata.generation).toBe(2);
  });
});
