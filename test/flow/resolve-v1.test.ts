import { describe, expect, it } from 'vitest';
import { MEDIA } from 'host-service/contract/names.ts';
import type { ReleaseArtifact } from 'host-service/engine/ports.ts';
import { digestFor, fixture, makeProduct, productJson } from '../fixtures/documents.ts';
import { artifact } from '../fixtures/memory-registry.ts';
import { codeOf, ResolveWorld } from '../fixtures/resolve-world.ts';
import { makeTrust, trustKey } from '../fixtures/sign.ts';

const GHCR = 'ghcr.io/nine-minds';
const component = (name: string, chart: string, images: readonly string[]) => ({
  ...{ name, kind: 'HelmRelease', namespace: 'alga-system', tier: 'core', title: name },
  ...{ chart, images },
});

/** A box of the AlgaPSA kind, whose policy still reads unsigned documents. */
function box(policy = 'allow-until 2026-12-31'): ResolveWorld {
  const world = new ResolveWorld();
  const release = productJson()['release'] as Record<string, unknown>;
  const v1 = {
    config: `${GHCR}/alga-appliance-config`,
    controlPlane: `${GHCR}/alga-appliance-control-plane`,
    charts: `${GHCR}/charts`,
    images: {
      algaCore: `${GHCR}/alga-psa-ee`,
      workflowWorker: `${GHCR}/workflow-worker`,
      emailService: `${GHCR}/email-service`,
      temporalWorker: `${GHCR}/temporal-worker`,
    },
  };
  world.product = makeProduct({
    release: { ...release, v1 },
    // One chart serves two components, as the predecessor has it.
    components: [
      component('alga-core', 'sebastian', ['algaCore']),
      component('pgbouncer', 'sebastian', []),
      component('temporal', 'temporal', []),
    ],
    inject: [{ component: 'alga-core', path: 'server.image.tag', image: 'algaCore', form: 'tag-at-digest' }],
  });
  world.trust = makeTrust([trustKey(world.releaseKey), trustKey(world.rootKey, ['root'])], {
    unsigned: policy,
    registries: ['registry.example.com', 'ghcr.io'],
    repositories: ['registry.example.com/vendor/*', `${GHCR}/*`],
  });
  const tags = [
    ['alga-psa-ee', '62cdce38'],
    ['alga-psa-ee', '51bd0a11'],
    ['workflow-worker', 'a2cbb43'],
    ['workflow-worker', '51bd0a11'],
    ['email-service', '61e4a00e'],
    ['email-service', '51bd0a11'],
    ['temporal-worker', 'a2cbb43'],
    ['temporal-worker', '51bd0a11'],
    ['alga-appliance-control-plane', '62cdce38'],
    ['charts/sebastian', '0.0.1'],
    ...['temporal', 'temporal-worker', 'workflow-worker', 'email-service'].map((name) => [
      `charts/${name}`,
      '0.1.0',
    ]),
  ];
  for (const [name, tag] of tags) {
    world.registry.tags.set(`${GHCR}/${name}:${tag}`, {
      digest: digestFor(`${name}:${tag}`) as never,
      size: 500,
    });
  }
  return world;
}

/** The seed's JSON; its placeholder digest becomes that of a bundle that carries the values as files. */
function seed(world: ResolveWorld): ReleaseArtifact {
  const bundle = digestFor('bundle');
  const document = Buffer.from(fixture('v1-seed.json').toString().replace('sha256:...', bundle));
  const text = (source: string): Uint8Array => Buffer.from(source);
  world.registry.bundles.set(
    bundle,
    new Map([
      ['profiles/single-node/alga-core.single-node.yaml', text('server:\n  image:\n    tag: none\n')],
      ['profiles/single-node/pgbouncer.single-node.yaml', text('a: 1\n')],
      ['profiles/other/alga-core.other.yaml', text('b: 1\n')],
      ['base/kustomization.yaml', text('c: 1\n')],
    ]),
  );
  return artifact({ document, configMediaType: MEDIA.v1Config, artifactType: undefined });
}
const profileValues = (): ReleaseArtifact =>
  artifact({
    document: fixture('v1-profile-values.json'),
    configMediaType: 'application/json',
    artifactType: undefined,
  });

/** A baked v2 release lends the parts that v1 lacks. */
async function withBaked(world: ResolveWorld): Promise<void> {
  const { content, digest } = world.publish({ tag: 'unused' });
  world.registry.references.delete('unused');
  const trust = makeTrust([trustKey(world.releaseKey), trustKey(world.channelKey)]);
  await world.resolve({}, { baked: { artifact: content, digest }, trust });
}

describe('a document of the predecessor', () => {
  it('with its values in the bundle (seed 004) is read as a release, its tags resolved once', async () => {
    const world = box();
    world.registry.publish('stable', seed(world));
    const resolution = await world.resolve();
    expect(codeOf(resolution)).toBe('resolved');
    const [known] = world.releases().values();
    expect(known?.object.spec).toMatchObject({
      upgradedFrom: 'v1',
      signed: false,
      keyIds: [],
      version: '1.0.3',
    });
    const { release } = known!;
    expect(release.images['algaCore']).toMatchObject({
      tag: '62cdce38',
      digest: digestFor('alga-psa-ee:62cdce38'),
    });
    expect(Object.keys(release.charts)).toEqual([
      'sebastian',
      'temporal',
      'temporal-worker',
      'workflow-worker',
      'email-service',
    ]);
    expect(release.components.map(({ chart }) => chart)).toEqual(['sebastian', 'sebastian', 'temporal']);
    expect(Object.keys(release.values)).toEqual(['alga-core', 'pgbouncer']);
    expect(release.controlPlane).toMatchObject({
      version: '0.0.0',
      digest: digestFor('alga-appliance-control-plane:62cdce38'),
    });
    expect(release.reversible).toEqual([]);
    const asked = world.registry.asked.length;
    world.registry.tags.clear();
    world.memory.looks.clear();
    expect(codeOf(await world.resolve())).toBe('resolved');
    expect(world.registry.asked.slice(asked)).toEqual(['stable-v2', 'stable']);
  });

  it('with profileValues inside takes the missing control plane from the baked release', async () => {
    const world = box();
    await withBaked(world);
    world.registry.publish('stable', profileValues());
    // The baked release was signed: unsigned documents are refused on its channel from then on.
    expect(codeOf(await world.resolve())).toBe('registry.not-found');
    world.registry.publish('nightly', profileValues());
    const resolution = await world.resolve({ channel: 'nightly' });
    expect(codeOf(resolution)).toBe('resolved');
    const known = [...world.releases().values()].find(({ release }) => release.version === '1.0.2');
    expect(known?.release.controlPlane.repository).toBe('registry.example.com/vendor/control-plane');
    expect(known?.release.released).toBe('2026-10-01T08:00:00Z');
    expect(known?.release.images['emailService']?.tag).toBe('51bd0a11');
    expect(Object.keys(known?.release.values ?? {})).toEqual(['alga-core', 'email-service']);
  });

  it('without a control plane anywhere is invalid', async () => {
    const world = box();
    world.registry.publish('stable', profileValues());
    expect(codeOf(await world.resolve())).toBe('release.invalid');
  });

  it.each([
    ['refuse', 'registry.not-found'],
    ['allow-until 2026-11-20', 'registry.not-found'],
    ['allow-until 2026-11-21', 'resolved'],
    ['allow-until 2026-02-31', 'registry.not-found'],
  ])('under policy "%s" on 2026-11-21 gives %s', async (policy, code) => {
    const world = box(policy);
    world.registry.publish('stable', seed(world));
    expect(codeOf(await world.resolve())).toBe(code);
  });

  it('is refused as unsigned where the policy does not allow it, without asking for its parts', async () => {
    const world = box('refuse');
    world.registry.publish('stable-v2', seed(world));
    expect(codeOf(await world.resolve())).toBe('release.unsigned');
    expect(world.registry.asked).toEqual(['stable-v2']);
  });

  it('is read until the last second of the named day and not in the next', async () => {
    const world = box('allow-until 2026-12-31');
    world.registry.publish('stable', seed(world));
    world.now = new Date('2026-12-31T23:59:59.999Z');
    expect(codeOf(await world.resolve())).toBe('resolved');
    world.now = new Date('2027-01-01T00:00:00Z');
    expect(codeOf(await world.resolve())).toBe('registry.not-found');
  });

  it('that points elsewhere is refused before anything is asked there', async () => {
    const world = box();
    const { document } = seed(world);
    const text = Buffer.from(document)
      .toString()
      .replace('"62cdce38",', '"62cdce38", "x": "",')
      .replace('"controlPlane": "62cdce38"', '"controlPlane": "evil.example.org/a/b:1"');
    world.registry.publish(
      'stable',
      artifact({ document: Buffer.from(text), configMediaType: MEDIA.v1Config }),
    );
    expect(codeOf(await world.resolve())).toBe('release.not-allowed');
    expect(world.registry.asked.some((name) => name.includes('evil'))).toBe(false);
  });

  it('with a tag that is not in the registry is incomplete', async () => {
    const world = box();
    world.registry.publish('stable', seed(world));
    world.registry.tags.delete(`${GHCR}/charts/temporal:0.1.0`);
    expect(codeOf(await world.resolve())).toBe('release.incomplete');
    expect(world.cluster.writes).toBe(0);
  });

  it('with a placeholder instead of a digest is invalid', async () => {
    const world = box();
    world.registry.publish(
      'stable',
      artifact({ document: fixture('v1-seed.json'), configMediaType: MEDIA.v1Config }),
    );
    expect(codeOf(await world.resolve())).toBe('release.invalid');
  });

  it('gives way to a signed release for good', async () => {
    const world = box();
    world.trust = makeTrust([trustKey(world.releaseKey), trustKey(world.channelKey)], {
      ...{
        unsigned: 'allow-until 2026-12-31',
        registries: world.trust.registries,
        repositories: world.trust.repositories,
      },
    });
    world.registry.publish('stable', seed(world));
    expect(codeOf(await world.resolve())).toBe('resolved');
    world.publish();
    expect(codeOf(await world.resolve())).toBe('resolved');
    world.publish({
      release: { version: '1.9.0' },
      statement: { sequence: 1_795_000_000_009 },
      releaseKeys: [],
      channelKeys: [],
    });
    expect(codeOf(await world.resolve())).toBe('release.unsigned');
    world.registry.publish('stable-v2', seed(world));
    expect(codeOf(await world.resolve())).toBe('release.unsigned');
  });

  it('is refused on a signed channel without asking a registry for what it names', async () => {
    const world = box();
    world.trust = makeTrust([trustKey(world.releaseKey), trustKey(world.channelKey)], {
      unsigned: 'allow-until 2026-12-31',
      registries: world.trust.registries,
      repositories: world.trust.repositories,
    });
    world.publish();
    expect(codeOf(await world.resolve())).toBe('resolved');
    world.registry.publish('stable-v2', seed(world));
    world.registry.bundles.clear();
    world.registry.tags.clear();
    expect(codeOf(await world.resolve())).toBe('release.unsigned');
  });
});
