import type { OperationView } from 'host-service/contract/api/operations.ts';
import type { ReleaseView } from 'host-service/contract/api/releases.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';
import type { StepKind } from 'host-service/contract/operation.ts';
import type { ProblemBody } from 'host-service/contract/problem.ts';
import type { Ask } from '../../../overview/model/ask.ts';
import { approveAsk, retryAsk } from '../../../overview/model/offers.ts';
import { askOf } from '../../../overview/problems/problem-ways.ts';

/** Why an installation ended, what it has and has not done, and what helps, best first (S7). */
export interface Failure {
  readonly problem: ProblemBody;
  /** Lines that show it, as the box has them. */
  readonly evidence?: string;
  /** Steps that were done, and that were not reached. */
  readonly changed: readonly StepKind[];
  readonly unchanged: readonly StepKind[];
  /** The step that did not come to its end. */
  readonly step?: StepKind;
  /** Whether something may have written data of the application. */
  readonly isDataTouched: boolean;
  /** It is about the way to other hosts: that is set on a page of its own. */
  readonly isNetwork: boolean;
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
  const stopped = failed ?? operation.steps.find(isInterrupted);
  return {
    problem,
    changed: operation.steps.filter(({ state }) => state === 'done').map(({ kind }) => kind),
    unchanged: operation.steps.filter(isUnreached).map(({ kind }) => kind),
    isDataTouched: operation.steps.some(({ kind, startedAt }) => WAKES.has(kind) && startedAt !== undefined),
    isNetwork: isNetworkCode(problem.code),
    ...(stopped === undefined ? {} : { step: stopped.kind }),
    actions: actionsOf(problem, view, releases),
    ...(failed?.evidence === undefined ? {} : { evidence: failed.evidence }),
    ...(question === undefined ? {} : { question }),
  };
}

/** From these on the application is there, and what belongs to it may write. */
const WAKES: ReadonlySet<StepKind> = new Set(['point-source', 'revert', 'migrate', 'wait-components']);

/** The journal calls skipped what had its turn no more; what was left out for a reason says so. */
const isUnreached = ({ state, startedAt, now }: OperationView['steps'][number]): boolean =>
  state === 'pending' || (state === 'skipped' && startedAt === undefined && now === undefined);
const isInterrupted = ({ state, startedAt }: OperationView['steps'][number]): boolean =>
  state === 'skipped' && startedAt !== undefined;

/** Faults on the way to other hosts that a proxy, an authority, a name server, a mirror or a credential mends. */
const NETWORK: ReadonlySet<string> = new Set([
  ...['registry.connect', 'registry.dns', 'registry.proxy', 'registry.tls', 'registry.timeout'],
  ...[
    'registry.denied',
    'registry.credentials-stale',
    'register.unreachable',
    'pull.refused',
    'observe.image-pull',
  ],
]);
const isNetworkCode = (code: string): boolean => NETWORK.has(code);

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
