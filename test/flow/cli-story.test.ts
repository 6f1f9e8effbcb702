import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlPlane } from '../cluster/support/control-plane.ts';
import { SETTINGS, type Ran, type Scene } from '../cluster/support/scene.ts';
import { writeFile } from 'node:fs/promises';
import { openEmbeddedScene, type EmbeddedScene } from '../world/scene-world.ts';

const PROGRAM = fileURLToPath(new URL('../../host-service/bin/appliance.ts', import.meta.url));
const NAMESPACE = 'alga-appliance-control-plane';
const SLICES = `/apis/discovery.k8s.io/v1/namespaces/${NAMESPACE}/endpointslices`;
const SLICE = 'appliance-control-plane-1';
const DEADLINE_MS = 90_000;

/** The real control plane as a process, the real command line as processes, and between them only the API that the cluster names. */
describe('a person at a terminal, through the API', { timeout: 120_000 }, () => {
  let scene: Scene;
  let world: EmbeddedScene['world'];
  let box: ControlPlane;

  /** What the platform does for a ready pod of the Service. */
  const announce = async (): Promise<void> => {
    const { port } = new URL(box.url);
    const labels = { 'kubernetes.io/service-name': 'appliance-control-plane' };
    await scene.world.kube.apply(`${SLICES}/${SLICE}`, {
      ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4' },
      metadata: { name: SLICE, namespace: NAMESPACE, labels },
      endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
      ports: [{ name: 'http', port: Number(port) }],
    });
  };
  const appliance = (...argv: readonly string[]): Promise<Ran> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [PROGRAM, ...argv, '--kubeconfig', scene.world.kubeconfig]);
      const printed = { stdout: '', stderr: '' };
      for (const name of ['stdout', 'stderr'] as const)
        child[name].on('data', (chunk: Buffer) => (printed[name] += chunk.toString()));
      child.on('close', (code) => resolve({ code: code ?? -1, ...printed }));
    });
  const watch = (until: string): Promise<Ran> =>
    appliance('watch', '--until', until, '--timeout', String(DEADLINE_MS / 1000));

  beforeAll(async () => {
    ({ scene, world } = await openEmbeddedScene());
    await scene.vendor.release('1.0.0');
    await scene.vendor.promote('stable', '1.0.0');
    box = scene.controlPlane('box');
    await box.start();
    await scene.until('it asks', ({ phase }) => phase === 'needs-you', DEADLINE_MS);
    await announce();
  }, 120_000);
  afterAll(async () => {
    await scene?.close();
  });

  it('answers the questions of the installation and follows it to its end', async () => {
    const password = join(scene.world.folder, 'admin-password');
    await writeFile(password, 'correct horse battery staple\n', { mode: 0o600 });
    const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['--setting', `${name}=${value}`]);
    const told = await appliance(
      'intent',
      ...settings,
      '--secret',
      `adminPassword=${password}`,
      '--by',
      'installer',
    );
    expect(told).toMatchObject({ code: 0, stderr: '' });
    const { code, stdout } = await watch('1.0.0');
    expect(code).toBe(0);
    expect(stdout).toMatch(/running: running 1\.0\.0/);
    expect((await appliance('operations')).stdout).toContain('nothing -> 1.0.0  succeeded');
  });

  it('R-05 R-06 approves an update and follows it although the control plane is killed and another one takes over', async () => {
    await scene.vendor.release('1.1.0');
    await scene.vendor.promote('stable', '1.1.0');
    expect((await appliance('check-now', '--by', 'ada')).code).toBe(0);
    await scene.until('1.1.0 is offered', ({ available }) => available?.version === '1.1.0', DEADLINE_MS);
    const preview = await appliance('approve', '1.1.0', '--dry-run');
    expect(preview).toMatchObject({ code: 0 });
    expect(preview.stdout).toContain('update from 1.0.0 to 1.1.0');
    // Nothing is delivered until the other one has taken over, however quick this machine is.
    world.platform.setFault({ kind: 'delivery-stopped' });
    const watching = watch('1.1.0');
    const approved = await appliance('approve', '1.1.0', '--by', 'ada', '--reason', 'maintenance window');
    expect(approved).toMatchObject({ code: 0, stderr: '' });
    await scene.until('it is at work', ({ phase }) => phase === 'updating', DEADLINE_MS);
    await box.kill();
    await box.start();
    await announce();
    world.platform.setFault({ kind: 'none' });
    const { code, stdout, stderr } = await watching;
    expect({ code, end: stdout.trim().split('\n').at(-1) }).toMatchObject({
      code: 0,
      end: expect.stringContaining('running 1.1.0') as string,
    });
    const numbers = [...stdout.matchAll(/-update-\S+ (\d+) /g)].map(([, n]) => Number(n));
    // Each event of the operation since we came, once and in order.
    expect(numbers.length).toBeGreaterThan(1);
    expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] ?? 0) + at));
    expect(stderr === '' || stderr.includes('trying again')).toBe(true);
    const { stdout: shown } = await appliance('operations', '--json');
    const [newest] = (JSON.parse(shown) as { operations: { actor: object; outcome: string }[] }).operations;
    expect(newest).toMatchObject({
      outcome: 'succeeded',
      actor: { by: 'ada', via: 'cli', reason: 'maintenance window' },
    });
  });
});
