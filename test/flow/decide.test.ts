import { describe, it } from 'vitest';
import { candidate, check, id, named, resolved, statement, type Box, type Case } from './decide-world.ts';

const one = candidate('1.0.0', {}, { confirmedAt: '2026-11-01T00:00:00Z' });
const two = candidate('1.1.0');
const failed = { code: 'observe.probe-failed', detail: 'web answers 500' } as const;
const update: Box = {
  runs: '1.0.0',
  answer: resolved('1.1.0'),
  statement: statement('1.1.0'),
  candidates: [one, two],
};

const CASES: readonly Case[] = [
  {
    what: 'moves on by itself under policy auto',
    box: {},
    target: '1.1.0',
    direction: 'update',
    against: [],
    available: '1.1.0',
  },
  {
    what: 'R-20 waits for the second equal answer',
    box: { answer: resolved('1.1.0', 1) },
    target: '1.0.0',
    direction: 'stay',
    against: ['wait confirmation 1.1.0 -'],
    available: '1.1.0',
  },
  {
    what: 'R-20 does not wait for it when a person approved that digest',
    box: { answer: resolved('1.1.0', 1), intent: { approvedRelease: id('1.1.0') } },
    target: '1.1.0',
    direction: 'update',
    against: [],
  },
  {
    what: 'waits for approval under policy approve',
    box: { policy: { update: 'approve' } },
    target: '1.0.0',
    direction: 'stay',
    against: ['wait policy 1.1.0 plan.approval-needed'],
    available: '1.1.0',
  },
  {
    what: 'moves on when it was approved',
    box: { policy: { update: 'approve' }, intent: { approvedRelease: id('1.1.0') } },
    target: '1.1.0',
    direction: 'update',
    against: [],
  },
  {
    what: 'does not take the approval of another release',
    box: { policy: { update: 'approve' }, intent: { approvedRelease: id('1.2.0') } },
    target: '1.0.0',
    direction: 'stay',
    against: ['wait policy 1.1.0 plan.approval-needed'],
  },
  {
    what: 'shows and does nothing on hold',
    box: { intent: { hold: true } },
    target: '1.0.0',
    direction: 'stay',
    against: ['wait hold 1.1.0 plan.held'],
    available: '1.1.0',
  },
  {
    what: 'does nothing under policy hold',
    box: { policy: { update: 'hold' } },
    target: '1.0.0',
    direction: 'stay',
    against: ['wait hold 1.1.0 plan.held', 'wait policy 1.1.0 plan.approval-needed'],
  },
  {
    what: 'installs on an empty box',
    box: { runs: undefined },
    target: '1.1.0',
    direction: 'install',
    against: [],
  },
  {
    what: 'asks before the first installation when told to',
    box: { runs: undefined, policy: { install: 'approve' } },
    target: undefined,
    direction: 'none',
    against: ['wait policy 1.1.0 plan.approval-needed'],
    available: '1.1.0',
  },
  {
    what: 'stays when it runs already',
    box: { answer: resolved('1.0.0'), statement: statement('1.0.0') },
    target: '1.0.0',
    direction: 'stay',
    against: [],
    available: undefined,
  },
  {
    what: 'needs a typed approval where there is no way back',
    box: {
      candidates: [one, candidate('1.1.0', { reversible: [] })],
      intent: { approvedRelease: id('1.1.0') },
    },
    target: '1.0.0',
    direction: 'stay',
    against: ['wait policy 1.1.0 plan.irreversible'],
    available: '1.1.0',
  },
  {
    what: 'goes where there is no way back when that was approved',
    box: {
      candidates: [one, candidate('1.1.0', { reversible: [] })],
      intent: { approvedRelease: id('1.1.0'), approvedIrreversible: id('1.1.0') },
    },
    target: '1.1.0',
    direction: 'update',
    against: [],
  },
  {
    what: 'takes no irreversible approval without the approval itself',
    box: {
      candidates: [one, candidate('1.1.0', { reversible: [] })],
      intent: { approvedIrreversible: id('1.1.0') },
    },
    target: '1.0.0',
    direction: 'stay',
    against: ['wait policy 1.1.0 plan.irreversible'],
  },
  {
    what: 'does not try again what failed here',
    box: { candidates: [one, candidate('1.1.0', {}, { quarantine: failed })] },
    target: '1.0.0',
    direction: 'stay',
    against: ['refuse quarantine 1.1.0 release.quarantined'],
    available: undefined,
  },
  {
    what: 'tries again what failed here when a person approves',
    box: {
      candidates: [one, candidate('1.1.0', {}, { quarantine: failed })],
      intent: { approvedRetry: id('1.1.0') },
    },
    target: '1.1.0',
    direction: 'update',
    against: [],
  },
  {
    what: 'does not go to a withdrawn release',
    box: {
      statement: statement('1.1.0', {
        withdrawn: [{ digest: id('1.1.0'), reason: 'It loses mail.' }],
      }),
    },
    target: '1.0.0',
    direction: 'stay',
    against: ['refuse withdrawn 1.1.0 release.withdrawn'],
  },
  {
    what: 'R-24 refuses an older platform, and offers nothing',
    box: { candidates: [one, candidate('1.1.0', { requires: { kubernetes: '>=1.37.0' } })] },
    target: '1.0.0',
    direction: 'stay',
    against: ['refuse requires 1.1.0 release.incompatible'],
    available: undefined,
  },
  {
    what: 'accepts a platform with a vendor suffix',
    box: { candidates: [one, candidate('1.1.0', { requires: { kubernetes: '>=1.36.3 <1.38' } })] },
    target: '1.1.0',
    direction: 'update',
    against: [],
  },
  {
    what: 'R-24 refuses another architecture, and offers nothing',
    box: { candidates: [one, candidate('1.1.0', { requires: { architectures: ['arm64'] } })] },
    target: '1.0.0',
    direction: 'stay',
    against: ['refuse requires 1.1.0 release.incompatible'],
    available: undefined,
  },
  {
    what: 'R-24 refuses host software that is not known, and offers nothing',
    box: { candidates: [one, candidate('1.1.0', { requires: { host: '>=1.0.0' } })] },
    target: '1.0.0',
    direction: 'stay',
    against: ['refuse requires 1.1.0 release.incompatible'],
    available: undefined,
  },
  {
    what: 'R-24 refuses a release that cannot be reached from here, and offers nothing',
    box: { candidates: [one, candidate('1.1.0', { requires: { from: ['>=1.0.5'] } })] },
    target: '1.0.0',
    direction: 'stay',
    against: ['refuse requires 1.1.0 release.incompatible'],
    available: undefined,
  },
  {
    what: 'lets a first installation come from anywhere',
    box: { runs: undefined, candidates: [candidate('1.1.0', { requires: { from: ['>=1.0.5'] } })] },
    target: '1.1.0',
    direction: 'install',
    against: [],
  },
  {
    what: 'updates its control plane first',
    box: { candidates: [one, candidate('1.1.0', { requires: { controlPlane: '>=0.2.0' } })] },
    target: '1.0.0',
    direction: 'stay',
    against: ['refuse control-plane-first 1.1.0 release.requires-control-plane'],
  },
  {
    what: 'goes by the stop that the vendor names',
    box: {
      answer: resolved('2.0.0'),
      candidates: [one, candidate('1.5.0', {}, { source: 'pin' }), candidate('2.0.0')],
      statement: statement('2.0.0', { path: [{ from: '<1.5.0', release: named('1.5.0') }] }),
    },
    target: '1.5.0',
    direction: 'update',
    against: ['wait path 2.0.0 release.path-required'],
    available: '1.5.0',
  },
  {
    what: 'waits for a stop that is not at hand',
    box: {
      answer: resolved('2.0.0'),
      candidates: [one, candidate('2.0.0')],
      statement: statement('2.0.0', { path: [{ from: '<1.5.0', release: named('1.5.0') }] }),
    },
    target: '1.0.0',
    direction: 'stay',
    against: ['wait path 2.0.0 release.path-required'],
    available: undefined,
  },
  {
    what: 'goes on from the stop',
    box: {
      runs: '1.5.0',
      answer: resolved('2.0.0'),
      candidates: [candidate('1.5.0'), candidate('2.0.0')],
      statement: statement('2.0.0', { path: [{ from: '<=1.5.0', release: named('1.5.0') }] }),
    },
    target: '2.0.0',
    direction: 'update',
    against: [],
  },
  {
    what: 'waits for its turn in the rollout',
    box: { statement: statement('1.1.0', { rollout: { percent: 0 } }) },
    target: '1.0.0',
    direction: 'stay',
    against: ['wait rollout 1.1.0 release.rollout-wait'],
    available: undefined,
  },
  {
    what: 'takes part in a full rollout',
    box: { statement: statement('1.1.0', { rollout: { percent: 100 } }) },
    target: '1.1.0',
    direction: 'update',
    against: [],
  },
  {
    what: 'waits for no rollout at the first installation',
    box: { runs: undefined, statement: statement('1.1.0', { rollout: { percent: 0 } }) },
    target: '1.1.0',
    direction: 'install',
    against: [],
  },
];

describe('a box with an answer', () => {
  it.each(CASES)('$what', (entry) => check(update, entry));
});
