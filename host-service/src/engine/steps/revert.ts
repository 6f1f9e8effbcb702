import { applySource } from './point-source.ts';
import { applySelection } from './confirm.ts';
import type { Executor } from './executor.ts';

/**
 * Points the source back at an earlier good release. What was selected is said first: the switch is what marks this step as done, so a
 * crash between the two repeats both.
 */
export const revert: Executor<'revert'> = async (context, step) => {
  await applySelection(context);
  await applySource(context);
  return { kind: 'acted', now: `The source points back to ${step.digest}` };
};
