import type { ControlPlaneBuild } from '../../../contract/control-plane.ts';
import type { Operation } from '../../../contract/objects.ts';
import { safeLine, type ProblemBody } from '../../../contract/problem.ts';
import { pullGate } from '../../images/gate.ts';
import { journal } from '../../journal/journal.ts';
import type { RollContext } from './context.ts';

const PULL = 'pull-images';
const STEP = 'roll-control-plane';

/** Whether the Deployment may be touched. */
export type PulledFirst =
  | { readonly kind: 'go'; readonly operation: Operation }
  | { readonly kind: 'wait'; readonly now: string }
  | { readonly kind: 'failed'; readonly reason: ProblemBody };

/** What a host says about the image, in the words of a roll: the same rules of trying again count as for a pod that cannot have it. */
const TOLD_AS = {
  'pull.missing': 'roll.image-missing',
  'pull.wrong-platform': 'roll.wrong-architecture',
} as const;

/**
 * Waits until the hosts have the image of the build (design §6.1), so that its pod starts without a registry. A roll without that step in its journal
 * was begun where there is no host program.
 */
export async function pullFirst(
  { engine, observed, target, signal }: RollContext,
  build: ControlPlaneBuild,
  operation: Operation,
): Promise<PulledFirst> {
  const record = operation.status?.steps.find(({ kind }) => kind === PULL);
  if (record === undefined || record.state === 'done') return { kind: 'go', operation };
  const pin = target?.release.controlPlane;
  const size = pin?.digest === build.digest ? { size: pin.size } : {};
  const gate = pullGate(engine, operation.metadata.name, observed, [{ ...build, ...size }]);
  const { cluster, clock } = engine.ports;
  const at = clock.now();
  switch (gate.kind) {
    case 'failed': {
      const detail = safeLine(`the image of ${build.version} cannot be had: ${gate.detail}`);
      return { kind: 'failed', reason: { code: TOLD_AS[gate.code], detail } };
    }
    case 'waiting':
      // Progress is no event: there are only so many of them.
      if (record.now !== gate.now)
        await journal(cluster, operation, { steps: [{ kind: PULL, now: gate.now }] }, at, signal);
      return { kind: 'wait', now: gate.now };
    case 'open': {
      const now = gate.said ?? `The image of ${build.version} is here`;
      const time = at.toISOString();
      const entry = {
        steps: [
          { kind: PULL, state: 'done', endedAt: time, now },
          { kind: STEP, state: 'running', attempts: 1, startedAt: time },
        ],
        event: { level: 'info', step: PULL, text: now },
      } as const;
      return { kind: 'go', operation: await journal(cluster, operation, entry, at, signal) };
    }
  }
}
