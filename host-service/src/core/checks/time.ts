import {
  failed,
  passed,
  perHost,
  unknown,
  warned,
  type Check,
  type CheckFacts,
  type HostSight,
} from './facts.ts';
import { notTold } from './machine.ts';
import { spanText, timeText } from './words.ts';

/** Milliseconds between this box and a registry: beyond `most` certificates and signatures are judged wrongly. */
const SKEW = { good: 60_000, most: 300_000 } as const;
const FIX = { kind: 'time' } as const;

function floor({ facts: { clockAt, clockFloor } }: HostSight) {
  if (clockAt === undefined) return unknown(notTold('its time'));
  const measured = timeText(clockAt);
  if (clockFloor === undefined) return unknown(notTold('the earliest time that it can be'), { measured });
  const compared = { measured, required: `not before ${timeText(clockFloor)}` };
  if (Date.parse(clockAt) >= Date.parse(clockFloor))
    return passed('The clock is not before a time that has surely been.', compared);
  return failed('The clock shows a time that has surely passed.', { ...compared, fix: FIX });
}

function registryTime({ endpoints, name }: HostSight, { hosts }: CheckFacts) {
  const required = `at most ${spanText(SKEW.most)} apart`;
  const skews = endpoints.flatMap(({ dateSkewMs }) => (dateSkewMs === undefined ? [] : [dateSkewMs]));
  // The middle one: a single server with a wrong clock says nothing about ours.
  const skew = skews.toSorted((a, b) => a - b)[Math.floor(skews.length / 2)];
  if (skew === undefined) return unknown('No registry has told the time to this box yet.', { required });
  const who = hosts.length > 1 ? name : 'this box';
  const side = skew > 0 ? 'behind' : 'ahead';
  const compared = { measured: `${spanText(skew)} ${side}`, required };
  if (Math.abs(skew) > SKEW.most)
    return failed(`The clock of ${who} is far ${side} that of the registry.`, { ...compared, fix: FIX });
  if (Math.abs(skew) > SKEW.good)
    return warned(`The clock of ${who} is ${side} that of the registry.`, { ...compared, fix: FIX });
  return passed('The clock agrees with that of the registry.', { ...compared, measured: spanText(skew) });
}

function synchronised({ facts: { clockSynchronised } }: HostSight) {
  if (clockSynchronised === undefined) return unknown(notTold('whether its clock is kept right'));
  return clockSynchronised
    ? passed('A time server keeps the clock right.')
    : warned('No time server keeps the clock right; it will drift.', { fix: FIX });
}

const base = { group: 'time', severity: 'blocking' } as const;

/** What the clock has to be. */
export const TIME_CHECKS: readonly Check[] = [
  {
    ...{ ...base, id: 'time.floor', title: 'Clock', mayAccept: false, look: perHost(floor) },
    why: 'With a clock in the past every certificate looks as if it were not valid yet.',
  },
  {
    ...{ ...base, id: 'time.registry', title: 'Clock against the registry', mayAccept: false },
    look: perHost(registryTime),
    why: 'Signatures and certificates are judged by the clock; a wrong one refuses what is good.',
  },
  {
    ...{ ...base, id: 'time.synchronised', title: 'Time server', mayAccept: true, severity: 'advice' },
    look: perHost(synchronised),
    why: 'A clock that nobody keeps right drifts until sign-ins and certificates fail.',
  },
];
