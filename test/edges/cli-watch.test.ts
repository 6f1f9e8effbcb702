import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createApi } from 'host-service/api/app.ts';
import { createClock } from 'host-service/edges/clock/clock.ts';
import { listen, type Listener } from 'host-service/edges/listener/listener.ts';
import { StatusView } from 'host-service/contract/api/status.ts';
import { createJudge, goalOf } from 'host-service/cli/verbs/watch-until.ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { digestFor, NOW } from '../fixtures/documents.ts';
import { ApiWorld, makeView } from '../flow/api-world.ts';
import { CliWorld, run } from './cli-world.ts';

const PROGRAM = fileURLToPath(new URL('../../host-service/bin/appliance.ts', import.meta.url));
const AT = NOW.toISOString();

interface Shown {
  readonly phase: string;
  readonly running?: string;
  readonly read?: number;
  readonly operation?: { readonly name: string; readonly outcome: string; readonly to: string };
}

/** A box as its status says it. */
function viewOf(revision: number, { phase, running, read = revision, operation }: Shown): StatusView {
  const side = (version: string): object => ({ digest: digestFor(version), version });
  return StatusView.parse({
    ...makeView(revision, `c${revision}-${phase}-${operation?.outcome ?? ''}`),
    status: {
      ...{ phase, intentRevision: read, updatedAt: AT },
      ...(running === undefined ? {} : { running: { ...side(running), signed: true } }),
      controlPlane: { version: '0.1.0', build: 'b', leader: 'x' },
    },
    ...(operation === undefined
      ? {}
      : {
          operation: {
            ...{ name: operation.name, verb: 'update', to: side(operation.to), intentRevision: revision },
            ...{ actor: { by: 'ada', via: 'cli' }, outcome: operation.outcome, startedAt: AT, resumes: 0 },
            ...{ steps: [], lastEvent: 0 },
            ...(operation.outcome === 'failed'
              ? { problem: { code: 'observe.probe-failed', detail: 'it answers 500' } }
              : {}),
          },
        }),
  });
}

describe('appliance watch', () => {
  let world: ApiWorld;
  let listener: Listener;
  let folder: string;

  const open = async (address: string): Promise<void> => {
    const api = createApi(world.host(), world.options({ clock: createClock(), cookies: 'plain' }));
    listener = await listen(address, (request, connection) => api.fetch(request, connection));
  };
  const show = (view: StatusView): void => {
    world.live.view = view;
    world.live.publish({ name: 'snapshot', id: view.cursor, data: view });
  };
  const tell = (n: number): void => {
    const event = { n, at: AT, level: 'info', text: `Event ${n}.` } as const;
    world.live.publish({ name: 'operation', id: `e${n}`, data: { operation: 'op-1', event } });
  };
  const options = (): readonly string[] => [
    ...['--api', `http://${listener.address}`, '--user', 'ada', '--password-file', join(folder, 'password')],
  ];
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cli-watch-'));
    await writeFile(join(folder, 'password'), 'right-password\n', { mode: 0o600 });
    world = new ApiWorld();
    await open('127.0.0.1:0');
  });
  afterEach(async () => {
    await listener.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('R-05 R-06 follows over a control plane that goes away: each event once, in order, and then the end that was awaited', async () => {
    show(viewOf(3, { phase: 'running', running: '1.0.0' }));
    const watching = run('watch', '--until', '1.1.0', ...options());
    await until(() => world.live.listeners.size === 1);
    tell(1);
    show(
      viewOf(4, {
        phase: 'updating',
        running: '1.0.0',
        operation: { name: 'op-1', outcome: 'running', to: '1.1.0' },
      }),
    );
    // The same again is nothing new for people.
    show(
      viewOf(4, {
        phase: 'updating',
        running: '1.0.0',
        operation: { name: 'op-1', outcome: 'running', to: '1.1.0' },
      }),
    );
    // Both ends live in this process: after so many turns it has heard the beginning.
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setTimeout(resolve, 10));
    const { address } = listener;
    await listener.close();
    tell(2);
    tell(3);
    await open(address);
    await until(() => world.live.listeners.size >= 1 && world.streams >= 1);
    tell(4);
    show(
      viewOf(4, {
        phase: 'running',
        running: '1.1.0',
        operation: { name: 'op-1', outcome: 'succeeded', to: '1.1.0' },
      }),
    );
    const { out, err, exit } = await watching;
    expect(exit).toBe(0);
    expect(out.split('\n').filter((line) => line !== '')).toEqual([
      `${AT} running: running 1.0.0`,
      `${AT} op-1 1 Event 1.`,
      `${AT} updating: running 1.0.0; update to 1.1.0:`,
      ...[2, 3, 4].map((n) => `${AT} op-1 ${n} Event ${n}.`),
      `${AT} running: running 1.1.0`,
    ]);
    expect(err).toContain('trying again');
    expect(err).toContain('The box answers again.');
  });

  it('prints events as JSON with their cursors, from a cursor on', async () => {
    world.live.view = viewOf(3, { phase: 'starting' });
    for (const n of [1, 2, 3]) tell(n);
    show(viewOf(3, { phase: 'running', running: '1.0.0' }));
    const ran = await run('watch', '--json', '--after', 'e2', '--until', 'running', ...options());
    expect(ran.exit).toBe(0);
    const told = ran.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { name: string; id: string });
    expect(told.map(({ name, id }) => `${name} ${id}`)).toEqual(['operation e3', 'snapshot c3-running-']);
  });

  it('ends with 3 and the reason when what it waits for has failed, and with 4 when time is up', async () => {
    world.live.view = viewOf(3, {
      phase: 'updating',
      operation: { name: 'op-1', outcome: 'running', to: '1.1.0' },
    });
    const watching = run('watch', '--until', 'done', ...options());
    await until(() => world.live.listeners.size === 1);
    show(
      viewOf(3, {
        phase: 'running',
        running: '1.0.0',
        operation: { name: 'op-1', outcome: 'failed', to: '1.1.0' },
      }),
    );
    const failed = await watching;
    expect(failed.exit).toBe(3);
    expect(failed.err).toContain('observe.probe-failed');
    const late = await run('watch', '--until', '9.9.9', '--timeout', '0.2', ...options());
    expect(late).toMatchObject({ exit: 4, err: 'Not within the time that was given.\n' });
  });

  it('says at once when nobody answers or nobody may look', async () => {
    const nobody = await run('watch', '--api', 'http://127.0.0.1:9', ...options().slice(2));
    expect(nobody).toMatchObject({ exit: 4, out: '' });
    await writeFile(join(folder, 'password'), 'wrong');
    expect(await run('watch', ...options())).toMatchObject({ exit: 3, out: '' });
    expect(await run('watch', '--timeout', 'soon', ...options())).toMatchObject({ exit: 2 });
  });

  it('ends quietly with Ctrl-C', async () => {
    world.live.view = viewOf(3, { phase: 'running', running: '1.0.0' });
    const child = spawn(process.execPath, [PROGRAM, 'watch', ...options()], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    try {
      const printed = { text: '' };
      child.stdout.on('data', (chunk: Buffer) => (printed.text += chunk.toString()));
      await until(() => printed.text.includes('running 1.0.0'));
      child.kill('SIGINT');
      expect(await once(child, 'exit')).toEqual([0, null]);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

describe('what --until takes for its end', () => {
  const judged = (goal: string, ...views: readonly StatusView[]): unknown[] => {
    const judge = createJudge(goalOf(goal));
    return views.map((view) => {
      const outcome = judge(view);
      return outcome === undefined ? 'on' : outcome.reached ? 'reached' : outcome.problem.code;
    });
  };
  const op = (outcome: string, name = 'op-1') => ({ name, outcome, to: '1.1.0' });

  it('R-04 is nothing that was true before the box had read the newest wish', () => {
    const unread = viewOf(5, { phase: 'running', running: '1.1.0', read: 4 });
    const read = viewOf(5, { phase: 'running', running: '1.1.0' });
    for (const goal of ['running', 'done', '1.1.0'])
      expect(judged(goal, unread, read)).toEqual(['on', 'reached']);
  });

  it('does not hold a failure of before against an attempt that is still to come', () => {
    const before = viewOf(5, { phase: 'running', running: '1.0.0', operation: op('failed') });
    const again = viewOf(5, { phase: 'updating', running: '1.0.0', operation: op('running', 'op-2') });
    const failed = viewOf(5, { phase: 'running', running: '1.0.0', operation: op('failed', 'op-2') });
    const cancelled = viewOf(5, { phase: 'running', running: '1.0.0', operation: op('cancelled', 'op-2') });
    expect(judged('1.1.0', before, again, failed)).toEqual(['on', 'on', 'observe.probe-failed']);
    expect(judged('1.1.0', before, again, cancelled)).toEqual(['on', 'on', 'apply.cancelled']);
    // Another release's failure is not the end of waiting for this one.
    expect(judged('1.2.0', before, again, failed)).toEqual(['on', 'on', 'on']);
    expect(judged('done', before)).toEqual(['reached']);
    expect(judged('done', again, failed)).toEqual(['on', 'observe.probe-failed']);
  });
});

describe('appliance watch --direct', () => {
  let world: CliWorld;
  beforeAll(async () => {
    world = await CliWorld.open();
  }, 60_000);
  afterAll(async () => {
    await world?.close();
  });

  it('follows the objects without a control plane', async () => {
    const direct = ['--direct', '--kubeconfig', world.kubernetes.kubeconfig, '--config', world.config];
    const ran = await run('watch', '--until', '1.0.0', '--timeout', '20', ...direct);
    expect(ran).toMatchObject({ exit: 0, err: '' });
    expect(ran.out).toContain('running: running 1.0.0; available 1.1.0');
  });
});
