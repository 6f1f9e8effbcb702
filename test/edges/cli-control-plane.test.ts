import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApi } from 'host-service/api/app.ts';
import { createRollJudge } from 'host-service/cli/control-plane/roll-judge.ts';
import { StatusView } from 'host-service/contract/api/status.ts';
import type { ProblemCode } from 'host-service/contract/problem.ts';
import { createClock } from 'host-service/edges/clock/clock.ts';
import { listen, type Listener } from 'host-service/edges/listener/listener.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestFor, NOW } from '../fixtures/documents.ts';
import { ApiWorld, makeView } from '../flow/api-world.ts';
import { run, type Ran } from './cli-world.ts';

const AT = NOW.toISOString();
const ID = 'the-request-of-this-test';
const build = (version: string) => ({ digest: digestFor(`control plane ${version}`), version });

interface Shown {
  readonly state?: 'current' | 'rolling' | 'probation' | 'held' | 'unknown';
  readonly runs?: string;
  readonly wants?: string;
  readonly problem?: ProblemCode;
  /** Build that failed here, and why. */
  readonly failed?: readonly [version: string, reason: ProblemCode, attempts?: number];
  readonly channel?: ProblemCode;
  /** The channel has named something new once. */
  readonly isAskedTwice?: boolean;
  /** The engine has not taken the request up yet. */
  readonly isUnread?: boolean;
}

let revision = 0;
/** A box as its status says it. */
function viewOf(shown: Shown): StatusView {
  const {
    state,
    runs = '1.0.0',
    wants,
    problem,
    failed,
    channel,
    isUnread = false,
    isAskedTwice = false,
  } = shown;
  revision += 1;
  const reason = (code: ProblemCode) => ({ code, detail: 'as the box says it' });
  const roll = {
    ...{ state, detail: `It is ${state ?? ''}.` },
    ...(wants === undefined ? {} : { wanted: build(wants) }),
    ...(problem === undefined ? {} : { problem: reason(problem) }),
  };
  const entry = {
    ...{ repository: 'ghcr.io/vendor/control-plane', ...build(failed?.[0] ?? '1.1.0'), at: AT },
    ...{ attempts: failed?.[2] ?? 1, quarantined: true, by: 'guard:box' },
    reason: reason(failed?.[1] ?? 'roll.crashed'),
  };
  return StatusView.parse({
    ...makeView(revision, `c${revision}`),
    status: {
      ...{ phase: 'running', intentRevision: revision, updatedAt: AT },
      ...(isAskedTwice ? { trace: [{ rule: 'confirmation', verdict: 'wait', detail: 'Once.' }] } : {}),
      handledRequests: isUnread ? [] : [ID],
      channel: { name: 'stable', tag: 'v2', ...(channel === undefined ? {} : { problem: reason(channel) }) },
      controlPlane: {
        ...{ ...build(runs), build: 'b', leader: 'x' },
        ...(state === undefined ? {} : { roll }),
        ...(failed === undefined ? {} : { failed: [entry] }),
      },
    },
  });
}

const before: Shown = { state: 'current', isUnread: true };
const rolling: Shown = { state: 'rolling', wants: '1.1.0' };
interface Case {
  readonly title: string;
  readonly before?: Shown;
  readonly then: readonly Shown[];
  readonly exit: number;
  /** Beginning of the last line, by which the boot script goes. */
  readonly says: string;
}

const CASES: readonly Case[] = [
  {
    title: 'nothing newer',
    then: [{ state: 'current' }],
    exit: 0,
    says: 'current: control plane 1.0.0 runs',
  },
  {
    title: 'a newer one that works',
    then: [rolling, { state: 'probation', runs: '1.1.0' }, { state: 'current', runs: '1.1.0' }],
    exit: 0,
    says: 'rolled: control plane 1.1.0 runs; before it was 1.0.0.',
  },
  {
    title: 'a channel that is asked a second time before it is believed',
    then: [{ state: 'current', isAskedTwice: true }, rolling, { state: 'current', runs: '1.1.0' }],
    exit: 0,
    says: 'rolled: control plane 1.1.0 runs; before it was 1.0.0.',
  },
  {
    title: 'one that is just being put back',
    then: [
      rolling,
      { state: 'held', problem: 'roll.crashed' },
      { state: 'held', wants: '1.1.0', problem: 'roll.quarantined', failed: ['1.1.0', 'roll.crashed'] },
    ],
    exit: 5,
    says: 'rolled back: control plane 1.0.0 runs; 1.1.0',
  },
  {
    title: 'one that had taken over before anybody looked',
    then: [{ state: 'current', runs: '1.1.0' }],
    exit: 0,
    says: 'rolled: control plane 1.1.0 runs',
  },
  {
    title: 'one that crashes',
    then: [
      rolling,
      { state: 'held', wants: '1.1.0', problem: 'roll.quarantined', failed: ['1.1.0', 'roll.crashed'] },
    ],
    exit: 5,
    says: 'rolled back: control plane 1.0.0 runs; 1.1.0: The new control plane ended',
  },
  {
    title: 'B-53 one whose guard put the former one back while nobody served',
    then: [{ state: 'held', wants: '1.1.0', problem: 'roll.quarantined', failed: ['1.1.0', 'roll.silent'] }],
    exit: 5,
    says: 'rolled back: control plane 1.0.0 runs',
  },
  {
    title: 'one whose image is missing, tried once more',
    before: { ...before, failed: ['1.1.0', 'roll.image-missing'] },
    then: [
      rolling,
      {
        state: 'held',
        wants: '1.1.0',
        problem: 'roll.image-missing',
        failed: ['1.1.0', 'roll.image-missing', 2],
      },
    ],
    exit: 5,
    says: 'rolled back: control plane 1.0.0 runs',
  },
  {
    title: 'R-09 one that failed here before',
    before: { ...before, failed: ['1.1.0', 'roll.crashed'] },
    then: [{ state: 'held', wants: '1.1.0', problem: 'roll.quarantined', failed: ['1.1.0', 'roll.crashed'] }],
    exit: 4,
    says: 'held: control plane 1.0.0 keeps running; 1.1.0 waits: This control plane failed',
  },
  {
    title: 'a hold',
    then: [{ state: 'held', wants: '1.1.0', problem: 'plan.held' }],
    exit: 4,
    says: 'held: control plane 1.0.0 keeps running; 1.1.0 waits',
  },
  {
    title: 'a registry that is away when its image is looked at',
    then: [{ state: 'held', wants: '1.1.0', problem: 'registry.connect' }],
    exit: 4,
    says: 'held: control plane 1.0.0 keeps running; 1.1.0 waits',
  },
  {
    title: 'R-10 a channel that cannot be asked',
    then: [{ state: 'current', channel: 'registry.dns' }],
    exit: 4,
    says: 'held: control plane 1.0.0 keeps running; its update waits',
  },
  {
    title: 'a channel whose answer is refused',
    then: [{ state: 'current', channel: 'release.signature-invalid' }],
    exit: 3,
    says: 'refused: control plane 1.0.0 keeps running',
  },
  {
    title: 'an image that is no control plane',
    then: [
      { state: 'held', wants: '1.1.0', problem: 'roll.not-accepted', failed: ['1.1.0', 'roll.not-accepted'] },
    ],
    exit: 3,
    says: 'refused: control plane 1.0.0 keeps running; 1.1.0: The named image is no control plane',
  },
  {
    title: 'a program that does not run from an image',
    then: [{ state: 'unknown' }],
    exit: 3,
    says: 'refused: control plane 1.0.0 keeps running',
  },
  {
    title: 'a control plane of a time before it could update itself',
    before: { isUnread: true },
    then: [{}],
    exit: 3,
    says: 'refused: control plane 1.0.0 keeps running',
  },
  {
    title: 'an application that is looked after first',
    then: [{ state: 'held', wants: '1.1.0' }, rolling, { state: 'current', runs: '1.1.0' }],
    exit: 0,
    says: 'rolled: control plane 1.1.0 runs',
  },
];

describe('appliance control-plane roll', () => {
  let world: ApiWorld;
  let listener: Listener;
  let folder: string;

  const show = (view: StatusView): void => {
    world.live.view = view;
    world.live.publish({ name: 'snapshot', id: view.cursor, data: view });
  };
  const options = (): readonly string[] => [
    ...['--api', `http://${listener.address}`, '--user', 'ada', '--password-file', join(folder, 'password')],
    ...['--request-id', ID],
  ];
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  /** What the box says once it was asked; each word is heard before the next one. */
  async function play(command: Promise<Ran>, then: readonly Shown[]): Promise<Ran> {
    await until(() => world.calls.some(({ name }) => name === 'request'));
    await until(() => world.live.listeners.size > 0);
    for (const shown of then) {
      show(viewOf(shown));
      for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return command;
  }
  const lastLine = ({ out }: Ran): string => out.trimEnd().split('\n').at(-1) ?? '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cli-control-plane-'));
    await writeFile(join(folder, 'password'), 'right-password\n', { mode: 0o600 });
    world = new ApiWorld();
    const api = createApi(world.host(), world.options({ clock: createClock(), cookies: 'plain' }));
    listener = await listen('127.0.0.1:0', (request, connection) => api.fetch(request, connection));
  });
  afterEach(async () => {
    await listener.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(CASES)('ends with $exit for $title, and says so in its last line', async (row) => {
    world.live.view = viewOf(row.before ?? before);
    const ran = await play(run('control-plane', 'roll', ...options()), row.then);
    expect({ exit: ran.exit, says: lastLine(ran).slice(0, row.says.length) }).toEqual({
      exit: row.exit,
      says: row.says,
    });
    expect(world.calls).toEqual([expect.objectContaining({ body: { id: ID, verb: 'check-now' } })]);
  });

  it('says nothing of what was true before the box had taken the request up', async () => {
    world.live.view = viewOf({ state: 'held', wants: '1.1.0', problem: 'plan.held', isUnread: true });
    const then = [{ state: 'held', wants: '1.1.0', isUnread: true }, { state: 'current' }] as const;
    expect(await play(run('control-plane', 'roll', ...options()), then)).toMatchObject({ exit: 0 });
  });

  it('ends with 75 when the time is over while it is still at work: neither held nor rolled back is claimed', async () => {
    world.live.view = viewOf(before);
    const ran = await play(run('control-plane', 'roll', ...options(), '--timeout', '1.5'), [rolling]);
    expect(ran).toMatchObject({ exit: 75, out: '' });
    expect(ran.err).toContain('not known');
  });

  it('ends with 75 when nobody answers, after having tried for as long as it was told to', async () => {
    const [, , ...rest] = options();
    const ran = await run(
      'control-plane',
      'roll',
      '--api',
      'http://127.0.0.1:9',
      ...rest,
      '--timeout',
      '1.5',
    );
    expect(ran).toMatchObject({ exit: 75, out: '' });
    expect(ran.err).toContain('trying again');
  });

  it('prints one JSON document with --json', async () => {
    world.live.view = viewOf(before);
    const failed: Shown = {
      state: 'held',
      wants: '1.1.0',
      problem: 'roll.quarantined',
      failed: ['1.1.0', 'roll.crashed'],
    };
    const ran = await play(run('control-plane', 'roll', ...options(), '--json'), [rolling, failed]);
    expect(JSON.parse(ran.out)).toMatchObject({
      outcome: 'rolled-back',
      ...build('1.0.0'),
      wanted: build('1.1.0'),
      problem: { code: 'roll.crashed' },
    });
  });

  it('retry asks to try what failed here once more, and waits for the end in the same way', async () => {
    world.live.view = viewOf({ ...before, failed: ['1.1.0', 'roll.crashed'] });
    const ran = await play(run('control-plane', 'retry', ...options(), '--reason', 'fixed memory'), [
      rolling,
      { state: 'current', runs: '1.1.0' },
    ]);
    expect(ran.exit).toBe(0);
    expect(world.calls).toEqual([
      expect.objectContaining({ body: { id: ID, verb: 'retry-control-plane', reason: 'fixed memory' } }),
    ]);
  });

  it('takes no longer wait than the boot of a box has, and no unknown words', async () => {
    for (const argv of [['--timeout', '121'], ['--timeout', 'soon'], ['--nonsense']])
      expect(await run('control-plane', 'roll', ...options(), ...argv)).toMatchObject({ exit: 2 });
  });

  it('ends with 3 when the one who asks may not', async () => {
    await writeFile(join(folder, 'password'), 'wrong');
    expect(await run('control-plane', 'roll', ...options())).toMatchObject({ exit: 3, out: '' });
  });

  it('status says which one runs, which one is wanted and what failed', async () => {
    world.live.view = viewOf({
      state: 'held',
      wants: '1.1.0',
      problem: 'roll.quarantined',
      failed: ['1.1.0', 'roll.crashed'],
    });
    const argv = options().slice(0, -2);
    const { out, exit } = await run('control-plane', 'status', ...argv);
    expect(exit).toBe(0);
    for (const words of [
      '1.0.0',
      'held: It is held.',
      build('1.1.0').digest,
      'roll.quarantined',
      'given up',
      'put back by guard:box',
    ])
      expect(out).toContain(words);
    const json = await run('control-plane', 'status', '--json', ...argv);
    expect(JSON.parse(json.out)).toMatchObject({ version: '1.0.0', roll: { state: 'held' } });
  });
});

describe('what the outcome of a roll is taken for', () => {
  it('a failure of before is not held against this try', () => {
    const old: Shown = { state: 'current', failed: ['1.1.0', 'roll.crashed'] };
    const judge = createRollJudge(viewOf({ ...old, isUnread: true }), ID);
    expect(judge(viewOf(old))?.kind).toBe('current');
  });

  it('no word about an update comes from a box that has not reported at all', () => {
    const judge = createRollJudge(makeView(1), ID);
    expect(judge(makeView(2))).toBeUndefined();
    expect(judge(viewOf({ state: 'current' }))?.kind).toBe('current');
  });
});
