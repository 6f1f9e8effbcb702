import type { ProblemCode } from 'host-service/contract/problem.ts';
import type { StateInput } from '../gallery-state.ts';
import { ago, controlPlane, digestOf, status, view, type OperationInput, type StatusInput } from './base.ts';
import { detail, operation } from './operations.ts';
import { RELEASES } from './releases.ts';

type Roll = NonNullable<StatusInput['controlPlane']['roll']>;

/** Builds have digests of their own. */
const build = (version: string): { digest: string; version: string } => ({
  digest: digestOf(`control plane ${version}`),
  version,
});
const by = { by: 'appliance', via: 'engine' } as const;
const roll = (options: Parameters<typeof operation>[1], more: Partial<OperationInput> = {}): OperationInput =>
  operation('roll', {
    from: '0.9.0',
    to: '0.10.0',
    ...options,
    more: { from: build('0.9.0'), to: build('0.10.0'), actor: by, ...more },
  });

const rolling = roll({ at: 'roll-control-plane', sinceS: 21 });
const rolled = roll({ sinceS: 95 });
const crash = {
  code: 'roll.crashed',
  detail: 'It ended 2 times with exit code 1 within 14 seconds.',
  since: ago(480),
} as const;
const failedRoll = roll(
  { at: 'roll-control-plane', sinceS: 480 },
  {
    outcome: 'failed',
    endedAt: ago(461),
    problem: crash,
    steps: rolling.steps.map((step) => ({
      ...step,
      state: 'failed',
      startedAt: ago(485),
      endedAt: ago(461),
      problem: crash,
      now: crash.detail,
      evidence: 'Error: cannot find module "./engine.mjs"\nexit code 1, 2 restarts',
    })),
  },
);

const failedBuild = (
  code: ProblemCode,
  text: string,
  quarantined: boolean,
): NonNullable<StatusInput['controlPlane']['failed']>[number] => ({
  repository: 'ghcr.io/nine-minds/alga-appliance-control-plane',
  ...build('0.10.0'),
  reason: { code, detail: text },
  at: ago(461),
  attempts: quarantined ? 1 : 2,
  quarantined,
  by: 'engine:appliance-control-plane-6f7d5c-abcde',
});

const state = (
  name: string,
  title: string,
  more: Partial<StatusInput['controlPlane']> & { readonly roll: Roll },
  operations: readonly OperationInput[] = [],
): StateInput => ({
  name: `control-plane-${name}`,
  title,
  view: view({ status: status({ controlPlane: controlPlane(more) }) }),
  operations,
  details: operations.map(detail),
  releases: RELEASES,
});
const wanted = build('0.10.0');

/** The control plane's own update, in every state that it can be in. */
export const CONTROL_PLANE: readonly StateInput[] = [
  state(
    'rolling',
    'A newer control plane is being started',
    {
      roll: {
        state: 'rolling',
        wanted,
        detail: 'Waiting for control plane 0.10.0 to get ready beside the one that runs.',
        operation: rolling.name,
        since: rolling.startedAt,
      },
    },
    [rolling],
  ),
  state(
    'probation',
    'The new control plane has to prove itself',
    {
      version: '0.10.0',
      digest: wanted.digest,
      roll: {
        state: 'probation',
        detail: 'On probation until 10:08.',
        operation: rolling.name,
        since: rolling.startedAt,
      },
    },
    [rolling],
  ),
  state('held', 'A newer control plane waits because of a hold', {
    roll: {
      state: 'held',
      wanted,
      detail: 'Updates are on hold.',
      problem: { code: 'plan.held', detail: 'by admin: End of quarter' },
    },
  }),
  state('queued', 'A newer control plane waits for the application', {
    roll: { state: 'held', wanted, detail: '0.10.0 waits until the operation of the application is over' },
  }),
  state('waits', 'A newer control plane cannot be looked at yet', {
    roll: {
      state: 'held',
      wanted,
      detail: 'The image of 0.10.0 could not be looked at.',
      problem: { code: 'registry.connect', detail: 'ghcr.io does not answer', since: ago(300) },
    },
  }),
  state(
    'failed',
    'The image of a newer control plane is missing; the box tries again',
    {
      roll: {
        state: 'held',
        wanted,
        detail: 'Tried again in 5 minutes.',
        problem: { code: 'roll.image-missing', detail: 'Tried again in 5 minutes.' },
        operation: failedRoll.name,
      },
      failed: [failedBuild('roll.image-missing', 'The registry does not have this image.', false)],
    },
    [failedRoll],
  ),
  state(
    'given-up',
    'A newer control plane failed and is not tried again',
    {
      roll: {
        state: 'held',
        wanted,
        detail: 'It failed here and is not tried again by itself.',
        problem: { code: 'roll.quarantined', detail: crash.detail },
        operation: failedRoll.name,
      },
      failed: [failedBuild('roll.crashed', crash.detail, true)],
    },
    [failedRoll],
  ),
  state('unknown', 'A control plane that does not run from an image', {
    digest: undefined,
    roll: { state: 'unknown', detail: 'It does not run from an image.' },
  }),
  {
    name: 'control-plane-history',
    title: 'Updates of the control plane in the history',
    at: '/history',
    view: view(),
    operations: [rolled, { ...failedRoll, name: '20260301t080000-roll-1a2b3c4d' }],
    releases: RELEASES,
  },
  {
    name: 'control-plane-operation',
    title: 'A failed update of the control plane',
    at: `/history/${failedRoll.name}`,
    view: view(),
    operations: [failedRoll],
    details: [detail(failedRoll)],
    releases: RELEASES,
  },
];
