import type { OperationView } from 'host-service/contract/api/operations.ts';
import type { ReleaseView } from 'host-service/contract/api/releases.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';
import type { StepKind } from 'host-service/contract/operation.ts';
import type { ProblemBody } from 'host-service/contract/problem.ts';
import type { Ask } from '../../overview/model/ask.ts';
import { approveAsk, retryAsk } from '../../overview/model/offers.ts';
import { askOf } from '../../overview/problems/problem-ways.ts';

/** Why an installation ended, what it has and has not done, and what helps, best first (S7). */
export interface Failure {
  readonly problem: ProblemBody;
  /** Lines that show it, as the box has them. */
  readonly evidence?: string;
  /** Steps that were done, and that were not reached. */
  readonly changed: readonly StepKind[];
  readonly unchanged: readonly StepKind[];
  readonly actions: readonly Ask[];
  /** The question that has to be answered otherwise. */
  readonly question?: string;
}

const CANCELLED: ProblemBody = { code: 'apply.cancelled', detail: '' };

/** The failure of the installation that ended last. */
export function failureOf(
  view: StatusView,
  operation: OperationView,
  releases: readonly ReleaseView[] = [],
): Failure {
  const failed = operation.steps.find(({ state }) => state === 'failed');
  const problem = operation.problem ?? failed?.problem ?? CANCELLED;
  const question = questionOf(problem, view);
  return {
    problem,
    changed: operation.steps.filter(({ state }) => state === 'done').map(({ kind }) => kind),
    unchanged: operation.steps.filter(({ state }) => state === 'pending').map(({ kind }) => kind),
    actions: actionsOf(problem, view, releases),
    ...(failed?.evidence === undefined ? {} : { evidence: failed.evidence }),
    ...(question === undefined ? {} : { question }),
  };
}

/** The question of the product that a problem is about: its subject, or the install code where registering failed. */
function questionOf({ code, subject }: ProblemBody, view: StatusView): string | undefined {
  if (subject !== undefined && Object.hasOwn(view.questions, subject)) return subject;
  if (!code.startsWith('register.')) return undefined;
  return Object.entries(view.questions).find(([, { type }]) => type === 'secret')?.[0];
}

function actionsOf(problem: ProblemBody, view: StatusView, releases: readonly ReleaseView[]): readonly Ask[] {
  const all = [askOf(problem, view, releases), retryAsk(view), approveAsk(view), CHECK];
  const kinds = new Set<Ask['kind']>();
  return all.flatMap((ask) => {
    // The questions have their own link, and looking again is for when there is nothing better.
    if (ask === undefined || ask.kind === 'open-settings' || kinds.has(ask.kind)) return [];
    if (ask === CHECK && kinds.size > 0) return [];
    kinds.add(ask.kind);
    return [ask];
  });
}
const CHECK: Ask = { kind: 'check-now' };

/** The failure as a few lines for a call to support: codes and versions, no answers. */
export function failureText(
  { problem, evidence }: Failure,
  operation: Pick<OperationView, 'name' | 'to' | 'startedAt' | 'endedAt'>,
  build: string,
): string {
  const lines = [
    ['code', problem.code],
    ['subject', problem.subject ?? ''],
    ['detail', problem.detail],
    ['operation', operation.name],
    ['release', `${operation.to.version} ${operation.to.digest}`],
    ['from', operation.startedAt],
    ['to', operation.endedAt ?? ''],
    ['build', build],
    ['evidence', evidence ?? ''],
  ];
  return lines
    .filter(([, text]) => text !== '')
    .map((line) => line.join(': '))
    .join('\n');
}
