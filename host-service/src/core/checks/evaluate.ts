import type { AcceptedRisk, CheckResult, CheckState } from '../../contract/checks.ts';
import { MAX_ENDPOINTS, type EndpointWish } from '../../contract/host/endpoint.ts';
import { safeLine } from '../../contract/problem.ts';
import {
  unknown,
  type Check,
  type CheckFacts,
  type EndpointSight,
  type Finding,
  type HostSight,
} from './facts.ts';
import { CHECKS } from './table.ts';

/** Which of two findings counts: what is wrong anywhere is wrong; what nobody knows is not good. */
const WEIGHT: Readonly<Record<Finding['state'], number>> = { passed: 0, unknown: 1, warning: 2, bad: 3 };
const NO_HOST = 'No program on a box reports here, so this could not be measured.';

/**
 * All checks over the facts, in the order of the table. Pure: the same facts give the same results. Several hosts are one row each check, that of the
 * worst one, which its sentence names; each address has rows of its own.
 */
export function evaluateChecks(
  facts: CheckFacts,
  accepted: readonly AcceptedRisk[],
  checks: readonly Check[] = CHECKS,
): readonly CheckResult[] {
  return checks.flatMap((check) => {
    const { look } = check;
    if (look.of === 'box') return [resultOf(check, undefined, look.find(facts), facts, accepted)];
    if (look.of === 'host') {
      const finding = worst(facts.hosts.map((host) => named(host, facts, look.find(host, facts))));
      return [resultOf(check, undefined, finding, facts, accepted)];
    }
    return facts.endpoints.slice(0, MAX_ENDPOINTS).map((wish) => {
      const seen = facts.hosts.map((host) => named(host, facts, look.find(sightOf(wish, host), facts)));
      return resultOf(check, subjectOf(wish.url), worst(seen), facts, accepted);
    });
  });
}

const sightOf = (wish: EndpointWish, host: HostSight): EndpointSight => ({
  ...{ wish, host },
  report: host.endpoints.find(({ url }) => url === wish.url),
});

/** Host and port of an address. */
export const subjectOf = (url: string): string => (URL.parse(url)?.host ?? url).slice(0, 255);

function worst(findings: readonly Finding[]): Finding {
  const [first, ...rest] = findings;
  if (first === undefined) return unknown(NO_HOST);
  return rest.reduce((so, one) => (WEIGHT[one.state] > WEIGHT[so.state] ? one : so), first);
}

const named = ({ name }: HostSight, { hosts }: CheckFacts, finding: Finding): Finding =>
  hosts.length < 2 ? finding : { ...finding, detail: `${name}: ${finding.detail}` };

function stateOf({ severity }: Check, { state }: Finding): CheckState {
  if (state !== 'bad') return state;
  return severity === 'blocking' ? 'failed' : 'warning';
}

function resultOf(
  check: Check,
  subject: string | undefined,
  finding: Finding,
  { hosts }: CheckFacts,
  accepted: readonly AcceptedRisk[],
): CheckResult {
  const { id, group } = check;
  const { measured, required, problem, fix } = finding;
  const state = stateOf(check, finding);
  const mayAccept = check.mayAccept && state === 'failed';
  // A risk that was taken counts as long as it fails, and only where taking it is still allowed.
  const risk = mayAccept ? accepted.find((one) => one.check === id && one.subject === subject) : undefined;
  const measuredAt = check.look.of === 'box' ? undefined : hosts[0]?.measuredAt;
  return {
    ...{ id, group, state, mayAccept, detail: safeLine(finding.detail) },
    ...(subject === undefined ? {} : { subject }),
    ...(measured === undefined ? {} : { measured: safeLine(measured) }),
    ...(required === undefined ? {} : { required: safeLine(required) }),
    ...(problem === undefined ? {} : { problem }),
    ...(fix === undefined || state === 'passed' ? {} : { fix }),
    ...(risk === undefined ? {} : { accepted: risk }),
    ...(measuredAt === undefined ? {} : { measuredAt }),
  };
}

/** Failed checks that nobody has accepted: they stand in the way. What could not be run does not (B-74). */
export const blockingOf = (results: readonly CheckResult[]): readonly CheckResult[] =>
  results.filter(({ state, accepted }) => state === 'failed' && accepted === undefined);
