import type { StatusView } from '../../contract/api/status.ts';
import { PROBLEMS } from '../../contract/problem.ts';
import { problemText, table } from '../objects/session.ts';

/** The control plane's part of the status, for people. */
export function controlPlaneText({ status }: StatusView): string {
  if (status === undefined) return 'The control plane has not looked at this box yet.';
  const { version, build, digest, leader, roll, failed = [] } = status.controlPlane;
  const facts = [
    ['version', version],
    ['build', build],
    ['digest', digest ?? 'does not run from an image'],
    ['at work', leader],
    ['update', roll === undefined ? 'does not update itself' : `${roll.state}: ${roll.detail}`],
    ...(roll?.wanted === undefined ? [] : [['wanted', `${roll.wanted.version} ${roll.wanted.digest}`]]),
    ...(roll?.operation === undefined ? [] : [['operation', roll.operation]]),
    ['reported', status.updatedAt],
  ];
  const rows = failed.map(({ version: name, at, attempts, quarantined, reason, by }) => [
    `  ${name}`,
    at,
    attempts === 1 ? 'tried once' : `tried ${attempts} times`,
    quarantined ? 'given up' : 'is tried again',
    `${PROBLEMS[reason.code].title} (${reason.code}), put back by ${by}`,
  ]);
  return [
    table(facts),
    ...(roll?.problem === undefined ? [] : ['', problemText(roll.problem)]),
    ...(rows.length === 0 ? [] : ['', 'failed here', table(rows)]),
  ].join('\n');
}
