import { IntentChange } from 'host-service/contract/api/intent.ts';
import { VerbBody } from 'host-service/contract/api/intent.ts';
import { Digest, Version } from 'host-service/contract/names.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WORDS } from '../test/render.tsx';
import { digestOf, operationOf, planTo, refOf, rule, V1, V2, viewOf } from '../test/views.ts';
import { callOf, type Ask } from '../model/ask.ts';
import { gateOf } from '../model/gates.ts';
import { approveAsk } from '../model/offers.ts';
import { labelOf } from './ask-button.tsx';
import { changedOf } from './derive-changed.ts';
import { consequenceOf, hasDialog } from './derive-consequence.ts';
import { firstAnswersOf, isAnswered, isUnchanged, pinMistakeOf } from './forms/derive-answers.ts';
import { previewOf } from './forms/derive-preview.ts';

const ASKS: readonly Ask[] = [
  { kind: 'approve', release: V2, from: V1.version, isIrreversible: false, isRetry: false },
  { kind: 'approve', release: V2, from: V1.version, isIrreversible: true, isRetry: true },
  { kind: 'approve', release: V2, isIrreversible: false, isRetry: false },
  { kind: 'retry', release: V2, reason: 'failed' },
  { kind: 'retry', release: V2, reason: 'cancelled' },
  { kind: 'retry-control-plane', version: V2.version },
  { kind: 'go-back', release: V1, from: V2.version },
  { kind: 'cancel', verb: 'install', to: V2.version },
  { kind: 'cancel', verb: 'update', to: V2.version, from: V1.version },
  { kind: 'pause', to: V2.version },
  { kind: 'resume', to: V2.version },
  { kind: 'check-now' },
  { kind: 'hold' },
  { kind: 'unhold' },
  { kind: 'pin' },
  { kind: 'pin', release: V2 },
  { kind: 'unpin', pin: '1.0.0' },
  { kind: 'change-channel' },
  { kind: 'change-policy' },
  { kind: 'open-settings' },
];
const admin = { isAdmin: true, isOffline: false };

describe('asking the box for something', () => {
  it('R-52 leads from each label to exactly one verb of the API, and the API accepts it', () => {
    const answers = {
      channel: 'nightly',
      pin: '1.1.0',
      policy: { update: 'auto' as const },
      reason: ' why ',
    };
    for (const ask of ASKS) {
      const call = callOf(ask, answers);
      if (ask.kind === 'open-settings') expect(call).toBeUndefined();
      else if (call?.route === 'intent') {
        const change = IntentChange.parse(call.change);
        expect(Object.keys(change).filter((key) => !['reason', 'whenOlder'].includes(key))).toHaveLength(1);
        expect(change.reason).toBe('why');
      } else {
        const { verb, release } = call ?? {};
        const parsed = VerbBody.parse({
          id: 'request-1',
          verb,
          ...(release === undefined ? {} : { release }),
        });
        expect({ 'go-back': 'revert' }[ask.kind as string] ?? ask.kind).toBe(parsed.verb);
      }
    }
  });

  it('names the consequence and the deed in both languages', () => {
    for (const ask of ASKS) {
      for (const { t, find } of [WORDS.en, WORDS.de]) {
        const label = labelOf(ask);
        expect(find(label.key)).toBeDefined();
        if (!hasDialog(ask)) continue;
        const { title, sentences, confirm } = consequenceOf(ask, viewOf());
        for (const say of [title, confirm, ...sentences])
          expect(t(say.key, say.values)).not.toMatch(/overview\.|\{/);
        if (ask.kind !== 'change-channel') expect(sentences.length).toBeGreaterThan(0);
      }
    }
  });

  it('has the version typed only where there is no way back', () => {
    const typed = ASKS.filter(hasDialog).map((ask) => consequenceOf(ask, viewOf()).typed);
    expect(typed.filter((word) => word !== undefined)).toEqual(['1.1.0']);
  });

  it('R-25 says in words why something cannot be asked for', () => {
    const approve = ASKS[0] as Ask;
    expect(gateOf(approve, viewOf(), admin)).toBeUndefined();
    expect(gateOf(approve, viewOf(), { ...admin, isAdmin: false })?.key).toBe('overview.gate.viewer');
    expect(gateOf(approve, viewOf(), { ...admin, isOffline: true })?.key).toBe('overview.gate.offline');
    const busy = viewOf({}, { operation: operationOf() });
    expect(gateOf(approve, busy, admin)?.key).toBe('overview.gate.under-way');
    expect(gateOf({ kind: 'go-back', release: V1, from: V2.version }, busy, admin)?.key).toBe(
      'overview.gate.busy',
    );
    const cancel: Ask = { kind: 'cancel', verb: 'update', to: V2.version };
    expect(gateOf(cancel, busy, admin)).toBeUndefined();
    expect(gateOf(cancel, viewOf(), admin)?.key).toBe('overview.gate.nothing-open');
  });

  it('R-03 does not offer to approve twice, and takes the plan’s word that there is no way back', () => {
    const plan = planTo({ irreversible: ['From release 1.1.0 there is no way back to 1.0.0.'] });
    expect(approveAsk(viewOf({ available: refOf(V2), plan }))?.isIrreversible).toBe(true);
    expect(approveAsk(viewOf({ available: refOf(V2) }, { operation: operationOf() }))).toBeUndefined();
  });

  it('changes nothing when a dialog is confirmed as it was opened', () => {
    for (const ask of [{ kind: 'change-channel' }, { kind: 'change-policy' }] as const) {
      const first = firstAnswersOf(ask, viewOf());
      expect(isUnchanged(ask, first, viewOf())).toBe(true);
      expect(isUnchanged(ask, { ...first, channel: 'nightly', policy: { update: 'auto' } }, viewOf())).toBe(
        false,
      );
    }
  });

  it('takes as a name of a release what the contract takes', () => {
    const text = fc.oneof(
      fc.string(),
      fc.stringMatching(/^\d{1,3}\.\d{1,3}\.\d{1,3}(-[a-z0-9.]{1,70})?$/),
      fc.stringMatching(/^sha256:[a-f0-9]{63,65}$/),
    );
    fc.assert(
      fc.property(text, (pin) => {
        const name = pin.trim();
        const isName = Version.safeParse(name).success || Digest.safeParse(name).success;
        expect(pinMistakeOf(pin) === undefined).toBe(isName);
        expect(isAnswered({ kind: 'pin' }, { pin })).toBe(isName);
      }),
    );
    expect(isAnswered({ kind: 'pin', release: V2 }, {})).toBe(true);
  });
});

describe('somebody else was faster', () => {
  it('tells each change between what was seen and what is', () => {
    const now = viewOf(
      { running: refOf(V2) },
      {
        intentRevision: 8,
        intent: { channel: 'nightly', hold: true, pin: '1.1.0', approvedRelease: digestOf('b') },
        updatePolicy: { update: 'auto' },
        settings: { appUrl: 'https://psa.example.com' },
        operation: operationOf(),
      },
    );
    const keys = changedOf(viewOf(), now).map(({ key }) => key.replace('overview.changed.', ''));
    expect(keys).toEqual([
      'channel',
      'hold',
      'pin',
      'approved',
      'policy',
      'settings',
      'running',
      'operation',
    ]);
  });

  it('says so as well when it cannot tell what', () => {
    expect(changedOf(viewOf(), viewOf({}, { intentRevision: 9 }))).toEqual([
      { key: 'overview.changed.other' },
    ]);
    expect(changedOf(viewOf(), viewOf())).toEqual([]);
  });
});

describe('what a change would lead to', () => {
  const preview = {
    intentRevision: 7,
    changes: [],
    touches: [],
    direction: 'none' as const,
    plan: planTo(),
    trace: [],
  };

  it('R-19 says that the box stays when the channel is older, and asks what to do then', () => {
    const facts = previewOf({ ...preview, trace: [rule('direction', 'wait')] });
    expect(facts).toMatchObject({ isOlder: true, sentence: { key: 'overview.preview.older' }, pullBytes: 0 });
  });

  it('says what would happen at once, with its size and time', () => {
    const facts = previewOf({
      ...preview,
      direction: 'update',
      target: V2,
      plan: planTo({ timeMs: { usual: 1, worst: 2 } }),
    });
    expect(facts).toMatchObject({
      sentence: { key: 'overview.preview.update' },
      pullBytes: 1_400_000_000,
      worstMs: 2,
    });
  });

  it('says what would only be offered', () => {
    const problem = { code: 'plan.approval-needed' as const, detail: 'x' };
    const facts = previewOf({ ...preview, available: V2, target: V1, problem });
    expect(facts.sentence.key).toBe('overview.preview.offered');
    expect(facts.problem).toBeUndefined();
  });
});
