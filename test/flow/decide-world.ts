import { expect } from 'vitest';
import { Intent, UpdatePolicy } from 'host-service/contract/appliance.ts';
import { ChannelStatement } from 'host-service/contract/documents/channel.ts';
import { Digest, Version } from 'host-service/contract/names.ts';
import { Release } from 'host-service/contract/release.ts';
import { RuleId, type TraceRule } from 'host-service/contract/trace.ts';
import { decide } from 'host-service/core/decide/decide.ts';
import type { Answer, Candidate, DecideInput } from 'host-service/core/decide/types.ts';
import { digestFor, NOW, releaseJson, statementJson } from '../fixtures/documents.ts';

type Json = Record<string, unknown>;

/** Document digest of a version in these tests. */
export const id = (version: string): Digest => Digest.parse(digestFor(`release ${version}`));

/** A release that was admitted, confirmed when it is said to be. */
export function candidate(version: string, over: Json = {}, more: Partial<Candidate> = {}): Candidate {
  return {
    digest: id(version),
    version: Version.parse(version),
    release: Release.parse(releaseJson({ version, ...over })),
    signed: true,
    source: 'channel',
    quarantine: undefined,
    confirmedAt: undefined,
    ...more,
  };
}

export function statement(version: string, over: Json = {}): ChannelStatement {
  return ChannelStatement.parse(statementJson({ digest: id(version), version }, over));
}

export const resolved = (version: string, confirmations = 2): Answer => ({
  kind: 'resolved',
  digest: id(version),
  confirmations,
});

export const named = (version: string) => ({ digest: id(version), version });

/** What a test says about the box; `runs` is confirmed and the last good one unless told otherwise. */
export interface Box {
  readonly runs?: string | undefined;
  readonly lastGood?: string;
  readonly answer: Answer;
  readonly statement?: ChannelStatement;
  readonly candidates: readonly Candidate[];
  readonly intent?: Json;
  readonly policy?: Json;
  readonly facts?: Partial<DecideInput['facts']>;
  readonly now?: Date;
}

export function input(box: Box): DecideInput {
  const { runs, lastGood = runs } = box;
  return {
    intent: Intent.parse(box.intent ?? {}),
    policy: UpdatePolicy.parse({ update: 'auto', ...box.policy }),
    answer: box.answer,
    statement: box.statement,
    candidates: box.candidates,
    running: runs === undefined ? undefined : id(runs),
    lastGood: lastGood === undefined ? undefined : id(lastGood),
    facts: {
      applianceId: 'a3f1c6d2-0000-4000-8000-000000000001',
      kubernetes: '1.36.3+k3s1',
      controlPlane: Version.parse('0.1.0'),
      host: undefined,
      architecture: 'amd64',
      ...box.facts,
    },
    now: box.now ?? NOW,
  };
}

/** A trace as people compare it: one line per rule that did not simply pass, all ids first. */
export function against(trace: readonly TraceRule[]): readonly string[] {
  return trace
    .filter(({ verdict }) => verdict === 'wait' || verdict === 'refuse')
    .map(
      ({ verdict, rule, code, candidate: of }) => `${verdict} ${rule} ${of?.version ?? ''} ${code ?? '-'}`,
    );
}

/** One row of a table of decisions. */
export interface Case {
  readonly what: string;
  readonly box: Partial<Box>;
  readonly target: string | undefined;
  readonly direction: string;
  readonly against: readonly string[];
  readonly available?: string | undefined;
}

/** Decides and compares; every rule must have been asked, in order. */
export function check(base: Box, entry: Case): void {
  const decision = decide(input({ ...base, ...entry.box }));
  expect(decision.direction).toBe(entry.direction);
  expect(decision.target).toBe(entry.target === undefined ? undefined : id(entry.target));
  expect(against(decision.trace)).toEqual(entry.against);
  if ('available' in entry) {
    expect(decision.available).toBe(entry.available === undefined ? undefined : id(entry.available));
  }
  const rules = decision.trace.slice(0, RuleId.options.length).map(({ rule }) => rule);
  expect(rules).toEqual(RuleId.options);
}
