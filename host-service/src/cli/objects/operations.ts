import type { Command } from 'commander';
import type { Operation } from '../../contract/objects.ts';
import { readOperations } from '../../engine/verbs.ts';
import { Problem } from '../../contract/problem.ts';
import { Common, EXIT_HELP, problemText, table, withCluster, type Said, optionsOf } from './session.ts';

/** One operation in full: steps, events, why it failed. */
export function operationText({ metadata, spec, status }: Operation): string {
  const steps = (status?.steps ?? []).map(({ title, state, attempts, now }) => [
    `  ${title}`,
    state,
    attempts === 0 ? '' : `try ${attempts}`,
    now ?? '',
  ]);
  const events = (status?.events ?? []).map(({ n, at, text }) => `  ${n} ${at} ${text}`);
  const evidence = (status?.steps ?? []).flatMap(({ title, evidence: text }) =>
    text === undefined ? [] : [`${title}:`, ...text.split('\n').map((line) => `  ${line}`)],
  );
  return [
    `${metadata.name}: ${spec.verb} to ${spec.to.version}, ${status?.outcome ?? 'not begun'}, asked by ${spec.actor.by}`,
    table(steps),
    ...(status?.problem === undefined ? [] : ['', problemText(status.problem)]),
    '',
    ...events,
    ...(evidence.length === 0 ? [] : ['', ...evidence]),
  ].join('\n');
}

function listText(operations: readonly Operation[]): string {
  if (operations.length === 0) return 'Nothing was done on this box yet.';
  return table(
    operations.map(({ metadata, spec, status }) => [
      metadata.name,
      spec.verb,
      `${spec.from?.version ?? 'nothing'} -> ${spec.to.version}`,
      status?.outcome ?? 'not begun',
      status?.problem?.detail ?? '',
    ]),
  );
}

/** `appliance operations [name]`: what was done, newest first, or one in full. */
export function registerOperations(program: Command): void {
  program
    .command('operations')
    .description('list what was done and is being done, or show one in full')
    .argument('[name]', 'name of one operation')
    .requiredOption('--kubeconfig <file>', 'how to reach the cluster')
    .option('--context <name>', 'context of the kubeconfig')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXIT_HELP)
    .action((name: string | undefined, raw: unknown) =>
      withCluster(optionsOf(Common, raw), async (cluster, signal): Promise<Said> => {
        const operations = await readOperations(cluster, signal);
        if (name === undefined) return { text: listText(operations), data: { operations } };
        const found = operations.find(({ metadata }) => metadata.name === name);
        if (found === undefined) throw new Problem('request.invalid', `there is no operation ${name}`);
        return { text: operationText(found), data: found };
      }),
    );
}
