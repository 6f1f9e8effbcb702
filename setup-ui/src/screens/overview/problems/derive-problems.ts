import type { ReleaseView } from 'host-service/contract/api/releases.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';
import type { ApplianceStatus } from 'host-service/contract/appliance.ts';
import type { ProblemBody, ProblemCode } from 'host-service/contract/problem.ts';
import type { MessageKey } from '../../../words/keys.ts';
import { tellsRoll } from '../control-plane/derive-control-plane.ts';
import type { Ask } from '../model/ask.ts';
import { askOf, whyOf } from './problem-ways.ts';

export interface ProblemRow {
  readonly key: string;
  readonly problem: ProblemBody;
  readonly action?: Ask;
  /** Why there is no button. */
  readonly why?: MessageKey;
  /** Of a part in the background: people can go on working (B-81). */
  readonly isBackground: boolean;
}

/** Told elsewhere on the page and no alarm (B-80): waits that are meant to be with the release, missing answers with their form. */
const TOLD: ReadonlySet<ProblemCode> = new Set([
  'plan.approval-needed',
  'plan.irreversible',
  'plan.held',
  'plan.settings-missing',
  'release.rollout-wait',
  'release.path-required',
]);

/** What is wrong now, as the server sees it, each once and with what can be done about it. */
export function problemRowsOf(
  view: StatusView,
  releases: readonly ReleaseView[] = [],
): readonly ProblemRow[] {
  const { status } = view;
  if (status === undefined) return [];
  const offered = status.trace.map(({ candidate }) => candidate?.version as string | undefined);
  const isRollTold = tellsRoll(view);
  const rows = status.problems
    .filter(({ code }) => !TOLD.has(code) && !(isRollTold && code.startsWith('roll.')))
    .filter((problem) => !(isAboutCandidate(problem, status) && offered.includes(problem.subject)))
    .map((problem) => rowOf(problem, view, releases));
  return [...rows.filter((row) => !row.isBackground), ...rows.filter((row) => row.isBackground)];
}

/** A refusal of a release that does not run is told with that release. */
function isAboutCandidate({ code, subject }: ProblemBody, { running }: ApplianceStatus): boolean {
  return code.startsWith('release.') && subject !== undefined && subject !== running?.version;
}

function rowOf(problem: ProblemBody, view: StatusView, releases: readonly ReleaseView[]): ProblemRow {
  const action = askOf(problem, view, releases);
  const why = whyOf(problem);
  const part = view.status?.components.find(({ name }) => name === problem.subject);
  return {
    key: `${problem.code} ${problem.subject ?? ''} ${problem.detail}`,
    problem,
    isBackground: part?.tier === 'background',
    ...(action === undefined ? {} : { action }),
    ...(why === undefined ? {} : { why }),
  };
}
