import { describe, expect, it } from 'vitest';
import { IntentChange, IntentPreview } from 'host-service/contract/api/intent.ts';
import { runCycle } from 'host-service/engine/cycle.ts';
import { createHandle } from 'host-service/engine/handle/create-handle.ts';
import type { Registry } from 'host-service/engine/ports.ts';
import { fingerprint, installed, nightly, pass, planeOn, WHO, type Plane } from './handle-world.ts';
import { Box } from './world/box.ts';

/** A preview that is what the contract says, and after which every object is what it was. */
async function preview(plane: Plane, box: Box, body: unknown): Promise<IntentPreview> {
  const before = fingerprint(box);
  const found = await plane.handle.previewIntent(IntentChange.parse(body), WHO, box.signal);
  expect(fingerprint(box)).toBe(before);
  expect(IntentPreview.parse(JSON.parse(JSON.stringify(found)))).toEqual(JSON.parse(JSON.stringify(found)));
  return found;
}
const asked = (box: Box): number => box.vendor.registry.asked.length;
const memoryOf = ({ engine }: Plane): string =>
  JSON.stringify(engine.memory, (_key, value: unknown) =>
    value instanceof Map ? [...value] : value instanceof Set ? [...value] : value,
  );

describe('handle: what a change would lead to', () => {
  it('is asked of the other channel, and nothing of it remains in cluster or engine', async () => {
    const box = await installed();
    nightly(box, '1.1.0');
    const plane = planeOn(box);
    await runCycle(plane.engine, box.signal);
    const memory = memoryOf(plane);
    const found = await preview(plane, box, { channel: 'nightly' });
    expect(memoryOf(plane)).toBe(memory);
    expect(found).toMatchObject({
      changes: [{ path: 'intent.channel', to: 'nightly' }],
      target: { version: '1.0.0' },
      available: { version: '1.1.0' },
      direction: 'update',
      plan: { kind: 'steps', verb: 'update', from: { version: '1.0.0' }, to: { version: '1.1.0' } },
      problem: { code: 'plan.approval-needed', subject: '1.1.0' },
    });
    expect(found.trace.map(({ rule }) => rule)).toContain('policy');
    expect(box.release(found.available?.digest ?? '')).toBeUndefined();
  });

  it('needs no Lease, and no look where the channel stays the same', async () => {
    const box = await installed();
    const next = box.vendor.publish('1.1.0');
    box.request('check-now', 'check-0001');
    await box.run();
    const plane = planeOn(box, { isLeader: false });
    const before = asked(box);
    const found = await preview(plane, box, { updatePolicy: { update: 'auto' } });
    expect(asked(box)).toBe(before);
    expect(found).toMatchObject({
      changes: [{ path: 'updatePolicy.update', from: 'approve', to: 'auto' }],
      target: { digest: next.digest },
      direction: 'update',
      plan: { kind: 'steps' },
    });
    expect(found.problem).toBeUndefined();
    expect(found.plan.timeMs?.usual).toBeGreaterThan(0);
    expect(found.plan.timeMs?.worst).toBeGreaterThanOrEqual(found.plan.timeMs?.usual ?? 0);
  });

  it('agrees with what then happens', async () => {
    const box = await installed();
    const next = nightly(box, '1.1.0');
    const plane = planeOn(box);
    const change = { channel: 'nightly', approve: { release: '1.1.0' } };
    const found = await preview(plane, box, change);
    expect(found).toMatchObject({ target: { digest: next.digest }, direction: 'update' });
    expect(found.problem).toBeUndefined();
    const { intentRevision } = await plane.handle.changeIntent(
      IntentChange.parse(change),
      { ...WHO, expected: found.intentRevision },
      box.signal,
    );
    expect(intentRevision).toBe(found.intentRevision + 1);
    const status = await box.run();
    expect(status.running?.digest).toBe(next.digest);
    expect(
      box
        .operations()
        .at(-1)
        ?.status?.steps.map(({ kind }) => kind),
    ).toEqual(found.plan.steps.map(({ kind }) => kind));
  });

  it('R-19 tells that the other channel is older, that one waits for it, and that one may go back', async () => {
    const box = new Box();
    box.vendor.publish('1.1.0');
    await box.run();
    nightly(box, '1.0.0');
    const plane = planeOn(box);
    const wait = await preview(plane, box, { channel: 'nightly' });
    expect(wait).toMatchObject({
      target: { version: '1.1.0' },
      direction: 'none',
      plan: { kind: 'nothing' },
    });
    expect(wait.trace.find(({ rule }) => rule === 'direction')).toMatchObject({ verdict: 'wait' });
    const back = await preview(plane, box, {
      channel: 'nightly',
      whenOlder: 'go-back',
      updatePolicy: { update: 'auto' },
    });
    expect(back).toMatchObject({ target: { version: '1.0.0' }, direction: 'back' });
  });

  it('tells an installation, the answers that it lacks, and that a secret would be one of them', async () => {
    const box = new Box();
    box.product = (await installed()).product;
    box.vendor.publish('1.0.0');
    box.edit((spec) => ({ ...spec, settings: {} }));
    const plane = planeOn(box);
    expect(await preview(plane, box, { hold: false })).toMatchObject({
      changes: [],
      target: { version: '1.0.0' },
      plan: { kind: 'blocked' },
      problem: { code: 'plan.settings-missing' },
    });
    const secrets = { password: 'correct horse' };
    const found = await preview(plane, box, { settings: { appUrl: 'https://psa.example.com' }, secrets });
    expect(found).toMatchObject({ direction: 'install', plan: { kind: 'steps', verb: 'install' } });
    expect(found.changes).toEqual([
      { path: 'settings.appUrl', to: 'https://psa.example.com' },
      { path: 'secrets.password' },
    ]);
    expect(JSON.stringify(found)).not.toContain('correct horse');
    expect(found.problem).toBeUndefined();
  });

  it('tells what a pin, a hold, an unpin and the end of an approval mean', async () => {
    const box = await installed();
    const next = box.vendor.publish('1.1.0');
    box.request('check-now', 'check-0001');
    await box.run();
    const plane = planeOn(box);
    expect(await preview(plane, box, { pin: '1.1.0' })).toMatchObject({
      target: { digest: next.digest },
      direction: 'update',
    });
    expect(await preview(plane, box, { pin: '1.1.0', hold: true })).toMatchObject({
      target: { version: '1.0.0' },
      problem: { code: 'plan.held' },
    });
    expect(await preview(plane, box, { pin: '3.0.0' })).toMatchObject({
      direction: 'none',
      problem: { code: 'registry.not-found' },
    });
    box.intent({ pin: '1.0.0', approvedRelease: next.digest });
    const before = asked(box);
    expect(await preview(plane, box, { hold: true })).toMatchObject({
      changes: [{ path: 'intent.hold', from: false, to: true }],
      target: { version: '1.0.0' },
    });
    expect(asked(box)).toBe(before);
    expect(await preview(plane, box, { pin: null })).toMatchObject({
      changes: [
        { path: 'intent.approvedRelease', from: next.digest },
        { path: 'intent.pin', from: '1.0.0' },
      ],
      target: { version: '1.0.0' },
      available: { digest: next.digest },
      problem: { code: 'plan.approval-needed' },
    });
  });

  it('R-18 refuses what the change itself would be refused for, and R-21 tells that the registry is away', async () => {
    const box = await installed();
    const plane = planeOn(box);
    const wrong = plane.handle.previewIntent(IntentChange.parse({ channel: 'beta' }), WHO, box.signal);
    await expect(wrong).rejects.toMatchObject({ code: 'request.invalid' });
    const late = plane.handle.previewIntent({ hold: true }, { ...WHO, expected: 99 }, box.signal);
    await expect(late).rejects.toMatchObject({ code: 'request.conflict' });
    box.vendor.registry.away = { code: 'registry.connect', detail: 'cut' };
    const found = await preview(plane, box, { channel: 'nightly' });
    expect(found).toMatchObject({
      target: { version: '1.0.0' },
      direction: 'none',
      problem: { code: 'registry.connect' },
    });
  });

  it('keeps what the engine was told last: a refusal stays one, a registry that is away stays away', async () => {
    const box = await installed();
    const plane = planeOn(box);
    for (const code of ['registry.connect', 'registry.denied'] as const) {
      box.vendor.registry.away = { code, detail: 'cut' };
      box.request('check-now', `check-${code.replace('.', '-')}`);
      await box.run();
      const before = asked(box);
      expect(await preview(plane, box, { whenOlder: 'go-back' })).toMatchObject({
        direction: 'none',
        problem: { code },
      });
      expect(asked(box)).toBe(before);
    }
    box.vendor.registry.away = undefined;
    box.vendor.publish('1.1.0', 'good', {}, { expires: '2026-11-20T12:00:00Z' });
    box.request('check-now', 'check-expired');
    await box.run();
    expect(await preview(plane, box, { whenOlder: 'go-back' })).toMatchObject({
      problem: { code: 'release.expired' },
    });
  });

  it('is done within 20 s: a registry that never answers is away, a cluster that never answers ends it', async () => {
    const box = await installed();
    const silent: Registry = { ...box.vendor.registry.port, look: () => new Promise(() => undefined) };
    const plane = planeOn(box);
    const mute = { ...plane.engine, ports: { ...plane.engine.ports, registry: silent } };
    const options = { cluster: plane.cluster, wake: plane.wake, build: 'x', isLeader: () => true };
    const quiet = createHandle(mute, options).previewIntent({ channel: 'nightly' }, WHO, box.signal);
    await pass(box, 13_000, 500);
    expect(await quiet).toMatchObject({ problem: { code: 'registry.timeout' }, direction: 'none' });
    const cluster = { ...plane.cluster, list: () => new Promise<never>(() => undefined) };
    const stuck = createHandle(mute, { ...options, cluster }).previewIntent({ hold: true }, WHO, box.signal);
    const ended = expect(stuck).rejects.toMatchObject({ code: 'cluster.timeout' });
    await pass(box, 21_000, 500);
    await ended;
  });
});
