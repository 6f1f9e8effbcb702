import type { PlanStepKind } from '../../contract/operation.ts';
import type { StepOf } from '../../core/plan/step.ts';
import { pullImages } from '../images/pull-step.ts';
import { prepareStorage } from '../storage/prepare.ts';
import { confirm } from './confirm.ts';
import { register } from '../setup/register.ts';
import type { Executor, StepContext, StepResult } from './executor.ts';
import { installFlux } from './install-flux.ts';
import { migrate } from './migrate.ts';
import { pointSource } from './point-source.ts';
import { prune } from './prune.ts';
import { revert } from './revert.ts';
import { waitComponents } from './wait-components.ts';
import { writeSettings } from './write-settings.ts';

/** All that can be done. A kind without an executor does not compile. */
const EXECUTORS: { readonly [K in PlanStepKind]: Executor<K> } = {
  register,
  'prepare-storage': prepareStorage,
  'pull-images': pullImages,
  'install-flux': installFlux,
  'write-settings': writeSettings,
  'point-source': pointSource,
  migrate,
  'wait-components': waitComponents,
  confirm,
  revert,
  prune,
};

/** Runs the executor of the step's own kind. */
export const runStep = <K extends PlanStepKind>(context: StepContext, step: StepOf<K>): Promise<StepResult> =>
  EXECUTORS[step.kind](context, step);
