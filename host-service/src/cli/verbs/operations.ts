import type { Command } from 'commander';
import type { OperationDetail, OperationsView } from '../../contract/api/operations.ts';
import { ObjectName } from '../../contract/names.ts';
import { Problem, safeLine } from '../../contract/problem.ts';
import type { OpenDesk } from '../desk/open.ts';
import { problemText, table } from '../objects/session.ts';
import { atDesk, readingVerb } from './command.ts';

/** One operation in full: steps, events, why it failed. */
export function operationText(operation: OperationDetail): string {
  const { name, verb, to, outcome, actor, cause, problem, steps, events } = operation;
  const why = actor.reason === undefined ? '' : `: ${actor.reason}`;
  const rows = steps.map(({ title, state, attempts, now }) => [
    `  ${title}`,
    state,
    attempts === 0 ? '' : `try ${attempts}`,
    now ?? '',
  ]);
  const evidence = steps.flatMap(({ title, evidence: text }) =>
    text === undefined ? [] : [`${title}:`, ...text.split('\n').map((line) => `  ${safeLine(line)}`)],
  );
  return [
    `${name}: ${verb} to ${to.version}, ${outcome}, asked by ${actor.by} (${actor.via})${why}`,
    ...(cause?.operation === undefined ? [] : [`because of ${cause.operation}`]),
    table(rows),
    ...(problem === undefined ? [] : ['', problemText(problem)]),
    '',
    ...events.map(({ n, at, text }) => `  ${n} ${at} ${text}`),
    ...(evidence.length === 0 ? [] : ['', ...evidence]),
  ].join('\n');
}

function listText({ operations }: OperationsView): string {
  if (operations.length === 0) return 'Nothing was done on this box yet.';
  return table(
    operations.map(({ name, verb, from, to, outcome, problem }) => [
      name,
      verb,
      `${from?.version ?? 'nothing'} -> ${to.version}`,
      outcome,
      safeLine(problem?.detail ?? ''),
    ]),
  );
}

/** `appliance operations [name]`: what was done, newest first, or one in full. */
export function registerOperations(program: Command, openDesk: OpenDesk): void {
  readingVerb(
    program,
    'operations',
    'list what was done and is being done, or show one in full with its events',
  )
    .argument('[name]', 'name of one operation')
    .action((name: string | undefined, raw: unknown) => {
      if (name !== undefined && !ObjectName.safeParse(name).success)
        throw new Problem('request.invalid', 'this is no name of an operation');
      return atDesk(openDesk, raw, async (desk, signal) => {
        if (name === undefined) {
          const data = await desk.operations(signal);
          return { text: listText(data), data };
        }
        const data = await desk.operation(name, signal);
        return { text: operationText(data), data };
      });
    });
}
