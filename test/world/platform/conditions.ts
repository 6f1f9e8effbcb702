import { listAt, textAt, timeOf, type Thing } from './fields.ts';

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
}

export const conditionOf = (object: unknown, type: string): unknown =>
  listAt(object, 'status', 'conditions').find((one) => textAt(one, 'type') === type);

export const isTrue = (object: unknown, type: string): boolean =>
  textAt(conditionOf(object, type), 'status') === 'True';

/**
 * The list of conditions as it goes into a status: in the given order, with the time at which each got its present value. Types that are not given are
 * gone.
 */
export function conditionsOf(before: Thing, wanted: readonly Condition[], now: Date): readonly unknown[] {
  return wanted.map((condition) => {
    const old = conditionOf(before, condition.type);
    const since = textAt(old, 'status') === condition.status ? textAt(old, 'lastTransitionTime') : '';
    return { ...condition, lastTransitionTime: since === '' ? timeOf(now) : since };
  });
}
