import { CAPS, type Digest } from '../../contract/names.ts';
import { safeLine, type ProblemBody, type ProblemCode } from '../../contract/problem.ts';
import { RuleId, type TraceRule } from '../../contract/trace.ts';
import { withdrawalOf, withdrawnInWords } from '../release/statement.ts';
import { wantedOf } from './candidates.ts';
import { find, no, pass, skip, traceOf, wait, type Context, type Rule } from './context.ts';
import * as box from './rules/box-rules.ts';
import * as channel from './rules/channel-rules.ts';
import * as person from './rules/person-rules.ts';
import type { Candidate, DecideInput, Decision } from './types.ts';
import { inRange, leadsBack } from './versions.ts';

/** Every rule, in the order in which they are asked and shown. */
const RULES: Readonly<Record<RuleId, Rule>> = {
  pin: channel.pin,
  'channel-answer': channel.channelAnswer,
  signature: channel.signature,
  freshness: channel.freshness,
  sequence: channel.sequence,
  withdrawn: channel.withdrawn,
  quarantine: channel.quarantine,
  path: channel.path,
  rollout: channel.rollout,
  requires: box.requires,
  direction: box.direction,
  'control-plane-first': box.controlPlaneFirst,
  confirmation: person.confirmation,
  hold: person.hold,
  policy: person.policy,
  'already-running': person.alreadyRunning,
};

/** The rule under which a refusal of the answer is shown; all other codes belong to the answer itself. */
const RULE_OF: Partial<Record<ProblemCode, RuleId>> = {
  'release.unsigned': 'signature',
  'release.key-unknown': 'signature',
  'release.key-revoked': 'signature',
  'release.key-role': 'signature',
  'release.key-validity': 'signature',
  'release.signature-invalid': 'signature',
  'release.expired': 'freshness',
  'release.rollback': 'sequence',
  'release.fork': 'sequence',
  'release.withdrawn': 'withdrawn',
  'release.requires-control-plane': 'control-plane-first',
};
/** Waits that end without anybody: they leave the release available, later ones only need a person or the next look. */
const REACHABLE: ReadonlySet<RuleId> = new Set(['confirmation', 'hold', 'policy']);

interface Judgement {
  readonly candidate: Candidate;
  readonly trace: readonly TraceRule[];
  /** Nothing stands against it. */
  readonly go: boolean;
  /** It might be had, if need be with an approval. */
  readonly available: boolean;
}

function judge(context: Context): Judgement {
  const trace = RuleId.options.map((id) => traceOf(id, RULES[id](context), context.candidate));
  const against = trace.filter(({ verdict }) => verdict === 'wait' || verdict === 'refuse');
  return {
    candidate: context.candidate,
    trace,
    go: against.length === 0,
    available: against.every(({ rule, verdict }) => verdict === 'wait' && REACHABLE.has(rule)),
  };
}

/** The release to go to first on the way to the wanted one, if the vendor says so and it is known here. */
function stopOf(
  input: DecideInput,
  wanted: Candidate,
  running: Candidate | undefined,
): Candidate | undefined {
  if (running === undefined) return undefined;
  const stop = input.statement?.path.find(
    ({ from, release }) =>
      release.digest !== wanted.digest && release.digest !== running.digest && inRange(running.version, from),
  );
  return find(input, stop?.release.digest);
}

function judgements(input: DecideInput, running: Candidate | undefined): readonly Judgement[] {
  const wanted = wantedOf(input);
  if (wanted === undefined) return [];
  const pinned = input.intent.pin !== undefined;
  const first = judge({ input, candidate: wanted, wanted, running, pinned });
  const stop = pinned ? undefined : stopOf(input, wanted, running);
  return stop === undefined ? [first] : [first, judge({ input, candidate: stop, wanted, running, pinned })];
}

/** The trace when the answer cannot be used: the rule that speaks against it, and why the others were not asked. */
function unusable(input: DecideInput): readonly TraceRule[] {
  const { answer } = input;
  const problem: ProblemBody =
    answer.kind === 'resolved'
      ? { code: 'release.incomplete', detail: `release ${answer.digest} is not at hand` }
      : answer.problem;
  const rule = RULE_OF[problem.code] ?? 'channel-answer';
  const text = `${problem.code}: ${problem.detail}`;
  const verdict =
    answer.kind === 'refused'
      ? no(problem.code, text, { when: 'the channel gives another answer' })
      : wait(problem.code, text, { when: 'the registry answers again' });
  const asked = RuleId.options.slice(0, RuleId.options.indexOf(rule) + 1);
  return asked.map((id) => {
    if (id === rule) return traceOf(id, verdict);
    if (id === 'pin')
      return traceOf(
        id,
        input.intent.pin === undefined
          ? skip('No release is chosen by name.')
          : pass(`A person chose ${input.intent.pin}.`),
      );
    return traceOf(
      id,
      id === 'channel-answer'
        ? pass('The registry answered.')
        : skip('The answer was refused before this was asked, or for another reason.'),
    );
  });
}

interface WayBack {
  readonly target: Candidate | undefined;
  readonly problem: ProblemBody;
}

/** What follows when the release that runs here has failed (design §7): back to the last good one where that is allowed. */
function afterFailure(input: DecideInput, running: Candidate | undefined): WayBack | undefined {
  const reason = running?.quarantine;
  if (running === undefined || reason === undefined) return undefined;
  if (input.intent.approvedRetry === running.digest) return undefined;
  const good = find(input, input.lastGood);
  const failed = `${running.version} failed: ${reason.code}: ${reason.detail}`;
  if (good === undefined || good.digest === running.digest) {
    return { target: undefined, problem: { code: 'release.quarantined', detail: safeLine(failed) } };
  }
  if (leadsBack(running.release, good.version)) {
    return { target: good, problem: { code: 'release.quarantined', detail: safeLine(failed) } };
  }
  const detail = safeLine(`${failed}; it does not lead back to ${good.version}`);
  return { target: undefined, problem: { code: 'plan.no-way-back', detail } };
}

/** Facts about what runs that people must see although nothing is forced on them. */
function runningProblems(input: DecideInput, running: Candidate | undefined): readonly ProblemBody[] {
  const problems: ProblemBody[] = [];
  const withdrawal = running === undefined ? undefined : withdrawalOf(input.statement, running.digest);
  if (running !== undefined && withdrawal !== undefined) {
    const detail = safeLine(`${running.version} was ${withdrawnInWords(withdrawal)}`);
    problems.push({ code: 'release.withdrawn', detail, subject: 'running' });
  }
  const { statement } = input;
  if (statement !== undefined && input.now.getTime() >= Date.parse(statement.expires)) {
    problems.push({
      code: 'release.expired',
      detail: `the channel statement expired on ${statement.expires}`,
    });
  }
  return problems;
}

function problemsOf(judged: readonly Judgement[], running: Digest | undefined): readonly ProblemBody[] {
  return judged
    .filter(({ candidate }) => candidate.digest !== running)
    .flatMap(({ trace, candidate }) =>
      trace.flatMap(({ code, detail, verdict }) =>
        code === undefined || verdict === 'pass' ? [] : [{ code, detail, subject: candidate.version }],
      ),
    );
}

/** The best that might be had: the newest judged release without refusal, or what the vendor names for a withdrawn one. */
function availableOf(
  input: DecideInput,
  judged: readonly Judgement[],
  running: Candidate | undefined,
): Digest | undefined {
  const best = judged.findLast(({ available, candidate }) => available && candidate.digest !== input.running);
  if (best !== undefined || running === undefined) return best?.candidate.digest;
  const instead = withdrawalOf(input.statement, running.digest)?.instead?.digest;
  return instead === running.digest ? undefined : find(input, instead)?.digest;
}

function distinct(problems: readonly ProblemBody[]): readonly ProblemBody[] {
  const unique = new Map(problems.map((problem) => [`${problem.code} ${problem.detail}`, problem]));
  return [...unique.values()].slice(0, CAPS.problems);
}

/**
 * Decides what ought to run (design §3 DECIDE). Pure. Every rule is asked and shown with its verdict and when that will
 * change. Without a usable answer the target stays what runs; only a failed release is left by itself.
 */
export function decide(input: DecideInput): Decision {
  const running = find(input, input.running);
  const judged = judgements(input, running);
  const back = afterFailure(input, running);
  const next = judged.findLast(({ go, candidate }) => go && candidate.digest !== input.running);
  const answerProblem =
    input.answer.kind === 'resolved' ? [] : [{ ...input.answer.problem, subject: 'channel' }];
  const common = {
    available: availableOf(input, judged, running),
    problems: distinct([
      ...(back === undefined ? [] : [back.problem]),
      ...runningProblems(input, running),
      ...answerProblem,
      ...problemsOf(judged, input.running),
    ]),
    trace: (judged.length === 0 ? unusable(input) : judged.flatMap(({ trace }) => trace)).slice(
      0,
      CAPS.traceRules,
    ),
  };
  if (back?.target !== undefined) return { target: back.target.digest, direction: 'revert', ...common };
  if (next !== undefined) {
    return {
      target: next.candidate.digest,
      direction: input.running === undefined ? 'install' : 'update',
      ...common,
    };
  }
  if (input.running === undefined) return { target: undefined, direction: 'none', ...common };
  return { target: input.running, direction: 'stay', ...common };
}
