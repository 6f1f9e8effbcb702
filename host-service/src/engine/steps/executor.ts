import type { Operation } from '../../contract/objects.ts';
import type { PlanStepKind } from '../../contract/operation.ts';
import type { ProblemBody } from '../../contract/problem.ts';
import type { KnownRelease, Observed, ReleaseParts } from '../../core/plan/observed.ts';
import type { RegistryOf } from '../../core/plan/plan-input.ts';
import type { StepOf } from '../../core/plan/step.ts';
import type { Engine } from '../engine.ts';

/** What one step may look at. */
export interface StepContext {
  readonly engine: Engine;
  readonly observed: Observed;
  readonly operation: Operation;
  /** The release that this operation leads to. */
  readonly release: KnownRelease;
  readonly parts: ReleaseParts | undefined;
  readonly profile: string;
  readonly registryOf: RegistryOf;
  readonly signal: AbortSignal;
}

/**
 * What an executor says. Only `failed` is believed; whether a step is done is decided by OBSERVE and PLAN in the next cycle, because a
 * write that was accepted is not yet a world that changed (design §3 APPLY).
 */
export type StepResult =
  | {
      readonly kind: 'acted';
      readonly now: string;
      readonly evidence?: string;
      /** Once per operation is enough, whatever is seen afterwards. */
      readonly once?: true;
    }
  /** Nothing to do for us at this moment. `now` says what for. */
  | {
      readonly kind: 'waiting';
      readonly now: string;
      readonly evidence?: string;
      /** What it waits for, where that is a problem that people have to see. */
      readonly problem?: ProblemBody;
      /** It waits for something outside of the release (a registry that is away): no time runs against it. */
      readonly outside?: true;
    }
  /** Waiting longer cannot help. */
  | { readonly kind: 'failed'; readonly problem: ProblemBody; readonly evidence?: string };

export type Executor<K extends PlanStepKind> = (context: StepContext, step: StepOf<K>) => Promise<StepResult>;
