import type { MessageKey } from '../../../words/keys.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';
import type { ApplianceStatus } from 'host-service/contract/appliance.ts';
import type { Digest } from 'host-service/contract/names.ts';
import type { TraceRule } from 'host-service/contract/trace.ts';
import type { Ask } from '../model/ask.ts';
import { approveAsk } from '../model/offers.ts';
import { saying, type Saying } from '../model/saying.ts';
import type { Tone } from '../../../parts/basic/state-look.ts';
import { openOperation, wantedChannel, channelTitle } from '../model/facts.ts';
import { ruleRowOf, type RuleRow } from './derive-rules.ts';

/** One release under the rules: what came out, which rules decided it, and all of them. */
export interface Judged {
  readonly version?: string;
  readonly digest?: Digest;
  readonly outcome: 'go' | 'runs' | 'waits' | 'refused';
  readonly decisive: readonly RuleRow[];
  readonly rules: readonly RuleRow[];
}

/** What could come next, and why or why not (S9, R-23). */
export interface Offer {
  readonly kind: 'unknown' | 'newest' | 'offered' | 'under-way' | 'waits' | 'refused' | 'unanswered';
  readonly tone: Tone;
  readonly headline: Saying;
  readonly judged: readonly Judged[];
  readonly approve?: Extract<Ask, { kind: 'approve' }>;
  /** The release that this is about. */
  readonly version?: string;
  readonly notes?: string;
}

/** The rules by candidate, in the order in which they were asked; those about no candidate first. */
export function judgedOf(trace: readonly TraceRule[], running: Digest | undefined): readonly Judged[] {
  const groups = Map.groupBy(trace, ({ candidate }) => candidate?.digest);
  return [...groups].map(([digest, entries]) => {
    const version = entries[0]?.candidate?.version;
    const rules = entries.map(ruleRowOf);
    const refusing = rules.filter(({ verdict }) => verdict === 'refuse');
    const waiting = rules.filter(({ verdict }) => verdict === 'wait');
    const decisive = refusing.length > 0 ? refusing : waiting;
    return {
      ...(version === undefined ? {} : { version }),
      ...(digest === undefined ? {} : { digest }),
      outcome: outcomeOf(digest !== undefined && digest === running, refusing.length, waiting.length),
      decisive,
      rules,
    };
  });
}

function outcomeOf(isRunning: boolean, refusing: number, waiting: number): Judged['outcome'] {
  if (refusing > 0) return 'refused';
  if (isRunning) return 'runs';
  return waiting > 0 ? 'waits' : 'go';
}

/** What the vendor offers this box now. */
export function offerOf(view: StatusView): Offer {
  const { status } = view;
  if (status === undefined || status.trace.length === 0)
    return { kind: 'unknown', tone: 'plain', headline: saying('overview.offer.unknown'), judged: [] };
  const judged = judgedOf(status.trace, status.running?.digest);
  return { judged, ...verdictOf(view, status, judged) };
}

type Verdict = Omit<Offer, 'judged'>;

function verdictOf(view: StatusView, status: ApplianceStatus, judged: readonly Judged[]): Verdict {
  const { available } = status;
  const approve = approveAsk(view);
  if (available !== undefined && approve !== undefined) {
    const { version, notes } = available;
    return {
      kind: 'offered',
      tone: 'warn',
      headline: saying(offeredKey(approve), { version }),
      approve,
      version,
      ...(notes === undefined || notes === '' ? {} : { notes }),
    };
  }
  const open = openOperation(view);
  const isForward = open?.verb === 'install' || open?.verb === 'update';
  const going = isForward ? open.to : judged.find(({ outcome }) => outcome === 'go');
  if (going?.version !== undefined) {
    const { version } = going;
    return {
      kind: 'under-way',
      tone: 'info',
      headline: saying('overview.offer.under-way', { version }),
      version,
    };
  }
  return withoutOffer(view, status, judged);
}

function offeredKey({ isRetry, from }: Extract<Ask, { kind: 'approve' }>): MessageKey {
  if (isRetry) return 'overview.offer.offered-again';
  return from === undefined ? 'overview.offer.offered-first' : 'overview.offer.offered';
}

function withoutOffer(view: StatusView, status: ApplianceStatus, judged: readonly Judged[]): Verdict {
  const channel = channelTitle(view, wantedChannel(view));
  const unanswered = judged.find(({ digest }) => digest === undefined);
  if (unanswered !== undefined) {
    const kind = unanswered.outcome === 'refused' ? 'refused' : 'unanswered';
    return { kind, tone: 'warn', headline: saying(`overview.offer.${kind}-channel`, { channel }) };
  }
  const against = judged.findLast(({ outcome }) => outcome === 'refused' || outcome === 'waits');
  if (against === undefined && status.running === undefined)
    return { kind: 'unknown', tone: 'plain', headline: saying('overview.offer.unknown') };
  if (against === undefined)
    return { kind: 'newest', tone: 'good', headline: saying('overview.offer.newest', { channel }) };
  const version = against.version ?? '';
  return against.outcome === 'refused'
    ? { kind: 'refused', tone: 'warn', headline: saying('overview.offer.refused', { version }), version }
    : { kind: 'waits', tone: 'plain', headline: saying('overview.offer.waits', { version }), version };
}
