import process from 'node:process';
import type { Command } from 'commander';
import { z } from 'zod';
import type { LiveEvent, StatusView } from '../../contract/api/status.ts';
import { problemOf, safeLine } from '../../contract/problem.ts';
import type { Desk } from '../desk/desk.ts';
import { doorOf } from '../desk/door.ts';
import type { OpenDesk } from '../desk/open.ts';
import { EXIT, exitOf, optionsOf, problemText } from '../objects/session.ts';
import { readingVerb } from './command.ts';
import { createJudge, goalOf, type Outcome } from './watch-until.ts';

const Options = z.object({
  until: z.string().min(1).max(128).optional(),
  after: z.string().min(1).max(512).optional(),
  timeout: z.coerce.number().positive().max(1_000_000).optional(),
});

/** One line about the whole box. */
function viewLine({ status, operation, cluster, intentRevision }: StatusView): string {
  if (!cluster.isConnected) return 'the platform is out of sight';
  if (status === undefined) return 'the control plane has not looked at this box yet';
  const { phase, running, available, problems } = status;
  const under = operation?.outcome === 'running' ? operation : undefined;
  return [
    `${phase}: ${running === undefined ? 'nothing runs' : `running ${running.version}`}`,
    ...(available === undefined ? [] : [`available ${available.version}`]),
    ...(under === undefined ? [] : [`${under.verb} to ${under.to.version}: ${status.operation?.now ?? ''}`]),
    ...(status.intentRevision < intentRevision ? ['a change of what is wanted is not read yet'] : []),
    ...problems.map(({ code }) => code),
  ].join('; ');
}

/** Lines of events for people; what says nothing new is left out. */
function createTeller(): (event: LiveEvent) => string | undefined {
  let last = '';
  return (event) => {
    if (event.name === 'operation') {
      const { operation, event: told } = event.data;
      const level = told.level === 'info' ? '' : `${told.level}: `;
      return `${told.at} ${operation} ${told.n} ${level}${told.text}`;
    }
    if (event.name !== 'snapshot') return undefined;
    const line = viewLine(event.data);
    if (line === last) return undefined;
    last = line;
    return `${event.data.status?.updatedAt ?? event.data.cluster.since} ${line}`;
  };
}

interface Watching extends z.infer<typeof Options> {
  readonly json: boolean;
}

/** Follows until the goal, the time limit or Ctrl-C. */
async function watch(
  desk: Desk,
  { until, after, timeout, json }: Watching,
  stop: AbortSignal,
): Promise<number> {
  const judge = until === undefined ? undefined : createJudge(goalOf(until));
  const tell = createTeller();
  const over = new AbortController();
  const limit = timeout === undefined ? undefined : AbortSignal.timeout(timeout * 1_000);
  const signal = AbortSignal.any([stop, over.signal, ...(limit === undefined ? [] : [limit])]);
  let outcome: Outcome | undefined;
  let isAway = false;
  const onEvent = (event: LiveEvent): void => {
    if (outcome !== undefined || signal.aborted) return;
    if (isAway) process.stderr.write('The box answers again.\n');
    isAway = false;
    const line = json ? JSON.stringify(event) : tell(event);
    if (line !== undefined && event.name !== 'beat')
      process.stdout.write(`${json ? line : safeLine(line)}\n`);
    outcome = event.name === 'snapshot' ? judge?.(event.data) : undefined;
    if (outcome !== undefined) over.abort();
  };
  await desk.follow(
    {
      ...{ after, onEvent },
      onPause: ({ code, detail }) => {
        if (!isAway)
          process.stderr.write(`The box does not answer (${code}: ${safeLine(detail)}); trying again.\n`);
        isAway = true;
      },
    },
    signal,
  );
  return exitFor(outcome, judge !== undefined, limit?.aborted === true);
}

function exitFor(outcome: Outcome | undefined, hasGoal: boolean, isLate: boolean): number {
  if (outcome?.reached === false) {
    process.stderr.write(`${problemText(outcome.problem)}\n`);
    return EXIT.refused;
  }
  if (outcome !== undefined || (!hasGoal && !isLate)) return EXIT.ok;
  process.stderr.write(isLate ? 'Not within the time that was given.\n' : 'Stopped before that was so.\n');
  return EXIT.unavailable;
}

async function run(openDesk: OpenDesk, raw: unknown): Promise<void> {
  const options = optionsOf(Options, raw);
  const door = doorOf(raw, process.env);
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    const desk = openDesk(door);
    try {
      process.exitCode = await watch(desk, { ...options, json: door.options.json }, stop.signal);
    } finally {
      await desk.close();
    }
  } catch (error) {
    const problem = problemOf(error);
    process.stderr.write(`${problemText(problem.body)}\n`);
    process.exitCode = exitOf(problem.code);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/** `appliance watch`: follows what happens. */
export function registerWatch(program: Command, openDesk: OpenDesk): void {
  readingVerb(program, 'watch', 'follow what happens, over lost connections, until Ctrl-C')
    .option('--until <what>', 'end when this is so: running, done, or a version that runs')
    .option('--after <cursor>', 'go on behind the event with this id (from --json)')
    .option('--timeout <seconds>', 'give up after so long, with 4')
    .action((raw: unknown) => run(openDesk, raw));
}
