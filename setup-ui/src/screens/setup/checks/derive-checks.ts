import type { ChecksView } from 'host-service/contract/api/checks.ts';
import type { CheckGroup, CheckResult, CheckState } from 'host-service/contract/checks.ts';

export interface CheckGroupRows {
  readonly group: CheckGroup;
  /** What stands in the way first. */
  readonly checks: readonly CheckResult[];
}

const ORDER: readonly CheckState[] = ['failed', 'warning', 'unknown', 'waiting', 'passed'];
const GROUPS: readonly CheckGroup[] = [
  'machine',
  'disk',
  'time',
  'network',
  'registry',
  'platform',
  'release',
];

const rankOf = (check: CheckResult): number =>
  ORDER.indexOf(check.state === 'failed' && !isInTheWay(check) ? 'warning' : check.state);

/** The checks in their groups: what stands in the way first, in each group and among the groups; groups without checks are left out. */
export const checkGroupsOf = ({ checks }: ChecksView): readonly CheckGroupRows[] =>
  GROUPS.map((group) => ({
    group,
    checks: checks.filter((check) => check.group === group).sort((a, b) => rankOf(a) - rankOf(b)),
  }))
    .filter(({ checks: own }) => own.length > 0)
    .sort((a, b) => blockingRank(a) - blockingRank(b));

/** Groups keep their order but for those in the way. */
const blockingRank = ({ checks }: CheckGroupRows): number => (checks.some(isInTheWay) ? 0 : 1);

/** A failed check whose risk nobody has taken stands in the way. */
export const isInTheWay = ({ state, accepted }: CheckResult): boolean =>
  state === 'failed' && accepted === undefined;

/** How a request names a check. */
export const aboutOf = ({ id, subject }: CheckResult): { check: string; subject?: string } => ({
  check: id,
  ...(subject === undefined ? {} : { subject }),
});
