import { GROUP_VERSION } from '../../contract/names.ts';
import { valuesObjects } from '../../core/plan/settings-objects.ts';
import type { Executor } from './executor.ts';
import { readValues } from './values.ts';

/** Removes what no release can need any more: old values keys, Release objects, operations beyond the newest 20. */
export const prune: Executor<'prune'> = async (context, step) => {
  const { engine, observed, signal } = context;
  const { cluster } = engine.ports;
  const existing = await readValues(context, step.values);
  const remove = new Set(step.values);
  for (const object of valuesObjects({ product: engine.product, values: new Map(), existing, remove })) {
    await cluster.apply(object, { signal });
  }
  for (const digest of step.releases) {
    const name = observed.releases.get(digest)?.object.metadata.name;
    if (name === undefined) continue;
    await cluster.remove({ apiVersion: GROUP_VERSION, kind: 'Release', name }, { signal });
  }
  for (const name of step.operations) {
    await cluster.remove({ apiVersion: GROUP_VERSION, kind: 'Operation', name }, { signal });
  }
  const count = step.values.length + step.releases.length + step.operations.length;
  return { kind: 'acted', now: `Removed ${count} leftovers`, once: true };
};
