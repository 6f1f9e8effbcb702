import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildBoot } from '../../scripts/build/boot.ts';
import { NoDebian } from '../../scripts/build/image-debian.ts';
import { buildImage, ownArchitecture } from '../../scripts/build/image.ts';
import { makeMachine, type Machine, type Run } from './support/machine.ts';
import { PAUSE, pauseTar } from './support/pause.ts';
import { platformPrograms } from './support/platform.ts';
import { REPOSITORY, trustText } from './support/template.ts';

const programs = await platformPrograms('node');
const parent = await mkdtemp(join(tmpdir(), `appliance-boot-${process.pid}-template-`));
const digest = programs.missing === undefined ? await boxAround(await realImage()) : undefined;
const reason = programs.missing ?? (digest === undefined ? 'no Debian packages for the image' : 'real node');
const NAMESPACE = 'alga-appliance-control-plane';
const PODS = ['-n', NAMESPACE, 'get', 'pods', '-o'];
let machine: Machine;

/** The image as it is shipped. undefined where it cannot be made. */
async function realImage(): Promise<string | undefined> {
  const folder = join(parent, 'layout');
  try {
    await buildImage({ folder, architecture: ownArchitecture, version: '1.2.3', revision: 'boot' });
    return folder;
  } catch (error) {
    if (error instanceof NoDebian) return undefined;
    throw error;
  }
}

async function boxAround(image: string | undefined): Promise<string | undefined> {
  if (image === undefined) return undefined;
  const trust = join(parent, 'trust.yaml');
  await writeFile(trust, trustText(1));
  const product = join(import.meta.dirname, '../../flux-base/product.yaml');
  const images = [await pauseTar(parent, programs.paths.get('pause') ?? '')];
  const folder = join(parent, 'box');
  return (await buildBoot({ folder, repository: REPOSITORY, image, product, trust, images, programs: true }))
    .digest;
}

beforeAll(async () => {
  if (digest === undefined) return;
  const paths = [...programs.paths].filter(([name]) => name !== 'pause').map(([, path]) => path);
  machine = await makeMachine(join(parent, 'box'), paths, { K3S_STANDIN_PAUSE: PAUSE });
});
afterAll(async () => {
  await machine?.stop();
  await rm(parent, { recursive: true, force: true });
});

/** What the control plane says about itself, asked through the platform as a person would. */
const version = async (): Promise<unknown> =>
  JSON.parse(
    await machine.kube(
      'get',
      '--raw',
      `/api/v1/namespaces/${NAMESPACE}/services/http:appliance-control-plane:http/proxy/api/version`,
    ),
  );

/** The code is on the disk for root alone, what it is checked by in the cluster, and the journal knows neither (B-58, B-70). */
async function expectClaimCode(run: Run, detail: string): Promise<void> {
  expect(run.lines).toContainEqual(expect.objectContaining({ stage: 'claim', level: 'info', detail }));
  const path = join(machine.root, 'var/lib/appliance/claim-code');
  const code = (await readFile(path, 'utf8')).trim();
  expect(code).toMatch(/^[0-9A-Z]{4}(-[0-9A-Z]{4}){2}$/);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(run.text).not.toContain(code);
  const secret = ['secret', 'appliance-claim', '-n', NAMESPACE, '-o', 'jsonpath={.data.claim\\.json}'];
  const stored = Buffer.from(await machine.kube('get', ...secret), 'base64').toString('utf8');
  expect(JSON.parse(stored)).toMatchObject({ by: 'host' });
  expect(stored).not.toContain(code);
}

describe.skipIf(digest === undefined)(`a box without any network (${reason})`, () => {
  it('brings up the real control plane from an empty machine, from what came with it only (R20, R-17, B-53, B-58)', async () => {
    const run = await machine.boot({ APPLIANCE_TEST_PATIENCE: '120' });
    expect(run.ended, run.text).toBe(0);
    expect(await version()).toMatchObject({ version: '1.2.3', sourceRevision: 'boot' });
    const [pod, ...others] = (
      await machine.kube(
        ...PODS,
        'jsonpath={range .items[*]}{.status.containerStatuses[0].imageID}{"\\n"}{end}',
      )
    )
      .trim()
      .split('\n');
    expect(pod).toContain(digest);
    expect(others).toEqual([]);
    // Its own programs came with it, and Node for them alone.
    expect(run.lines).toContainEqual(
      expect.objectContaining({ stage: 'identity', level: 'info', detail: 'identity renewed' }),
    );
    expect(run.lines).toContainEqual(
      expect.objectContaining({
        stage: 'roll',
        detail: expect.stringMatching(/current|held|refused|status 75/) as string,
      }),
    );
    await expectClaimCode(run, 'made: the code lies on this host');
    await expect(machine.inside('node', '--version')).rejects.toThrow();
    await expect(machine.inside('ip', 'route', 'get', '192.0.2.1')).resolves.toContain('dev appl0');
  });

  it('comes back from a power cut that tore what others keep, with the same control plane and nothing made anew (R-17)', async () => {
    const names = 'jsonpath={.items[*].metadata.uid}';
    const before = await machine.kube(...PODS, names);
    await machine.cutPower();
    // What others write without syncing it may be empty afterwards, and stays so: of the image store, and of the pods' networks.
    const store = join(
      machine.root,
      'var/lib/rancher/k3s/agent/containerd/io.containerd.grpc.v1.introspection',
    );
    await mkdir(store, { recursive: true });
    await writeFile(join(store, 'uuid'), '');
    const networks = join(machine.root, 'var/lib/cni/results');
    const kept = await readdir(networks);
    expect(kept.length).toBeGreaterThan(0);
    for (const name of kept) await writeFile(join(networks, name), '');
    const run = await machine.boot({ APPLIANCE_TEST_PATIENCE: '120' });
    expect(run.ended, run.text).toBe(0);
    await expectClaimCode(run, 'kept: the code on this host opens the box');
    expect(run.text).not.toContain('imported');
    expect(await version()).toMatchObject({ version: '1.2.3' });
    expect(await machine.kube(...PODS, names)).toBe(before);
  });

  it('comes back when its image store was lost with everything in it (R-17)', async () => {
    await machine.cutPower();
    await rm(join(machine.root, 'var/lib/rancher/k3s/agent/containerd'), { recursive: true });
    const run = await machine.boot({ APPLIANCE_TEST_PATIENCE: '120' });
    expect(run.ended, run.text).toBe(0);
    expect(run.lines.filter(({ detail }) => detail.startsWith('imported'))).toHaveLength(2);
    expect(await version()).toMatchObject({ version: '1.2.3' });
  });

  it('puts back what came with it when the control plane that is wanted here cannot run (R-17, B-53)', async () => {
    const missing = `${REPOSITORY}@sha256:${'7'.repeat(64)}`;
    const patch = {
      spec: {
        strategy: { type: 'Recreate', rollingUpdate: null },
        template: { spec: { containers: [{ name: 'control-plane', image: missing }] } },
      },
    };
    const own = ['-n', NAMESPACE, 'deployment', 'appliance-control-plane'];
    await machine.kube('patch', ...own, '--type=strategic', '-p', JSON.stringify(patch));
    const run = await machine.boot({ APPLIANCE_TEST_PATIENCE: '45' });
    expect(run.ended, run.text).toBe(0);
    expect(run.lines).toContainEqual(
      expect.objectContaining({ stage: 'roll', level: 'warn', code: 'boot.roll' }),
    );
    const image = 'jsonpath={.spec.template.spec.containers[0].image}';
    expect(await machine.kube('get', ...own, '-o', image)).toBe(`${REPOSITORY}@${digest}`);
    expect(await version()).toMatchObject({ version: '1.2.3' });
  }, 400_000);
});
