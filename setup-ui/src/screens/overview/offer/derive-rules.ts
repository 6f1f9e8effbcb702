import type { MessageKey } from '../../../words/keys.ts';
import type { ProblemCode } from 'host-service/contract/problem.ts';
import type { RuleId, TraceRule } from 'host-service/contract/trace.ts';
import { saying, type Saying } from '../model/saying.ts';

/** One rule of a decision in words. */
export interface RuleRow {
  readonly rule: RuleId;
  readonly verdict: TraceRule['verdict'];
  readonly title: Saying;
  readonly words: Saying;
  /** A fault whose own words say more than the rule. */
  readonly code?: ProblemCode;
  /** When the verdict will change: a time, or the event in words. */
  readonly changesAt?: string;
  readonly changesWhen?: Saying;
  /** The server's own words, English. */
  readonly serverText: string;
}

/** Rules with words of their own for a code. All other codes come with the title of their problem. */
const SPECIFIC: Readonly<Partial<Record<`${RuleId}/${ProblemCode}`, MessageKey>>> = {
  'signature/release.unsigned': 'rules.signature.unsigned',
  'signature/release.key-unknown': 'rules.signature.key-unknown',
  'signature/release.key-revoked': 'rules.signature.key-revoked',
  'signature/release.key-role': 'rules.signature.key-role',
  'signature/release.key-validity': 'rules.signature.key-validity',
  'signature/release.signature-invalid': 'rules.signature.signature-invalid',
  'freshness/release.expired': 'rules.freshness.expired',
  'sequence/release.rollback': 'rules.sequence.rollback',
  'sequence/release.fork': 'rules.sequence.fork',
  'policy/plan.irreversible': 'rules.policy.irreversible',
  'policy/plan.approval-needed': 'rules.policy.approval-needed',
  'direction/plan.no-way-back': 'rules.direction.no-way-back',
};
/** Codes whose rule says the same already. */
const SAID_BY_RULE: ReadonlySet<ProblemCode> = new Set([
  'release.withdrawn',
  'release.quarantined',
  'release.path-required',
  'release.rollout-wait',
  'release.incompatible',
  'release.requires-control-plane',
  'plan.held',
]);

/** A rule with its verdict and, where it has one, its code in words; and when that will change. */
export function ruleRowOf(entry: TraceRule): RuleRow {
  const { rule, verdict, code, changes, detail } = entry;
  const specific = code === undefined ? undefined : SPECIFIC[`${rule}/${code}`];
  const isAgainst = verdict === 'wait' || verdict === 'refuse';
  return {
    rule,
    verdict,
    title: saying(`rules.${rule}.title`),
    words: saying(specific ?? `rules.${rule}.${verdict}`),
    ...(code === undefined || specific !== undefined || SAID_BY_RULE.has(code) ? {} : { code }),
    ...(changes?.at === undefined ? {} : { changesAt: changes.at }),
    ...(isAgainst ? { changesWhen: saying(`rules.${rule}.when`) } : {}),
    serverText: changes?.when === undefined ? detail : `${detail} (${changes.when})`,
  };
}
