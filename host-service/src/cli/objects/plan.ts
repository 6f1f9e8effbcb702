import type { Command } from 'commander';
import { z } from 'zod';
import { ProblemBody } from '../../contract/problem.ts';
import { readStatus } from '../../engine/verbs.ts';
import { Common, EXIT_HELP, problemText, withCluster, type Said, optionsOf } from './session.ts';

/** The part of the status that says the plan; written by the engine, read loosely because it may be of another version. */
const Plan = z.looseObject({
  kind: z.enum(['nothing', 'blocked', 'steps']),
  problem: ProblemBody.optional(),
  verb: z.string().optional(),
  from: z.looseObject({ version: z.string() }).optional(),
  to: z.looseObject({ version: z.string() }).optional(),
  steps: z.array(z.looseObject({ done: z.boolean(), text: z.string() })).default([]),
  creates: z.array(z.string()).default([]),
  changes: z.array(z.string()).default([]),
  removes: z.array(z.string()).default([]),
  pullBytes: z.number().default(0),
  irreversible: z.array(z.string()).default([]),
  hosts: z.array(z.string()).default([]),
});

const listed = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)];

/** A plan in plain words. */
export function planText(plan: z.infer<typeof Plan>): string {
  if (plan.kind === 'nothing') return 'There is nothing to do.';
  if (plan.kind === 'blocked') {
    return plan.problem === undefined
      ? 'Nothing can be done now.'
      : `Nothing is done now: ${problemText(plan.problem)}`;
  }
  const from = plan.from === undefined ? '' : ` from ${plan.from.version}`;
  return [
    `${plan.verb ?? 'plan'}${from} to ${plan.to?.version ?? ''}`,
    ...plan.steps.map(({ done, text }) => `  ${done ? 'done' : 'open'}  ${text}`),
    ...listed('creates', plan.creates),
    ...listed('changes', plan.changes),
    ...listed('removes', plan.removes),
    `pulls at most ${(plan.pullBytes / 1_000_000).toFixed(1)} MB${plan.hosts.length === 0 ? '' : ` from ${plan.hosts.join(', ')}`}`,
    ...listed('cannot be undone', plan.irreversible),
  ].join('\n');
}

/** `appliance plan`: what is or would be done, before its first byte. */
export function registerPlan(program: Command): void {
  program
    .command('plan')
    .description('say what is being done, or what approving the available release would do; changes nothing')
    .requiredOption('--kubeconfig <file>', 'how to reach the cluster')
    .option('--context <name>', 'context of the kubeconfig')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXIT_HELP)
    .action((raw: unknown) =>
      withCluster(optionsOf(Common, raw), async (cluster, signal): Promise<Said> => {
        const status = await readStatus(cluster, signal);
        const plan = Plan.safeParse(status?.['plan']);
        if (!plan.success)
          return { text: 'The control plane has not made a plan yet.', data: { plan: null } };
        return { text: planText(plan.data), data: { plan: plan.data } };
      }),
    );
}
