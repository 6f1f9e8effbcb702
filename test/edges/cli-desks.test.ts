import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliWorld, run, type Ran } from './cli-world.ts';

const SECRET = 'LICENCE-4711-do-not-print';

interface Command {
  readonly argv: readonly string[];
  readonly exit: number;
  /** A part of what it prints. */
  readonly says?: string;
}

/** A day of a person at a terminal. Each goes on where the one before ended. */
const commandsIn = (world: CliWorld, operation: string): readonly Command[] => [
  { argv: ['status'], exit: 0, says: '1.1.0' },
  { argv: ['status', '--json'], exit: 0, says: '"phase": "running"' },
  { argv: ['plan'], exit: 0, says: '1.1.0' },
  { argv: ['releases'], exit: 0, says: '1.0.0: running, last good' },
  { argv: ['releases', '1.1.0', '--json'], exit: 0, says: '"isAvailable": true' },
  { argv: ['releases', '7.7.7'], exit: 3, says: 'request.invalid' },
  { argv: ['operations'], exit: 0, says: 'nothing -> 1.0.0' },
  { argv: ['operations', operation], exit: 0, says: 'install to 1.0.0, succeeded' },
  { argv: ['operations', 'nobody-knows-it'], exit: 3, says: 'request.not-found' },
  { argv: ['intent'], exit: 0, says: 'stable (default)' },
  { argv: ['intent', '--hold', '--dry-run', '--json'], exit: 0, says: 'intent.hold' },
  { argv: ['approve', '1.1.0', '--dry-run'], exit: 0, says: 'update from 1.0.0 to 1.1.0' },
  { argv: ['intent', '--hold', '--reason', 'stocktaking'], exit: 0, says: 'The box was told' },
  { argv: ['intent', '--expect', '1', '--no-hold'], exit: 3, says: 'request.conflict' },
  { argv: ['intent', '--setting', 'nosuch=1'], exit: 3, says: 'request.invalid' },
  { argv: ['intent', '--setting', 'tenant=Other'], exit: 3, says: 'is fixed by now' },
  { argv: ['intent', '--channel', 'nosuch'], exit: 3, says: 'there is no channel nosuch' },
  { argv: ['intent', '--channel', 'No Channel'], exit: 2, says: 'request.invalid' },
  { argv: ['intent', '--setting', 'edition'], exit: 2, says: 'request.invalid' },
  {
    argv: ['intent', '--secret', `licence=${join(world.folder, 'absent')}`],
    exit: 2,
    says: 'config.unreadable',
  },
  {
    argv: ['intent', '--setting', 'edition=ce', '--secret', `licence=${join(world.folder, 'licence')}`],
    exit: 0,
  },
  { argv: ['approve', '9.9.9', '--json'], exit: 3, says: 'request.invalid' },
  {
    argv: ['approve', '1.1.0', '--reason', 'maintenance window'],
    exit: 0,
    says: 'Release 1.1.0 is approved',
  },
  { argv: ['check-now', '--request-id', 'the-same-request'], exit: 0 },
  { argv: ['check-now', '--request-id', 'the-same-request'], exit: 0 },
  { argv: ['check-now', '--request-id', 'short'], exit: 2, says: 'requestId' },
  { argv: ['revert', '1.0.0', '--request-id', 'back-to-the-first', '--reason', 'too slow'], exit: 0 },
  { argv: ['cancel', '--request-id', 'cancel-what-runs'], exit: 0 },
  { argv: ['pause', '--request-id', 'pause-what-runs', '--reason', 'opening hours'], exit: 0, says: 'pause' },
  { argv: ['resume', '--request-id', 'and-on-it-goes'], exit: 0 },
  { argv: ['retry', '--request-id', 'once-more-please'], exit: 0 },
  { argv: ['intent', '--json'], exit: 0, says: 'maintenance window' },
  { argv: ['intent', '--nonsense'], exit: 2, says: '--nonsense' },
];

/** What may differ: moments, the cursor, and the build that made the view. */
const comparable = ({ out, err, exit }: Ran, { folder }: CliWorld): object => {
  const plain = (text: string): string =>
    text
      .replaceAll(folder, 'FOLDER')
      .replaceAll(/"(cursor|build|since)": "[^"]*"/g, '"$1": ""')
      .replaceAll(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');
  return { out: plain(out), err: plain(err), exit };
};

describe('the same commands through the API and on the objects', () => {
  const worlds: CliWorld[] = [];
  const ran = { api: [] as Ran[], direct: [] as Ran[] };
  const expected: Command[] = [];

  beforeAll(async () => {
    const [overApi, onObjects] = (worlds.push(await CliWorld.open(), await CliWorld.open()), worlds);
    if (overApi === undefined || onObjects === undefined) throw new Error('no worlds');
    const api = await overApi.serve();
    for (const world of worlds) await writeFile(join(world.folder, 'licence'), `${SECRET}\n`);
    const listed = JSON.parse(
      (await run('operations', '--json', '--api', api, ...overApi.as('vic'))).out,
    ) as {
      operations: { name: string }[];
    };
    const name = listed.operations[0]?.name ?? '';
    const ways = [
      ['api', overApi, ['--api', api, '--kubeconfig', overApi.kubernetes.kubeconfig]],
      [
        'direct',
        onObjects,
        ['--direct', '--kubeconfig', onObjects.kubernetes.kubeconfig, '--config', onObjects.config],
      ],
    ] as const;
    for (const [way, world, options] of ways) {
      const commands = commandsIn(world, name);
      if (way === 'api') expected.push(...commands);
      for (const { argv } of commands) {
        const isReading = /^(status|plan|releases|operations|intent( --json)?)$/.test(
          argv.slice(0, argv[0] === 'intent' ? 2 : 1).join(' '),
        );
        const who = isReading ? [] : ['--by', 'ada'];
        if (way === 'api' && argv[0] === 'intent' && who.length === 0) await world.settled();
        ran[way].push(await run(...argv, ...options, ...who));
      }
    }
  }, 120_000);

  afterAll(async () => {
    for (const world of worlds) await world.close();
  });

  it('R-18 B-89 end as they should, and name what is wrong by its code', () => {
    const seen = expected.map(({ argv, says = '' }, at) => {
      const { out = '', err = '', exit } = ran.api[at] ?? {};
      return { argv, exit, says: (out + err).includes(says) ? says : out + err };
    });
    expect(seen).toEqual(expected.map(({ argv, exit, says = '' }) => ({ argv, exit, says })));
  });

  it('print the same and end the same', () => {
    const plain = (way: 'api' | 'direct', world: CliWorld | undefined): object[] =>
      ran[way].map((one, at) => ({
        verb: expected[at]?.argv[0],
        ...(world === undefined ? one : comparable(one, world)),
      }));
    expect(plain('direct', worlds[1])).toEqual(plain('api', worlds[0]));
  });

  it('R-03 leave the same objects behind: who, by which way and why, and each request once', async () => {
    const [one, other] = await Promise.all(worlds.map((world) => world.spec()));
    const withoutTimes = (spec: unknown): unknown =>
      JSON.parse(JSON.stringify(spec, (key, value: unknown) => (key === 'at' ? undefined : value)));
    expect(withoutTimes(one)).toEqual(withoutTimes(other));
    expect(one).toMatchObject({
      settings: { edition: 'ce' },
      intent: { hold: true, actor: { by: 'ada', via: 'cli', reason: 'maintenance window' } },
      requests: [
        { id: 'the-same-request', verb: 'check-now' },
        { id: 'back-to-the-first', verb: 'revert', actor: { by: 'ada', via: 'cli', reason: 'too slow' } },
        { id: 'cancel-what-runs', verb: 'cancel' },
        { id: 'pause-what-runs', verb: 'pause', actor: { by: 'ada', via: 'cli', reason: 'opening hours' } },
        { id: 'and-on-it-goes', verb: 'resume' },
        { id: 'once-more-please', verb: 'retry' },
      ],
    });
    const kept = await Promise.all(worlds.map((world) => world.secretAnswers()));
    expect(kept[0]).toEqual(kept[1]);
    expect(kept[0]).toEqual({ licence: Buffer.from(SECRET).toString('base64') });
  });

  it('B-71 print no secret: no answer, no password, no session', () => {
    const all = [...ran.api, ...ran.direct].map(({ out, err }) => out + err).join('\n');
    expect(all).not.toContain(SECRET);
    expect(all).not.toMatch(/v1\.[A-Za-z0-9_-]{40,}\./);
  });
});
