import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crdFiles } from '../../scripts/generate/crds.ts';
import { conditionIs } from './bootstrap.ts';
import { eventually, KubeError } from './kube.ts';
import type { KubeObject } from './kube.ts';
import { startWorld } from './world.ts';
import type { World } from './world.ts';

const GROUP = '/apis/appliance.nineminds.com/v1alpha1';
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const ROOT = join(import.meta.dirname, '../..');
const digest = `sha256:${'a'.repeat(64)}`;
const problem = { code: 'cluster.timeout', detail: 'seen' };
const at = '2027-01-02T03:04:05.678Z';

const object = (kind: string, name: string, spec: object): KubeObject => ({
  apiVersion: 'appliance.nineminds.com/v1alpha1',
  kind,
  metadata: { name },
  spec,
});

const GOOD: readonly (readonly [string, KubeObject, object])[] = [
  [
    'appliances',
    object('Appliance', 'appliance', {
      intent: { channel: 'stable', approvedRelease: digest, actor: { by: 'ännä', via: 'cli' } },
      settings: { hostname: 'psa.example', port: 8080, tls: true },
      registries: [{ host: 'ghcr.io', mirrors: ['https://mirror.example'] }],
      requests: [{ id: 'aaaaaaaa', verb: 'retry', at, actor: { by: 'anna', via: 'ui' } }],
    }),
    {
      phase: 'running',
      intentRevision: 1,
      controlPlane: { version: '1.0.0', build: 'x', leader: 'one' },
      updatedAt: at,
      problems: [problem],
      tiers: { core: 'ready' },
      running: { digest, version: '1.2.3', signed: true },
    },
  ],
  [
    'releases',
    object('Release', 'aaaaaaaaaaaa', {
      digest,
      version: '1.2.3',
      repository: 'ghcr.io/nine-minds/release',
      source: 'channel',
      document: 'e30=',
      signed: true,
      admittedAt: at,
    }),
    { roles: ['running', 'last-good'], quarantine: { reason: problem, at } },
  ],
  [
    'operations',
    object('Operation', '20270102t030405-install-aaaaaaaa', {
      verb: 'install',
      to: { digest, version: '1.2.3' },
      profile: 'single-node',
      intentRevision: 1,
      actor: { by: 'engine', via: 'engine' },
      steps: ['install-flux', 'confirm'],
    }),
    {
      outcome: 'running',
      startedAt: at,
      steps: [{ kind: 'install-flux', title: 'Prepare', state: 'running', problem }],
      events: [{ n: 1, at, level: 'info', text: 'started' }],
    },
  ],
  ['hosts', object('Host', 'node-1', { images: ['a@b'] }), { facts: { cores: 4, name: 'x', kvm: true } }],
];

let world: World;
beforeAll(async () => {
  world = await startWorld({ flux: false, kwok: false, registry: false, controllers: false });
  for (const path of crdFiles().keys()) {
    const name = `${path.split('/').at(-1)?.replace('.yaml', '') ?? ''}.appliance.nineminds.com`;
    const text = await readFile(join(ROOT, path), 'utf8');
    await world.kube.apply(`${DEFINITIONS}/${name}`, text);
  }
});
afterAll(async () => world?.stop());

const statusOf = async (act: Promise<unknown>): Promise<number> =>
  act.then(
    () => 200,
    (error: unknown) => (error instanceof KubeError ? error.status : 0),
  );

describe('the generated definitions on a real API server', () => {
  it.each(GOOD.map(([plural]) => plural))('%s are established and structural', async (plural) => {
    const crd = await eventually(plural, async () => {
      const found = await world.kube.get(`${DEFINITIONS}/${plural}.appliance.nineminds.com`);
      return conditionIs(found, 'Established', 'True') ? found : undefined;
    });
    expect(JSON.stringify(crd['status'])).not.toContain('NonStructural');
    expect(crd.metadata.annotations).toMatchObject({ 'kustomize.toolkit.fluxcd.io/prune': 'disabled' });
  });

  it.each(GOOD)('%s take what the contract allows, in spec and status', async (plural, good, status) => {
    const created = JSON.parse(
      await world.kube.text('POST', `${GROUP}/${plural}?fieldValidation=Strict`, good),
    ) as KubeObject;
    expect(created['spec']).toEqual(good['spec']);
    const written = JSON.parse(
      await world.kube.text('PUT', `${GROUP}/${plural}/${good.metadata.name}/status?fieldValidation=Strict`, {
        ...created,
        status,
      }),
    ) as KubeObject;
    expect(written['status']).toEqual(status);
    expect(written.metadata.generation).toBe(1);
  });

  it('refuse what the contract refuses, naming the field', async () => {
    const bad = object('Appliance', 'bad', { intent: { channel: 'Not A Channel', whenOlder: 'never' } });
    const error: unknown = await world.kube.text('POST', `${GROUP}/appliances`, bad).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(KubeError);
    expect(String(error)).toContain('422');
    expect(String(error)).toContain('spec.intent.channel');
    expect(await statusOf(world.kube.text('POST', `${GROUP}/releases`, object('Release', 'x', {})))).toBe(
      422,
    );
    const line = object('Appliance', 'bad', { intent: { actor: { by: 'a\u202eb', via: 'cli' } } });
    expect(await statusOf(world.kube.text('POST', `${GROUP}/appliances`, line))).toBe(422);
  });

  it('keep fields that a newer version has written into a loose object', async () => {
    const newer = object('Appliance', 'newer', { siteConfig: { source: 'oci://x' }, intent: { hold: true } });
    const created = JSON.parse(await world.kube.text('POST', `${GROUP}/appliances`, newer)) as KubeObject;
    expect(created['spec']).toEqual(newer['spec']);
  });

  it('help a person who only has kubectl: short names, columns', async () => {
    const resources = await world.kube.get<{ resources: { name: string; shortNames?: string[] }[] }>(GROUP);
    const short = resources.resources.filter((one) => !one.name.includes('/'));
    expect(Object.fromEntries(short.map((one) => [one.name, one.shortNames]))).toEqual({
      appliances: ['appl'],
      releases: ['rel'],
      operations: ['op'],
      hosts: ['apphost'],
    });
  });
});
