import { PROBLEMS, type ProblemCode } from 'host-service/contract/problem.ts';
import { RuleId, TraceRule } from 'host-service/contract/trace.ts';
import { describe, expect, it } from 'vitest';
import { WORDS } from '../test/render.tsx';
import { operationOf, refOf, rule, statusOf, V1, V2, viewOf } from '../test/views.ts';
import { offerOf } from './derive-offer.ts';
import { ruleRowOf } from './derive-rules.ts';

const candidate = V2;
const approval = rule('policy', 'wait', { code: 'plan.approval-needed' });

describe('why this release, or why not', () => {
  it('R-23 has words for every rule and verdict, in both languages', () => {
    const verdicts = TraceRule.shape.verdict.options;
    for (const id of RuleId.options) {
      for (const verdict of verdicts) {
        const row = ruleRowOf(rule(id, verdict));
        for (const { t, find } of [WORDS.en, WORDS.de]) {
          for (const say of [row.title, row.words, row.changesWhen]) {
            if (say === undefined) continue;
            expect(find(say.key)).toBeDefined();
            expect(t(say.key)).not.toBe('');
          }
        }
        expect(row.changesWhen === undefined).toBe(verdict === 'pass' || verdict === 'skip');
      }
    }
  });

  it('R-23 says every code that can stand in a trace: by the rule or by the problem’s own words', () => {
    for (const code of Object.keys(PROBLEMS) as ProblemCode[]) {
      for (const id of RuleId.options) {
        const row = ruleRowOf(rule(id, 'refuse', { code }));
        for (const { find } of [WORDS.en, WORDS.de]) {
          expect(find(row.words.key)).toBeDefined();
          if (row.code !== undefined) expect(find(`problems.${row.code}.title`)).toBeDefined();
        }
      }
    }
  });

  it('R-26 offers what is available and not running, with the rule that it waits for', () => {
    const offer = offerOf(viewOf({ available: refOf(V2), trace: [rule('signature', 'pass'), approval] }));
    expect(offer).toMatchObject({
      kind: 'offered',
      version: '1.1.0',
      approve: { kind: 'approve', release: V2 },
    });
    expect(offer.judged[0]?.decisive.map(({ rule: id }) => id)).toEqual(['policy']);
  });

  it('R-19 says why an older answer is refused and when that changes', () => {
    const refused = rule('sequence', 'refuse', { code: 'release.rollback' });
    delete refused.candidate;
    const offer = offerOf(viewOf({ trace: [refused] }));
    expect(offer.kind).toBe('refused');
    expect(offer.judged[0]?.decisive[0]).toMatchObject({
      words: { key: 'rules.sequence.rollback' },
      changesWhen: { key: 'rules.sequence.when' },
    });
  });

  it('R-21 says that the channel gives no answer, and keeps what runs', () => {
    const silent = rule('channel-answer', 'wait', { code: 'registry.timeout' });
    delete silent.candidate;
    const offer = offerOf(viewOf({ trace: [silent] }));
    expect(offer.kind).toBe('unanswered');
    expect(offer.judged[0]?.decisive[0]?.code).toBe('registry.timeout');
  });

  it('R-20 tells one rule that refuses before others that only wait', () => {
    const trace = [rule('rollout', 'wait'), rule('requires', 'refuse', { code: 'release.incompatible' })];
    const offer = offerOf(viewOf({ trace }));
    expect(offer).toMatchObject({ kind: 'refused', version: '1.1.0' });
    expect(offer.judged[0]?.decisive.map(({ rule: id }) => id)).toEqual(['requires']);
  });

  it('tells a time when the box knows it', () => {
    const at = '2026-05-05T00:00:00Z';
    expect(ruleRowOf(rule('rollout', 'wait', { changes: { at } })).changesAt).toBe(at);
  });

  it('says that one has the newest release, and never so before anything runs', () => {
    const trace = [rule('already-running', 'skip', { candidate: V1 })];
    expect(offerOf(viewOf({ trace })).kind).toBe('newest');
    const status = statusOf({ trace });
    delete status.running;
    expect(offerOf({ ...viewOf(), status }).kind).not.toBe('newest');
  });

  it('does not offer what is under way already (R-03)', () => {
    const operation = operationOf();
    const offer = offerOf(
      viewOf({ available: refOf(V2), trace: [rule('policy', 'pass', { candidate })] }, { operation }),
    );
    expect(offer).toMatchObject({ kind: 'under-way', version: '1.1.0' });
    expect(offer.approve).toBeUndefined();
  });

  it('asks for the name of a release from which there is no way back', () => {
    const trace = [rule('policy', 'wait', { code: 'plan.irreversible' })];
    expect(offerOf(viewOf({ available: refOf(V2), trace })).approve?.isIrreversible).toBe(true);
  });
});
