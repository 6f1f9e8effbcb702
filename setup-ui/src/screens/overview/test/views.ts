import type { OperationView } from 'host-service/contract/api/operations.ts';
import type { PlanDescription } from 'host-service/contract/api/plan.ts';
import { ReleaseView } from 'host-service/contract/api/releases.ts';
import { StatusView } from 'host-service/contract/api/status.ts';
import { ApplianceStatus, type ComponentHealth, type ReleaseRef } from 'host-service/contract/appliance.ts';
import { Digest, Version } from 'host-service/contract/names.ts';
import type { RuleId, TraceRule } from 'host-service/contract/trace.ts';
import type { z } from 'zod';

/** The moment of all these views. */
export const NOW_MS = Date.parse('2026-05-04T10:00:00Z');
export const ago = (seconds: number): string => new Date(NOW_MS - seconds * 1000).toISOString();
export const digestOf = (letter: string): Digest => Digest.parse(`sha256:${letter.repeat(64)}`);
export const side = (version: string, letter: string) => ({
  version: Version.parse(version),
  digest: digestOf(letter),
});
export const V1 = side('1.0.0', 'a');
export const V2 = side('1.1.0', 'b');

export const refOf = (release: typeof V1, more: Partial<ReleaseRef> = {}): ReleaseRef => ({
  ...release,
  signed: true,
  keyIds: ['vendor-2026'],
  since: ago(86_400),
  ...more,
});

export const part = (more: Partial<ComponentHealth> = {}): ComponentHealth => ({
  name: 'web',
  kind: 'Deployment',
  namespace: 'msp',
  tier: 'login',
  title: 'Sign-in page',
  state: 'ready',
  detail: 'Deployment has 1 of 1 pods ready',
  digests: {},
  pods: ['web-7d9f'],
  ...more,
});

export const rule = (
  id: RuleId,
  verdict: TraceRule['verdict'],
  more: Partial<TraceRule> = {},
): TraceRule => ({
  rule: id,
  verdict,
  detail: 'as the box says it',
  candidate: V2,
  ...more,
});

export const planTo = (more: Partial<PlanDescription> = {}): PlanDescription => ({
  kind: 'steps',
  verb: 'update',
  from: V1,
  to: V2,
  steps: [
    { kind: 'write-settings', done: true, text: 'Write the settings of this box for 1.1.0' },
    { kind: 'point-source', done: false, text: 'Switch to release 1.1.0' },
  ],
  creates: ['Namespace msp'],
  changes: ['OCIRepository flux-system/alga-appliance'],
  removes: [],
  pullBytes: 1_400_000_000,
  pulls: [{ what: 'image web', digest: digestOf('e'), bytes: 1_400_000_000 }],
  irreversible: [],
  hosts: ['ghcr.io'],
  ...more,
});

type LooseStatus = Partial<z.input<typeof ApplianceStatus>>;

/** A status of a box on which all is well, with changes. */
export const statusOf = (more: LooseStatus = {}): ApplianceStatus =>
  ApplianceStatus.parse({
    phase: 'running',
    intentRevision: 7,
    running: refOf(V1),
    lastGood: refOf(V1),
    channel: {
      name: 'stable',
      tag: 'stable-v2',
      sequence: 12,
      expires: ago(-30 * 86_400),
      checkedAt: ago(60),
      lastSuccessAt: ago(60),
      nextCheckAt: ago(-240),
      servedBy: 'ghcr.io',
    },
    trace: [rule('already-running', 'skip', { candidate: V1 })],
    components: [part(), part({ name: 'db', title: 'Database', tier: 'core' })],
    tiers: { core: 'ready', login: 'ready' },
    controlPlane: { version: '1.0.0', build: 'abc', leader: 'cp-1' },
    updatedAt: ago(1),
    ...more,
  });

type LooseView = Partial<z.input<typeof StatusView>>;

export function viewOf(status: LooseStatus = {}, more: LooseView = {}): StatusView {
  return StatusView.parse({
    cursor: 'c1',
    intentRevision: 7,
    intent: {},
    updatePolicy: {},
    settings: {},
    questions: {},
    channels: [
      { name: 'stable', title: 'Stable', description: 'For production.' },
      { name: 'nightly', title: 'Nightly', description: 'For trying out.' },
    ],
    defaultChannel: 'stable',
    status: statusOf(status),
    cluster: { isConnected: true, since: ago(3600) },
    build: 'b1',
    ...more,
  });
}

export const operationOf = (more: Partial<OperationView> = {}): OperationView => ({
  name: '20260504095800-update-bbbbbbbb',
  verb: 'update',
  from: V1,
  to: V2,
  intentRevision: 7,
  actor: { by: 'admin', via: 'ui', reason: 'maintenance window' },
  outcome: 'running',
  startedAt: ago(120),
  resumes: 0,
  steps: [
    {
      kind: 'point-source',
      title: 'Switch',
      state: 'done',
      attempts: 1,
      startedAt: ago(120),
      endedAt: ago(118),
    },
    {
      kind: 'wait-components',
      title: 'Wait',
      state: 'running',
      attempts: 1,
      startedAt: ago(38),
      now: 'Waiting for Sign-in page: 0 of 1 pods ready',
      usualMs: 20_000,
      worstMs: 60_000,
    },
  ],
  lastEvent: 3,
  ...more,
});

export const releaseOf = (more: Partial<z.input<typeof ReleaseView>> = {}): ReleaseView =>
  ReleaseView.parse({
    ...V2,
    source: 'channel',
    signed: true,
    keyIds: ['vendor-2026'],
    admittedAt: ago(600),
    isRunning: false,
    isLastGood: false,
    isAvailable: true,
    goBack: { isPossible: false },
    isReversible: true,
    size: 2_000_000_000,
    trace: [],
    ...more,
  });
