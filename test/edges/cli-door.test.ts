import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { doorOf } from 'host-service/cli/desk/door.ts';
import { Problem } from 'host-service/contract/problem.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NAMESPACE } from '../flow/access-world.ts';
import { CliWorld, run, type Ran } from './cli-world.ts';

const never = new AbortController().signal;

describe('the way of a command to the box', () => {
  let world: CliWorld;
  let api: string;
  const all: Ran[] = [];
  const tried = async (...argv: readonly string[]): Promise<Ran> => {
    const ran = await run(...argv);
    all.push(ran);
    return ran;
  };
  const cluster = (): readonly string[] => ['--kubeconfig', world.kubernetes.kubeconfig];
  const slice = async (name: string, fields: Record<string, unknown>): Promise<void> => {
    const labels = { 'kubernetes.io/service-name': 'appliance-control-plane' };
    const head = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4' };
    await world.cluster.apply(
      { ...head, metadata: { name, namespace: NAMESPACE, labels }, ...fields },
      { signal: never },
    );
  };

  beforeAll(async () => {
    world = await CliWorld.open();
    api = await world.serve();
  }, 60_000);
  afterAll(async () => {
    await world?.close();
  });

  it('says that no control plane is ready, and what there is to do', async () => {
    const ran = await tried('status', ...cluster());
    expect(ran).toMatchObject({ exit: 4, out: '' });
    expect(ran.err).toContain('client.disconnected');
    expect(ran.err).toContain('--direct works on the objects');
  });

  it('finds a ready control plane in the cluster, passes over those that are not, and signs in by rights on the cluster', async () => {
    const port = Number(new URL(api).port);
    await slice('appliance-control-plane-gone', {
      endpoints: [{ addresses: ['127.0.0.2'], conditions: { ready: false } }],
      ports: [{ name: 'http', port }],
    });
    await slice('appliance-control-plane-here', {
      // Nothing listens at the first address: the list may be older than the pods.
      endpoints: [{ addresses: ['127.0.0.3'] }, { addresses: ['127.0.0.1'], conditions: { ready: true } }],
      ports: [
        { name: 'metrics', port: 9 },
        { name: 'http', port },
      ],
    });
    const ran = await tried('intent', '--hold', ...cluster(), '--by', 'Ada', '--reason', 'found', '--json');
    expect(ran).toMatchObject({ exit: 0, err: '' });
    expect((await world.spec())['intent']).toMatchObject({
      actor: { by: 'ada', via: 'cli', reason: 'found' },
    });
  });

  it('takes the address from APPLIANCE_API, and prefers what was said by --api', async () => {
    process.env['APPLIANCE_API'] = api;
    try {
      expect(await tried('status', ...world.as('vic'))).toMatchObject({ exit: 0 });
      const ran = await tried('status', '--api', 'http://127.0.0.1:9', ...world.as('vic'));
      expect(ran).toMatchObject({ exit: 4 });
      expect(ran.err).toContain('nothing listens there');
    } finally {
      delete process.env['APPLIANCE_API'];
    }
  });

  it('signs in with a password from a file, and out when it is done', async () => {
    const ran = await tried('intent', '--no-hold', '--api', api, ...world.as('ada'), '--reason', 'as myself');
    expect(ran).toMatchObject({ exit: 0 });
    expect((await world.spec())['intent']).toMatchObject({ hold: false, actor: { by: 'ada', via: 'ui' } });
    const auth = await world.cluster.get(
      { apiVersion: 'v1', kind: 'Secret', namespace: NAMESPACE, name: 'appliance-auth' },
      never,
    );
    const { 'auth.json': text = '' } = Object(auth?.['data']) as Record<string, string>;
    const { revoked } = JSON.parse(Buffer.from(text, 'base64').toString()) as { revoked: object[] };
    expect(revoked.length).toBeGreaterThan(0);
  });

  it('R-18 lets a viewer look and refuses everything else, leaving the box as it was', async () => {
    const before = await world.spec();
    for (const verb of [
      ['intent', '--hold'],
      ['approve', '1.1.0'],
      ['check-now'],
      ['approve', '1.1.0', '--dry-run'],
    ]) {
      const ran = await tried(...verb, '--api', api, ...world.as('vic'));
      expect({ verb, exit: ran.exit, isDenied: ran.err.includes('session.denied') }).toEqual({
        verb,
        exit: 3,
        isDenied: true,
      });
    }
    expect(await world.spec()).toEqual(before);
    expect(await tried('releases', '--api', api, ...world.as('vic'))).toMatchObject({ exit: 0 });
  });

  it('B-93 B-96 refuses a wrong password without falling back to the rights on the cluster, in words of its own', async () => {
    const file = join(world.folder, 'wrong');
    await writeFile(file, 'not the password at all');
    const ran = await tried(
      'status',
      '--api',
      api,
      ...cluster(),
      '--user',
      'ada',
      '--password-file',
      file,
      '--json',
    );
    expect(ran.exit).toBe(3);
    expect(JSON.parse(ran.out)).toMatchObject({
      code: 'session.login-failed',
      title: expect.any(String) as string,
    });
    expect(ran.out + ran.err).not.toMatch(/not the password at all|\.ts:\d|at async/);
  });

  it('tells what is missing or contradicts itself before it goes anywhere', () => {
    const refusal = (options: object, env = {}): string => {
      try {
        doorOf(options, env);
        return 'open';
      } catch (error) {
        return error instanceof Problem ? `${error.code} ${error.detail}` : 'not a problem';
      }
    };
    expect(refusal({})).toMatch(/^request.invalid say where the box is/);
    expect(refusal({}, { APPLIANCE_API: '' })).toMatch(/where the box is/);
    expect(refusal({ api: 'https://box' })).toMatch(/say who asks/);
    expect(refusal({ direct: true })).toMatch(/--direct needs --kubeconfig/);
    expect(refusal({ direct: true, kubeconfig: 'k', api: 'https://box' })).toMatch(/two ways/);
    expect(refusal({ direct: true, kubeconfig: 'k', user: 'ada', passwordFile: 'p' })).toMatch(
      /needs no --user/,
    );
    expect(refusal({ api: 'https://box', user: 'ada' })).toMatch(/go together/);
    expect(refusal({ api: 'https://box', user: 'ada', passwordFile: 'p', by: 'x' })).toMatch(/who signs in/);
    expect(refusal({ kubeconfig: 'k', ca: 'c' })).toMatch(/--ca goes with --api/);
    expect(refusal({ kubeconfig: 'k', direct: true }, { APPLIANCE_API: 'https://box' })).toBe('open');
    expect(refusal({ kubeconfig: 'k' })).toBe('open');
  });

  it('B-71 sends a session over the wire only where nobody else listens', () => {
    const to = (api: string): unknown => {
      try {
        const door = doorOf({ api, kubeconfig: 'k' }, {});
        return door.way === 'api' ? door.origin : door.way;
      } catch (error) {
        return (error as Problem).detail;
      }
    };
    expect(to('http://127.0.0.1:8080/')).toBe('http://127.0.0.1:8080');
    expect(to('https://box.local')).toBe('https://box.local');
    expect(to('http://box.local')).toContain('must be https');
    expect(to('http://127.0.0.1.evil.example')).toContain('must be https');
    expect(to('https://ada:secret@box.local')).toBe('the address of the API must not carry user or password');
    expect(to('https://box.local/api')).toContain('scheme, host and port only');
    expect(to('box.local')).toContain('is not http(s)');
  });

  it('says on the objects that there is no box, and that the cluster does not answer', async () => {
    const direct = ['--direct', ...cluster(), '--config', world.config];
    const elsewhere = join(world.folder, 'absent.yaml');
    expect(await tried('status', '--direct', ...cluster(), '--config', elsewhere)).toMatchObject({ exit: 2 });
    await world.kubernetes.setFault({ kind: 'down' });
    try {
      const ran = await tried('status', ...direct);
      expect(ran).toMatchObject({ exit: 4, out: '' });
      expect(ran.err).toContain('cluster.unavailable');
    } finally {
      await world.kubernetes.setFault({ kind: 'none' });
    }
  });

  it('leaves no password and no session in what it says', () => {
    const text = all.map(({ out, err }) => out + err).join('\n');
    expect(text).not.toContain('violet anvil');
    expect(text).not.toMatch(/v1\.[A-Za-z0-9_-]{40,}\./);
  });
});
