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

/** The checks in their groups, failed ones first; groups without checks are left out. */
export const checkGroupsOf = ({ checks }: ChecksView): readonly CheckGroupRows[] =>
  GROUPS.map((group) => ({
    group,
    checks: checks
      .filter((check) => check.group === group)
      .sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state)),
  })).filter(({ checks: own }) => own.length > 0);

/** A failed check whose risk nobody has taken stands in the way. */
export const isInTheWay = ({ state, accepted }: CheckResult): boolean =>
  state === 'failed' && accepted === undefined;
