import type { ControlPlaneBuild, RollState } from '../../../contract/control-plane.ts';
import type { Operation } from '../../../contract/objects.ts';
import type { ProblemBody } from '../../../contract/problem.ts';
import type { KnownRelease, Observed, ObservedRoll } from '../../../core/plan/observed.ts';
import type { ObservedControlPlane } from '../../../core/roll/observed.ts';
import type { Wanted } from '../../../core/roll/wanted.ts';
import type { Engine } from '../../engine.ts';

/** All that one turn of rolling looks at. */
export interface RollContext {
  readonly engine: Engine;
  readonly observed: Observed;
  readonly own: ControlPlaneBuild;
  readonly seen: ObservedControlPlane;
  readonly record: ObservedRoll['record'];
  readonly wanted: Wanted;
  readonly target: KnownRelease | undefined;
  /** The roll that is not over, as last written. */
  readonly open: Operation | undefined;
  /** The application's own operation is under way. */
  readonly isBusy: boolean;
  readonly signal: AbortSignal;
}

/** What a turn came to. */
export interface Turn {
  readonly state: RollState['state'];
  /** One sentence. */
  readonly detail: string;
  readonly problem?: ProblemBody | undefined;
  /** The one that is on its way, or wanted. */
  readonly build?: Pick<ControlPlaneBuild, 'digest' | 'version'> | undefined;
  /** A build is on its way in or out: nothing of the application is started meanwhile. */
  readonly inFlight: boolean;
}

/** Who acts, as the record names it. */
export const actorOf = ({ identity, pod }: Engine): string => `engine:${pod ?? identity.name}`;
