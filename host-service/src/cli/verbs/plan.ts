import type { Command } from 'commander';
import type { PlanDescription } from '../../contract/api/plan.ts';
import { safeLine } from '../../contract/problem.ts';
import type { OpenDesk } from '../desk/open.ts';
import { problemText } from '../objects/session.ts';
import { atDesk, readingVerb } from './command.ts';

const listed = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${safeLine(line)}`)];

/** A plan in plain words. */
export function planText(plan: PlanDescription): string {
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
    pullText(plan),
    ...timeAndSpace(plan),
    ...listed('cannot be undone', plan.irreversible),
  ].join('\n');
}

function pullText({ pullBytes, presentBytes = 0, hosts }: PlanDescription): string {
  const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;
  const from = hosts.length === 0 ? '' : ` from ${hosts.join(', ')}`;
  const here = presentBytes === 0 ? '' : `; ${megabytes(presentBytes)} are here already`;
  return `pulls at most ${megabytes(pullBytes)}${from}${here}`;
}

function timeAndSpace({ timeMs, disk }: PlanDescription): readonly string[] {
  const minutes = (ms: number): string => `${Math.max(1, Math.round(ms / 60_000))} min`;
  const gigabytes = (bytes: number): string => `${(bytes / 1_000_000_000).toFixed(1)} GB`;
  return [
    ...(timeMs === undefined ? [] : [`takes ${minutes(timeMs.usual)}, at worst ${minutes(timeMs.worst)}`]),
    ...(disk === undefined
      ? []
      : [`disk: ${gigabytes(disk.freeNow)} free, ${gigabytes(disk.freeAfter)} afterwards`]),
  ];
}

/** `appliance plan`: what is or would be done, before its first byte. */
export function registerPlan(program: Command, openDesk: OpenDesk): void {
  readingVerb(
    program,
    'plan',
    'say what is being done, or what approving the available release would do; changes nothing',
  ).action((raw: unknown) =>
    atDesk(openDesk, raw, async (desk, signal) => {
      const plan = (await desk.status(signal)).status?.plan;
      return plan === undefined
        ? { text: 'The control plane has not made a plan yet.', data: { plan: null } }
        : { text: planText(plan), data: { plan } };
    }),
  );
}
