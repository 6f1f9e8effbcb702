import type { OperationView } from 'host-service/contract/api/operations.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';
import type { StepKind } from 'host-service/contract/operation.ts';
import { currentStepOf } from '../../overview/now/derive-steps.ts';

/** `safe`: cutting the power now loses nothing, the box goes on by itself; `data`: something writes the application's data. */
export type Unplug = 'safe' | 'data';

/** Steps whose own writes may be repeated any number of times with the same end: the journal names them, the power may go at any of them. */
const REPEATABLE: ReadonlySet<StepKind> = new Set([
  'install-flux',
  // Its trial write is no data of anybody.
  'prepare-storage',
  'pull-images',
  // Sent again with the same key, it is the same question (B-65).
  'register',
  'write-settings',
  'confirm',
  'prune',
]);

/** From the switch on the parts that make the data start by themselves, whatever the box itself does meanwhile. */
const WAKING: ReadonlySet<StepKind> = new Set(['point-source', 'revert', 'wait-components']);

/**
 * Whether the power may be cut now (E-27). The box's own steps are repeatable; what is not ours is the application's data: while it is
 * migrated, and from the switch on until the parts that make it (platform and core) are ready. Whatever is unknown counts as not safe.
 */
export function unplugOf(
  operation: Pick<OperationView, 'steps'>,
  tiers: NonNullable<StatusView['status']>['tiers'],
): Unplug {
  const step = currentStepOf(operation.steps)?.kind;
  if (step === undefined || REPEATABLE.has(step)) return 'safe';
  if (!WAKING.has(step)) return 'data';
  return tiers.platform === 'ready' && tiers.core === 'ready' ? 'safe' : 'data';
}
