import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApiProxy, type ApiProxy, type Cut, type Write } from './support/api-proxy.ts';
import type { ControlPlane } from './support/control-plane.ts';
import { at, expectPinned, journalOf } from './support/facts.ts';
import { Scene, SOURCE, ROOT_KUSTOMIZATION } from './support/scene.ts';

/** More kills than any of these stories can have: a write that is another one each time would go on for ever. */
const LIMIT = 600;

/** Continuous integration takes each write's two sides in turn, one per write: every write still meets a death, in half the time. */
const HALF = process.env['APPLIANCE_TEST_HALF'] === '1';
const share = HALF ? 0.5 : 1;

/** Every write gets two deaths: once before the API server sees it, once after it is done but before the answer arrives. */
class Reaper {
  readonly kills: string[] = [];
  readonly #seen = new Set<string>();
  enabled = true;

  decide(write: Write): Cut {
    if (!this.enabled) return 'pass';
    if (HALF && (this.#seen.has(`before ${write.key}`) || this.#seen.has(`after ${write.key}`)))
      return 'pass';
    const sides = ['before', 'after'] as const;
    for (const cut of HALF && this.#seen.size % 2 === 1 ? sides.toReversed() : sides) {
      const key = `${cut} ${write.key}`;
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      this.kills.push(`${cut} ${write.method} ${write.path}`);
      if (this.kills.length > LIMIT) throw new Error(`writes never repeat: ${write.key}`);
      return cut;
    }
    return 'pass';
  }
}

async function kubeconfigFor(scene: Scene, proxy: ApiProxy): Promise<string> {
  const path = join(scene.world.folder, 'proxied.kubeconfig');
  const cluster = { name: 'c', cluster: { server: proxy.url } };
  const user = { name: 'u', user: { token: scene.world.token } };
  const context = { name: 'x', context: { cluster: 'c', user: 'u' } };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [cluster],
    users: [user],
    contexts: [context],
  };
  await writeFile(path, JSON.stringify({ ...config, 'current-context': 'x' }));
  return path;
}

describe('kill -9 at every write', () => {
  let scene: Scene;
  let proxy: ApiProxy;
  let box: ControlPlane;
  const reaper = new Reaper();

  beforeAll(async () => {
    scene = await Scene.open();
    await scene.vendor.release('1.0.0');
    await scene.vendor.release('1.1.0');
    await scene.vendor.release('1.2.0');
    await scene.vendor.promote('stable', '1.0.0');
    proxy = await startApiProxy({
      apiServer: scene.world.apiServer,
      ca: await readFile(scene.world.caFile, 'utf8'),
    });
    box = scene.controlPlane('box', {}, await kubeconfigFor(scene, proxy));
    proxy.arm(
      (write) => reaper.decide(write),
      async () => {
        await box.kill();
        await box.start();
      },
    );
    await box.start();
  });

  afterAll(async () => {
    reaper.enabled = false;
    await scene?.close();
    await proxy?.close();
  });

  it('R-53 B-43 ends a setup as if nothing had happened', async () => {
    await scene.until('it says what is missing', ({ problems }) => problems.length > 0, 300_000);
    await scene.answer();
    await scene.until(
      '1.0.0 runs',
      ({ phase, lastGood }) => phase === 'running' && lastGood?.version === '1.0.0',
      900_000,
    );
    await expectPinned(scene, '1.0.0');
    console.log(`setup: ${reaper.kills.length} kills`);
    expect(reaper.kills.length).toBeGreaterThan(40 * share);
  }, 1_300_000);

  it('ends an update as if nothing had happened', async () => {
    const before = reaper.kills.length;
    await scene.vendor.promote('stable', '1.1.0');
    await scene.until('1.1.0 is offered', ({ available }) => available?.version === '1.1.0', 120_000);
    await scene.must('approve', '1.1.0', '--by', 'ada');
    await scene.until(
      '1.1.0 runs',
      ({ phase, lastGood }) => phase === 'running' && lastGood?.version === '1.1.0',
      600_000,
    );
    await expectPinned(scene, '1.1.0');
    console.log(`update: ${reaper.kills.length - before} kills`);
    expect(reaper.kills.length - before).toBeGreaterThan(15 * share);
  }, 800_000);

  it('ends a way back as if nothing had happened', async () => {
    const before = reaper.kills.length;
    await scene.vendor.promote('stable', '1.2.0');
    await scene.until('1.2.0 is offered', ({ available }) => available?.version === '1.2.0', 120_000);
    await scene.must('approve', '1.2.0', '--by', 'ada');
    await scene.until(
      'back at 1.1.0',
      ({ phase, running, quarantined }) =>
        phase === 'running' && running?.version === '1.1.0' && quarantined.length === 1,
      900_000,
    );
    await expectPinned(scene, '1.1.0');
    console.log(`bad update and way back: ${reaper.kills.length - before} kills`);
    expect(reaper.kills.length - before).toBeGreaterThan(20 * share);
  }, 1_100_000);

  it('B-06 has done nothing twice', async () => {
    expect(await journalOf(scene)).toEqual([
      ['install', '1.0.0', 'succeeded'],
      ['update', '1.1.0', 'succeeded'],
      ['update', '1.2.0', 'failed'],
      ['revert', '1.1.0', 'succeeded'],
    ]);
    // Installed, moved on, moved on, moved back: four contents, four generations; the Kustomization never changed.
    expect((await scene.get(SOURCE)).metadata.generation).toBe(4);
    expect((await scene.get(ROOT_KUSTOMIZATION)).metadata.generation).toBe(1);
    const changes = await changesOfSecrets(scene);
    expect([...changes.keys()]).toContain('msp/alga-psa-shared');
    expect([...changes].filter(([, contents]) => contents !== 1)).toEqual([]);
    expect([...(await creations(scene))].filter(([, count]) => count > 1)).toEqual([]);
  });

  /** Contents that the product's Secrets have ever had, counted from the API server's audit log. */
  async function changesOfSecrets(of: Scene): Promise<ReadonlyMap<string, number>> {
    const versions = new Map<string, Set<string>>();
    for (const event of await ours(of)) {
      if (event.objectRef?.resource !== 'secrets' || !['create', 'update', 'patch'].includes(event.verb))
        continue;
      if ((event.responseStatus?.code ?? 500) >= 300) continue;
      const name = `${event.objectRef.namespace ?? ''}/${event.objectRef.name ?? ''}`;
      const data = JSON.stringify(at(event.requestObject, 'data'));
      versions.set(name, (versions.get(name) ?? new Set()).add(data));
    }
    return new Map([...versions].map(([name, contents]) => [name, contents.size]));
  }

  /** How often each object was created. */
  async function creations(of: Scene): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    for (const event of await ours(of)) {
      if (event.responseStatus?.code !== 201 || event.objectRef?.resource === 'events') continue;
      const { resource = '', namespace = '', name = '' } = event.objectRef ?? {};
      const created = name === '' ? JSON.stringify(at(event.requestObject, 'metadata', 'name')) : name;
      const key = `${resource} ${namespace}/${created}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return counts;
  }

  const ours = async (of: Scene) =>
    (await of.world.readAudit()).filter(
      ({ userAgent }) => userAgent?.startsWith('appliance-control-plane') === true,
    );
});
