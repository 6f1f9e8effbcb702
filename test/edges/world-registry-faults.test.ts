import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Digest, Repository } from 'host-service/contract/names.ts';
import { Problem } from 'host-service/contract/problem.ts';
import { unpack } from 'host-service/edges/archive/unpack.ts';
import type { RegistryOptions } from 'host-service/edges/registry/options.ts';
import { createRegistry } from 'host-service/edges/registry/registry.ts';
import type { Registry, RegistryAnswer } from 'host-service/engine/ports.ts';
import type { EmbeddedRegistry, RegistryFault } from '../world/ports.ts';
import { startRegistry } from '../world/registry/registry.ts';
import { Vendor } from './publish/vendor.ts';

/** A channel that the real publisher filled, looked at by the code that boxes run. */
let server: EmbeddedRegistry;
let vendor: Vendor;
const opened: (() => Promise<void>)[] = [];
const signal = new AbortController().signal;

beforeAll(async () => {
  server = await startRegistry();
  vendor = await Vendor.open(server.host);
  await vendor.makeKeys();
  await vendor.publishVersion('1.0.0');
  await vendor.must(...vendor.promoteCommand('stable', '--release', '1.0.0'));
});
afterEach(async () => {
  vi.useRealTimers();
  await server.setFault({ kind: 'none' });
  await Promise.all(opened.splice(0).map((close) => close()));
});
afterAll(async () => {
  await vendor?.close();
  await server?.stop();
});

function connect(credentials?: RegistryOptions['credentials']): Registry {
  const token = { host: server.host, realm: `http://${server.host}/token`, service: server.host };
  const registry = createRegistry({ registries: [], unpack, token, credentials });
  opened.push(() => registry.close());
  return registry;
}
const repositoryOf = (name: string): Repository => Repository.parse(`${server.host}/${name}`);
const look = (registry: Registry): Promise<RegistryAnswer> =>
  registry.look({ repository: repositoryOf('release'), reference: 'stable-v2' }, signal);
async function artifactOf(registry: Registry) {
  const answer = await look(registry);
  if (answer.kind !== 'artifact') throw new Error(JSON.stringify(answer));
  return answer.artifact;
}
const codeOf = (answer: RegistryAnswer): string =>
  'problem' in answer ? `${answer.kind} ${answer.problem.code}` : answer.kind;

/** The config bundle of the release, by the digest its document names. */
async function configOf() {
  const { document } = await artifactOf(connect());
  const { config } = JSON.parse(Buffer.from(document).toString()) as {
    config: { digest: string; size: number };
  };
  return { repository: repositoryOf('config'), digest: Digest.parse(config.digest), size: config.size };
}

describe('a registry that misbehaves', () => {
  it('is as good as a healthy one when it is healthy: two requests on one connection, then one', async () => {
    const registry = connect();
    const { ociDigest, etag, date } = await artifactOf(registry);
    expect(registry.counters()).toEqual({ requests: 2, connections: 1 });
    expect(Date.parse(date ?? '')).not.toBeNaN();
    const query = { repository: repositoryOf('release'), reference: 'stable-v2' };
    const again = await registry.look({ ...query, unless: { digest: ociDigest, etag } }, signal);
    expect(again).toMatchObject({ kind: 'unchanged', ociDigest });
    expect(registry.counters()).toEqual({ requests: 3, connections: 1 });
  });

  const FAULTS: readonly (readonly [RegistryFault, string])[] = [
    [{ kind: 'down' }, 'unavailable registry.connect'],
    [{ kind: 'status', status: 503 }, 'unavailable registry.outage'],
    [{ kind: 'status', status: 500 }, 'unavailable registry.outage'],
    [{ kind: 'status', status: 403 }, 'unavailable registry.denied'],
    [{ kind: 'status', status: 404 }, 'unavailable registry.not-found'],
    [{ kind: 'unauthorized' }, 'unavailable registry.denied'],
    [{ kind: 'missing', match: 'release' }, 'unavailable registry.not-found'],
    [{ kind: 'truncate' }, 'refused registry.damaged'],
    [{ kind: 'lie' }, 'refused registry.damaged'],
    [{ kind: 'slow', delayMs: 50 }, 'artifact'],
    [{ kind: 'missing', match: 'something else' }, 'artifact'],
  ];
  it.each(FAULTS)('R-27 %o: %s; the same client is served as soon as it heals', async (fault, code) => {
    const registry = connect();
    await artifactOf(registry);
    await server.setFault(fault);
    expect(codeOf(await look(registry))).toBe(code);
    expect(codeOf(await look(connect()))).toBe(code);
    await server.setFault({ kind: 'none' });
    expect(codeOf(await look(registry))).toBe('artifact');
  });

  it('R-27 a credential that the registry rejects does not keep a public channel away', async () => {
    const wrong = connect(() => Promise.resolve({ username: 'old', password: 'revoked' }));
    expect(codeOf(await look(wrong))).toBe('artifact');
    await server.setFault({ kind: 'unauthorized' });
    expect(codeOf(await look(wrong))).toBe('unavailable registry.denied');
  });

  it('R-27 429: registry.rate-limited, at once, with the time it asks for', async () => {
    await server.setFault({ kind: 'status', status: 429, retryAfterSeconds: 600 });
    const registry = connect();
    const before = server.counters().requests;
    const answer = await look(registry);
    expect(codeOf(answer)).toBe('unavailable registry.rate-limited');
    expect(answer).toMatchObject({ retryAfterMs: 600_000 });
    expect(server.counters().requests - before).toBe(2);
  });

  it('R-27 stall: registry.timeout and served again once it heals', async () => {
    await server.setFault({ kind: 'stall' });
    const registry = connect();
    // How long the client waits for an answer is its own affair; only that clock is moved on.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    let answer: RegistryAnswer | undefined;
    const looking = look(registry).then((came) => (answer = came));
    for (let step = 0; answer === undefined && step < 600; step += 1) {
      await vi.advanceTimersByTimeAsync(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    vi.useRealTimers();
    expect(codeOf(await looking)).toBe('unavailable registry.timeout');
    await server.setFault({ kind: 'none' });
    expect(codeOf(await look(connect()))).toBe('artifact');
  });

  it('slow: whoever waits is answered when it heals', async () => {
    const registry = connect();
    await server.setFault({ kind: 'slow', delayMs: 3_600_000 });
    const before = server.counters().requests;
    const looking = look(registry);
    while (server.counters().requests === before) await new Promise((resolve) => setTimeout(resolve, 5));
    await server.setFault({ kind: 'none' });
    expect(codeOf(await looking)).toBe('artifact');
    expect(server.counters().requests - before).toBe(2);
  });

  const SPOILED: readonly (readonly [RegistryFault, string])[] = [
    [{ kind: 'truncate' }, 'registry.damaged'],
    [{ kind: 'lie' }, 'registry.damaged'],
    [{ kind: 'missing', match: 'config' }, 'registry.not-found'],
    [{ kind: 'down' }, 'registry.connect'],
  ];
  it.each(SPOILED)(
    'R-27 %o: the bundle of a release is %s, and comes whole afterwards',
    async (fault, code) => {
      const config = await configOf();
      await server.setFault(fault);
      const registry = connect();
      const failed = registry.bundle(config, signal).then(
        () => 'no problem',
        (problem: unknown) => (problem instanceof Problem ? problem.code : problem),
      );
      expect(await failed).toBe(code);
      await server.setFault({ kind: 'none' });
      expect([...(await registry.bundle(config, signal)).keys()]).toContain('base/kustomization.yaml');
    },
  );

  it('missing: one repository lost its content, the others have theirs', async () => {
    const config = await configOf();
    await server.setFault({ kind: 'missing', match: 'config' });
    const registry = connect();
    expect(await registry.missing([config], 'amd64', signal)).toEqual([
      `${config.repository}@${config.digest}`,
    ]);
    expect(codeOf(await look(registry))).toBe('artifact');
  });
});
