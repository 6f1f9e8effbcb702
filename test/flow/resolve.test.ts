import { describe, expect, it } from 'vitest';
import { Digest, Repository } from 'host-service/contract/names.ts';
import { Floor } from 'host-service/contract/objects.ts';
import { Problem } from 'host-service/contract/problem.ts';
import { releaseTag } from 'host-service/core/release/digest.ts';
import { emptyResolveMemory } from 'host-service/engine/resolve-input.ts';
import { bytesOf, digestFor } from '../fixtures/documents.ts';
import { codeOf, ResolveWorld } from '../fixtures/resolve-world.ts';
import { makeKey, makeTrust, signBundle, trustKey } from '../fixtures/sign.ts';

const SEQUENCE = 1_795_000_000_000;
const later = (by: number) => ({ sequence: SEQUENCE + by });
const floorOf = (world: ResolveWorld, key = 'stable'): Floor => {
  const [map] = world.cluster.of('ConfigMap');
  return Floor.parse(JSON.parse((map?.['data'] as Record<string, string>)[key] ?? 'null'));
};
const away = { code: 'registry.connect', detail: 'registry.example.com: refused' } as const;

describe('resolving a channel', () => {
  it('keeps the release and its floor, once', async () => {
    const world = new ResolveWorld();
    const { digest, content } = world.publish();
    const first = await world.resolve();
    expect(first.answer).toEqual({ kind: 'resolved', digest, confirmations: 1 });
    expect(first.stored.map((entry) => entry.digest)).toEqual([digest]);
    expect(floorOf(world)).toMatchObject({
      sequence: SEQUENCE,
      release: { version: '1.0.0' },
      signedSeen: true,
    });
    const [object] = world.cluster.of('Release');
    expect(object?.metadata.name).toBe(digest.slice(7, 19));
    expect(object?.['spec']).toMatchObject({
      digest,
      ociDigest: content.ociDigest,
      keyIds: ['release-1', 'channel-1'],
    });
    const writes = world.cluster.writes;
    expect((await world.resolve()).answer).toMatchObject({ confirmations: 2 });
    expect(world.cluster.writes).toBe(writes);
  });

  it('asks the registry once when nothing has changed, and for completeness only once (R-20)', async () => {
    const world = new ResolveWorld();
    world.publish();
    await world.resolve();
    const again = await world.resolve();
    expect(again.channel.requests).toBe(1);
    expect(world.registry.completeness).toBe(1);
  });

  it('works on without its memory', async () => {
    const world = new ResolveWorld();
    const { digest } = world.publish();
    await world.resolve();
    world.memory = emptyResolveMemory();
    const writes = world.cluster.writes;
    expect((await world.resolve()).answer).toEqual({ kind: 'resolved', digest, confirmations: 1 });
    expect(world.cluster.writes).toBe(writes);
  });

  it('answers that the registry is away, and still knows the last statement', async () => {
    const world = new ResolveWorld();
    world.publish();
    await world.resolve();
    world.memory = emptyResolveMemory();
    world.registry.away = away;
    const before = world.snapshot();
    const resolution = await world.resolve();
    expect(resolution.answer).toEqual({ kind: 'unavailable', problem: away });
    expect(resolution.statement?.sequence).toBe(SEQUENCE);
    expect(world.snapshot()).toBe(before);
  });

  it('stays away when the registry cannot tell whether all parts are there', async () => {
    const world = new ResolveWorld();
    world.publish();
    world.registry.port.missing = () => Promise.reject(new Problem('registry.outage', '503'));
    expect((await world.resolve()).answer).toMatchObject({
      kind: 'unavailable',
      problem: { code: 'registry.outage' },
    });
    expect(world.cluster.writes).toBe(0);
  });

  it('reads the floor again when somebody else raised it meanwhile', async () => {
    const world = new ResolveWorld();
    world.publish();
    await world.resolve();
    const [map] = world.cluster.of('ConfigMap');
    const higher = JSON.stringify({ ...floorOf(world), sequence: SEQUENCE + 5 });
    let first = true;
    world.cluster.beforeWrite = () => {
      if (!first) return;
      first = false;
      world.cluster.foreign({ ...map!, data: { stable: higher } });
    };
    world.publish({ release: { version: '1.1.0' }, statement: later(1) });
    expect(codeOf(await world.resolve())).toBe('release.rollback');
    expect(floorOf(world).sequence).toBe(SEQUENCE + 5);
  });

  it('fails closed when the floor cannot be read', async () => {
    const world = new ResolveWorld();
    world.publish();
    await world.resolve();
    const [map] = world.cluster.of('ConfigMap');
    world.cluster.foreign({ ...map!, data: { stable: '{"sequence":1}' } });
    await expect(world.resolve()).rejects.toMatchObject({ code: 'cluster.bad-answer' });
  });

  it('keeps a floor for each repository of one channel', async () => {
    const world = new ResolveWorld();
    world.publish();
    await world.resolve();
    const repository = 'registry.example.com/vendor/other-release';
    world.publish({ statement: { repository, sequence: 7 } });
    const resolution = await world.resolve({}, { repository: Repository.parse(repository) });
    expect(codeOf(resolution)).toBe('resolved');
    expect(floorOf(world).sequence).toBe(SEQUENCE);
  });

  it('refuses a channel that the product does not have', async () => {
    const world = new ResolveWorld();
    expect(codeOf(await world.resolve({ channel: 'beta' }))).toBe('request.invalid');
  });

  it('keeps floors of two channels apart', async () => {
    const world = new ResolveWorld();
    world.publish();
    await world.resolve();
    world.publish({ tag: 'nightly-v2', statement: { channel: 'nightly', sequence: 5 } });
    expect(codeOf(await world.resolve({ channel: 'nightly' }))).toBe('resolved');
    expect(floorOf(world, 'nightly').sequence).toBe(5);
    expect(floorOf(world).sequence).toBe(SEQUENCE);
  });

  it('fetches the stop on the way and what replaces a withdrawn release', async () => {
    const world = new ResolveWorld();
    world.running = world.publish().digest;
    await world.resolve();
    const stop = world.publish({ release: { version: '1.5.0' }, statement: null, tag: 'x' });
    world.registry.publish(releaseTag(stop.digest), stop.content);
    const path = [{ from: '<1.5.0', release: { digest: stop.digest, version: '1.5.0' } }];
    world.publish({ release: { version: '2.0.0' }, statement: { ...later(1), path } });
    await world.resolve();
    expect([...world.releases().values()].map(({ release }) => release.version).sort()).toEqual([
      '1.0.0',
      '1.5.0',
      '2.0.0',
    ]);
  });

  it('says when a stop cannot be fetched', async () => {
    const world = new ResolveWorld();
    world.running = world.publish().digest;
    await world.resolve();
    const path = [{ from: '<1.5.0', release: { digest: digestFor('gone'), version: '1.5.0' } }];
    world.publish({ release: { version: '2.0.0' }, statement: { ...later(1), path } });
    expect((await world.resolve()).problems.map(({ code }) => code)).toEqual(['registry.not-found']);
  });
});

describe('resolving a pin', () => {
  const world = () => {
    const made = new ResolveWorld();
    made.publish();
    const other = made.publish({ release: { version: '0.9.0' }, statement: null, tag: '0.9.0' });
    made.registry.publish(releaseTag(other.digest), other.content);
    return { made, other };
  };

  it.each([
    ['a version', ({ other }: ReturnType<typeof world>) => (other.digest === '' ? '' : '0.9.0')],
    ['the digest of the document', ({ other }: ReturnType<typeof world>) => other.digest],
    ['the digest of the manifest', ({ other }: ReturnType<typeof world>) => other.content.ociDigest],
  ])('finds it by %s, and by the same without the registry', async (_name, pinOf) => {
    const { made, other } = world();
    const pin = pinOf({ made, other });
    expect((await made.resolve({ pin })).answer).toMatchObject({ kind: 'resolved', digest: other.digest });
    made.registry.away = away;
    expect((await made.resolve({ pin })).answer).toMatchObject({ kind: 'resolved', digest: other.digest });
  });

  it('still needs a signature', async () => {
    const { made } = world();
    made.publish({ release: { version: '0.8.0' }, statement: null, tag: '0.8.0', releaseKeys: [] });
    expect(codeOf(await made.resolve({ pin: '0.8.0' }))).toBe('release.unsigned');
  });

  it('refuses what is kept here when its key was revoked since', async () => {
    const { made } = world();
    await made.resolve({ pin: '0.9.0' });
    made.trust = makeTrust(made.trust.keys, { revoked: ['release-1'] });
    expect(codeOf(await made.resolve({ pin: '0.9.0' }))).toBe('release.key-revoked');
  });

  it('refuses a tag that holds another version', async () => {
    const { made } = world();
    made.publish({ release: { version: '0.7.1' }, statement: null, tag: '0.7.0' });
    expect(codeOf(await made.resolve({ pin: '0.7.0' }))).toBe('release.damaged');
  });

  it('refuses what is neither version nor digest', async () => {
    expect(codeOf(await world().made.resolve({ pin: 'latest' }))).toBe('request.invalid');
  });

  it('says that it is not there', async () => {
    expect(codeOf(await world().made.resolve({ pin: digestFor('nothing') }))).toBe('registry.not-found');
  });
});

describe('the baked release', () => {
  it('is kept without the registry, although its statement has expired, and sets the first floor', async () => {
    const world = new ResolveWorld();
    const { digest, content } = world.publish();
    world.now = new Date('2029-01-01T00:00:00Z');
    world.registry.away = away;
    const resolution = await world.resolve({ channel: 'nightly' }, { baked: { artifact: content, digest } });
    expect(resolution.answer.kind).toBe('unavailable');
    expect(world.releases().get(digest)?.object.spec.source).toBe('baked');
    expect(floorOf(world).sequence).toBe(SEQUENCE);
  });

  it('must be the one that the box was built with', async () => {
    const world = new ResolveWorld();
    const { content } = world.publish();
    const digest = Digest.parse(digestFor('another'));
    const { problems } = await world.resolve({}, { baked: { artifact: content, digest } });
    expect(problems).toMatchObject([{ code: 'release.damaged', subject: 'baked' }]);
  });
});

describe('a change of keys', () => {
  const offer = (world: ResolveWorld, over: Record<string, unknown> = {}, signers = [world.rootKey]) => {
    const fresh = makeKey('release-2');
    const keys = [...world.trust.keys, trustKey(fresh, ['release'])];
    const json = {
      ...{ schema: 'appliance.keys/v1', product: 'test-product', version: 2, issued: '2026-11-20T00:00:00Z' },
      ...{ keys, revoked: ['release-1'], thresholds: world.trust.thresholds },
      ...over,
    };
    const bytes = bytesOf(json);
    const bundles = signers.map((key) => signBundle(bytes, key));
    return { fresh, keys: { bytes, bundles } };
  };

  it('counts at once and stays when the document is gone', async () => {
    const world = new ResolveWorld();
    const { fresh, keys } = offer(world);
    world.publish({ releaseKeys: [fresh], keys });
    const resolution = await world.resolve();
    expect(resolution.trust.version).toBe(2);
    expect(codeOf(resolution)).toBe('resolved');
    world.publish({ release: { version: '1.1.0' }, statement: later(1), releaseKeys: [fresh] });
    expect(codeOf(await world.resolve())).toBe('resolved');
    world.publish({ release: { version: '1.2.0' }, statement: later(2) });
    expect(codeOf(await world.resolve())).toBe('release.key-revoked');
  });

  it.each([
    ['skips a version', { version: 3 }],
    ['is of another product', { product: 'other' }],
    ['leaves no root key', { keys: [], thresholds: {} }],
    ['asks for more keys than there are', { thresholds: { root: 1, release: 8, channel: 1, gate: 1 } }],
  ])('that %s is refused with trust.keys-refused; the present keys stay', async (_name, over) => {
    const world = new ResolveWorld();
    world.publish({ keys: offer(world, over).keys });
    const resolution = await world.resolve();
    expect(resolution.problems).toMatchObject([{ code: 'trust.keys-refused' }]);
    expect(resolution.trust.version).toBe(1);
    expect(codeOf(resolution)).toBe('resolved');
  });

  it('that is signed by a release key is refused', async () => {
    const world = new ResolveWorld();
    world.publish({ keys: offer(world, {}, [world.releaseKey]).keys });
    expect((await world.resolve()).problems[0]?.detail).toContain('release.key-role');
  });

  it('is not confirmed by a trust document whose keys are unusable: trust.invalid', async () => {
    const world = new ResolveWorld();
    world.trust = makeTrust([{ id: 'broken', publicKey: 'no key', roles: ['release'] }]);
    world.publish();
    expect(codeOf(await world.resolve())).toBe('trust.invalid');
  });
});
