import type { Operation } from '../../contract/objects.ts';
import type { ProblemBody } from '../../contract/problem.ts';
import type { Decision } from '../../core/decide/types.ts';
import type { Observed, ReleaseParts } from '../../core/plan/observed.ts';
import type { RegistryOf } from '../../core/plan/plan-input.ts';
import type { Plan } from '../../core/plan/step.ts';

/** What one turn of APPLY works with. */
export interface ApplyInput {
  readonly observed: Observed;
  readonly decision: Decision;
  readonly plan: Plan;
  readonly parts: ReleaseParts | undefined;
  readonly profile: string;
  readonly registryOf: RegistryOf;
  /** No operation is started now, for these reasons; one that is under way goes on. */
  readonly startHeld?: readonly ProblemBody[] | undefined;
}

export interface Outcome {
  /** Something was written: the world may look different now. */
  readonly acted: boolean;
  /** The operation as last written; undefined when there is none that runs. */
  readonly open: Operation | undefined;
  readonly problems: readonly ProblemBody[];
}
