import { describe, expect, it } from 'vitest';
import type { Accepted } from 'host-service/contract/api/intent.ts';
import { IntentChange, VerbBody } from 'host-service/contract/api/intent.ts';
import { setIntent } from 'host-service/engine/verbs.ts';
import {
  ADA,
  fingerprint,
  installed,
  intentOf,
  nightly,
  planeOn,
  specOf,
  WHO,
  type Plane,
} from './handle-world.ts';
import { Box } from './world/box.ts';

const change = (plane: Plane, box: Box, body: unknown, expected?: number): Promise<Accepted> =>
  plane.handle.changeIntent(IntentChange.parse(body), { ...WHO, expected }, box.signal);
const generation = (box: Box): number => box.cluster.must('Appliance', 'appliance').metadata.generation ?? 0;
const draft = (box: Box): unknown =>
  box.cluster.store.get({
    kind: 'Secret',
    namespace: 'alga-appliance-control-plane',
    name: 'appliance-draft',
  })?.['data'];

describe('handle: changing what is wanted', () => {
  it('R-08 B-67 answers at once with the revision and keeps who asked and why, on a replica that does not lead', async () => {
    const box = await installed();
    const plane = planeOn(box, { isLeader: false });
    const before = generation(box);
    const body = {
      channel: 'nightly',
      hold: true,
      whenOlder: 'go-back',
      updatePolicy: { update: 'auto' },
      settings: { mail: 'ada@example.com', appUrl: 'https://new.example.com' },
      reason: 'the fair begins',
    };
    expect(await change(plane, box, body, before)).toEqual({ intentRevision: before + 1 });
    expect(generation(box)).toBe(before + 1);
    expect(intentOf(box)).toMatchObject({
      channel: 'nightly',
      hold: true,
      whenOlder: 'go-back',
      actor: { ...ADA, reason: 'the fair begins' },
    });
    expect(specOf(box)).toMatchObject({
      updatePolicy: { update: 'auto' },
      settings: { mail: 'ada@example.com', appUrl: 'https://new.example.com' },
    });
  });

  it('stores secret answers where nobody reads them back, before the one write that asks for them', async () => {
    const box = new Box();
    box.product = (await installed()).product;
    const plane = planeOn(box, { isLeader: false });
    await change(plane, box, { secrets: { password: 'correct horse' }, settings: { tenant: 'ACME' } });
    expect(draft(box)).toEqual({ password: Buffer.from('correct horse').toString('base64') });
    expect(JSON.stringify(specOf(box))).not.toContain('correct horse');
    const writes = box.cluster.audit.filter(({ by }) => by === plane.engine.identity.name);
    expect(writes.map(({ verb, key }) => `${verb} ${key}`)).toEqual([
      'create Secret alga-appliance-control-plane/appliance-draft',
      'replace Appliance /appliance',
    ]);
  });

  it.each([
    ['an unknown channel', { channel: 'beta' }, 'beta'],
    ['B-66 a name that the product does not ask for', { settings: { install_code: 'x' } }, 'install_code'],
    ['a secret that the product does not ask for', { secrets: { installCode: 'x' } }, 'installCode'],
    ['a name that every object has', { settings: { toString: 'x' } }, 'toString'],
    ['a mail address that is none', { settings: { mail: 'nobody' } }, 'mail'],
    ['a web address that is none', { settings: { appUrl: 'ftp://x' } }, 'appUrl'],
    ['a choice that is not offered', { settings: { edition: 'gold' } }, 'edition'],
    ['a password that is too long', { secrets: { licence: 'x'.repeat(300) } }, 'licence'],
    ['control characters', { secrets: { licence: 'a\u0000b' } }, 'licence'],
    ['a secret among the settings', { settings: { licence: 'x' } }, 'licence'],
    ['a setting among the secrets', { secrets: { mail: 'ada@example.com' } }, 'mail'],
    ['an answer that is fixed by now', { settings: { tenant: 'Other' } }, 'tenant'],
    ['a fixed answer taken away', { settings: { tenant: null } }, 'tenant'],
    ['a fixed secret', { secrets: { password: 'another horse' } }, 'password'],
    ['a release that is not known', { approve: { release: '9.9.9' } }, '9.9.9'],
  ])('R-18 refuses %s by its name and changes nothing (request.invalid)', async (_name, body, named) => {
    const box = await installed();
    box.edit((spec) => ({ ...spec, settings: { appUrl: 'https://psa.example.com', tenant: 'ACME' } }));
    const before = fingerprint(box);
    const plane = planeOn(box);
    const all = { hold: true, secrets: { licence: 'good' }, ...body };
    const refused = change(plane, box, all);
    await expect(refused).rejects.toMatchObject({ code: 'request.invalid' });
    await expect(refused).rejects.toHaveProperty('detail', expect.stringContaining(named));
    expect(fingerprint(box)).toBe(before);
  });

  it('takes a fixed answer that stays what it is, and any answer before something runs', async () => {
    const box = await installed();
    box.edit((spec) => ({ ...spec, settings: { appUrl: 'https://psa.example.com', tenant: 'ACME' } }));
    await change(planeOn(box), box, { settings: { tenant: 'ACME', mail: null } });
    const fresh = new Box();
    fresh.product = box.product;
    await change(planeOn(fresh), fresh, { settings: { tenant: 'First', edition: 'ce' } });
    await change(planeOn(fresh), fresh, { settings: { tenant: 'Second', edition: null } });
    expect(specOf(fresh)['settings']).toEqual({ appUrl: 'https://psa.example.com', tenant: 'Second' });
  });

  it('refuses a change of a revision that is over, before a secret is stored (request.conflict)', async () => {
    const box = await installed();
    const seen = generation(box);
    box.intent({ hold: true });
    const before = fingerprint(box);
    const late = change(planeOn(box), box, { hold: false, secrets: { licence: 'new' } }, seen);
    await expect(late).rejects.toMatchObject({ code: 'request.conflict' });
    expect(fingerprint(box)).toBe(before);
  });

  it('approves in the same write, and writes no approval for what runs already', async () => {
    const box = await installed();
    const next = box.vendor.publish('1.1.0');
    box.request('check-now', 'check-0001');
    await box.run();
    const plane = planeOn(box);
    const before = generation(box);
    await change(plane, box, { hold: true, approve: { release: '1.1.0' } });
    expect(generation(box)).toBe(before + 1);
    expect(intentOf(box)).toMatchObject({ hold: true, approvedRelease: next.digest });
    await change(plane, box, { hold: false });
    await box.run();
    await change(plane, box, { channel: 'stable', pin: '1.0.0' });
    await change(plane, box, { pin: null, approve: { release: next.digest } });
    expect(intentOf(box)).not.toHaveProperty('approvedRelease');
  });

  it('refuses to approve what cannot be undone, and what has failed, until that is said', async () => {
    const box = await installed();
    box.vendor.publish('1.1.0', 'crash', { reversible: [] });
    box.request('check-now', 'check-0001');
    await box.run();
    const plane = planeOn(box);
    const approve = { release: '1.1.0' };
    await expect(change(plane, box, { approve })).rejects.toMatchObject({ code: 'plan.irreversible' });
    await change(plane, box, { approve: { ...approve, irreversible: true } });
    await box.run();
    await expect(change(plane, box, { approve: { ...approve, irreversible: true } })).rejects.toMatchObject({
      code: 'release.quarantined',
    });
    await change(plane, box, { approve: { ...approve, irreversible: true, retry: true } });
    expect(Object.keys(intentOf(box))).toEqual(
      expect.arrayContaining(['approvedRelease', 'approvedIrreversible', 'approvedRetry']),
    );
  });

  it('finds a release that is approved together with the channel that leads to it', async () => {
    const box = await installed();
    const next = nightly(box, '1.1.0');
    const plane = planeOn(box, { isLeader: false });
    await change(plane, box, { channel: 'nightly', approve: { release: next.digest } });
    expect(intentOf(box)).toMatchObject({ channel: 'nightly', approvedRelease: next.digest });
    expect((await box.run()).running?.version).toBe('1.1.0');
    await expect(
      change(plane, box, { channel: 'stable', approve: { release: '9.9.9' } }),
    ).rejects.toMatchObject({ code: 'request.invalid' });
  });
});

describe('an approval', () => {
  const settle = async (): Promise<{ box: Box; approved: string }> => {
    const box = await installed();
    const { digest } = box.vendor.publish('1.1.0', 'good', { reversible: [] });
    box.intent({ approvedRelease: digest, approvedIrreversible: digest, approvedRetry: digest });
    return { box, approved: digest };
  };
  const APPROVALS = ['approvedRelease', 'approvedIrreversible', 'approvedRetry'];
  const left = (box: Box): readonly string[] => APPROVALS.filter((key) => Object.hasOwn(intentOf(box), key));

  it.each([
    ['another channel', { channel: 'nightly' }],
    ['a pin', { pin: '1.0.0' }],
  ])('ends with %s', async (_name, intent) => {
    const { box } = await settle();
    await setIntent(box.ports().cluster, { intent }, { actor: ADA }, box.signal);
    expect(left(box)).toEqual([]);
  });

  it('does not fire again once a pin is taken back', async () => {
    const box = await installed();
    const { digest } = box.vendor.publish('1.1.0');
    box.request('check-now', 'check-0001');
    await box.run();
    const { cluster } = box.ports();
    await setIntent(cluster, { intent: { approvedRelease: digest } }, { actor: ADA }, box.signal);
    await box.run();
    await setIntent(cluster, { intent: { pin: '1.0.0' } }, { actor: ADA }, box.signal);
    expect((await box.run()).running?.version).toBe('1.0.0');
    await setIntent(cluster, { intent: { pin: null } }, { actor: ADA }, box.signal);
    const status = await box.run();
    expect(status.running?.version).toBe('1.0.0');
    expect(status.available?.version).toBe('1.1.0');
  });

  it('stays when the same channel is named again, or something else changes', async () => {
    const { box } = await settle();
    await change(planeOn(box), box, { channel: 'stable', hold: true, pin: null });
    expect(left(box)).toEqual(APPROVALS);
    box.intent({ channel: 'stable' });
    const again = { intent: { channel: 'stable', hold: false, pin: null } };
    await setIntent(box.ports().cluster, again, { actor: ADA }, box.signal);
    expect(left(box)).toEqual(APPROVALS);
  });

  it('is the only one: another approval ends the one before, the change that approves keeps its own', async () => {
    const { box, approved } = await settle();
    const other = box.vendor.publish('1.2.0').digest;
    const { cluster } = box.ports();
    const intent = { pin: '1.2.0', approvedRelease: other };
    await setIntent(cluster, { intent }, { actor: ADA }, box.signal);
    expect(left(box)).toEqual(['approvedRelease']);
    expect(intentOf(box)['approvedRelease']).not.toBe(approved);
  });
});

describe('handle: requests', () => {
  const ask = (plane: Plane, box: Box, body: unknown): Promise<Accepted> =>
    plane.handle.request(VerbBody.parse(body), WHO, box.signal);

  it('R-03 keeps one for one id, however often and through whichever replica it comes', async () => {
    const box = await installed();
    const body = { id: 'check-0001', verb: 'check-now', reason: 'the vendor called' };
    const first = await ask(planeOn(box), box, body);
    expect(await ask(planeOn(box, { isLeader: false }), box, body)).toEqual(first);
    expect(specOf(box)['requests']).toEqual([
      {
        id: 'check-0001',
        verb: 'check-now',
        at: box.clock.now().toISOString(),
        actor: { ...ADA, reason: 'the vendor called' },
      },
    ]);
    const status = await box.run();
    expect(status.handledRequests).toEqual(['check-0001']);
    await ask(planeOn(box), box, body);
    expect(specOf(box)['requests']).toHaveLength(1);
  });

  it('R-09 R-12 cancel what is under way, and the operation says by whom', async () => {
    const box = await installed();
    const next = box.vendor.publish('1.1.0', 'slow');
    box.intent({ approvedRelease: next.digest, actor: { ...ADA, reason: 'new release' } });
    const engine = box.engine();
    while (box.open() === undefined) await box.tryCycle(engine);
    const plane = planeOn(box, { isLeader: false });
    await ask(plane, box, { id: 'cancel-0001', verb: 'cancel' });
    const status = await box.run();
    expect(status.running?.version).toBe('1.0.0');
    const { operations } = await plane.handle.operations(box.signal);
    const cancelled = operations.find(({ outcome }) => outcome === 'cancelled');
    expect(cancelled).toMatchObject({
      to: { version: '1.1.0' },
      actor: { by: 'ada', reason: 'new release' },
    });
    expect(cancelled?.problem?.detail).toContain('ada');
  });

  it('R-52 has no verb for putting a message away: that is the page\u2019s own business and reaches nobody', async () => {
    expect(VerbBody.safeParse({ id: 'dismiss-0001', verb: 'dismiss' }).success).toBe(false);
    const box = await installed();
    const plane = planeOn(box);
    const before = fingerprint(box);
    await plane.handle.releases(box.signal);
    await plane.handle.operations(box.signal);
    plane.handle.live.subscribe(undefined, () => undefined)();
    expect(fingerprint(box)).toBe(before);
  });
});
