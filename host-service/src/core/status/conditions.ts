import type { ApplianceStatus } from '../../contract/appliance.ts';
import { safeLine } from '../../contract/problem.ts';
import type { StatusInput } from './status-input.ts';
import { canLogIn, type Tiers } from './tiers.ts';

type Condition = ApplianceStatus['conditions'][number];
type Said = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** Conditions for Kubernetes' own tools. A time changes only when its status does, so that the object stays still when nothing happens. */
export function conditionsOf(
  input: StatusInput,
  phase: ApplianceStatus['phase'],
  tiers: Tiers,
): readonly Condition[] {
  const said = [readyOf(input, tiers), workOf(input), stuckOf(phase, input), freshOf(input)];
  return said.map((condition) => {
    const before = input.previous?.conditions.find(({ type }) => type === condition.type);
    const since = before?.status === condition.status ? before.lastTransitionTime : input.now.toISOString();
    return {
      ...condition,
      message: safeLine(condition.message),
      lastTransitionTime: since,
      observedGeneration: input.observed.intentRevision,
    };
  });
}

function readyOf({ observed }: StatusInput, tiers: Tiers): Said {
  if (observed.source?.release === undefined) {
    return { type: 'Ready', status: 'False', reason: 'NotInstalled', message: 'Nothing is installed yet' };
  }
  if (!canLogIn(tiers)) {
    const late = observed.components.filter(({ state, tier }) => state !== 'ready' && tier !== 'background');
    const names = late
      .map(({ title }) => title)
      .slice(0, 8)
      .join(', ');
    const message = names === '' ? 'No part of the application is expected' : `Not ready: ${names}`;
    return { type: 'Ready', status: 'False', reason: 'ComponentsNotReady', message };
  }
  return tiers.background === undefined || tiers.background === 'ready'
    ? { type: 'Ready', status: 'True', reason: 'AllReady', message: 'All parts are ready' }
    : {
        type: 'Ready',
        status: 'True',
        reason: 'BackgroundNotReady',
        message: 'People can log in; parts in the background are not ready',
      };
}

function workOf({ open }: StatusInput): Said {
  return open === undefined
    ? { type: 'Reconciling', status: 'False', reason: 'Idle', message: 'No operation is under way' }
    : {
        type: 'Reconciling',
        status: 'True',
        reason: open.status?.pause === undefined ? 'OperationRunning' : 'OperationPaused',
        message: `${open.spec.verb} to ${open.spec.to.version}`,
      };
}

function stuckOf(phase: ApplianceStatus['phase'], { plan, decision, problems }: StatusInput): Said {
  if (phase !== 'needs-you' && phase !== 'blocked') {
    return { type: 'Stalled', status: 'False', reason: 'NotStalled', message: 'Nothing stands in the way' };
  }
  const problem = plan.kind === 'blocked' ? plan.problem : (decision.problems[0] ?? problems[0]);
  return {
    type: 'Stalled',
    status: 'True',
    reason: phase === 'needs-you' ? 'NeedsYou' : 'Blocked',
    message: problem === undefined ? 'Something stands in the way' : `${problem.code}: ${problem.detail}`,
  };
}

function freshOf({ channel }: StatusInput): Said {
  const type = 'ChannelFresh';
  if (channel?.checkedAt === undefined) {
    return { type, status: 'Unknown', reason: 'NotChecked', message: 'The channel was not asked yet' };
  }
  return channel.problem === undefined
    ? { type, status: 'True', reason: 'Answered', message: `Channel ${channel.name} answered` }
    : { type, status: 'False', reason: 'NoAnswer', message: channel.problem.detail };
}
