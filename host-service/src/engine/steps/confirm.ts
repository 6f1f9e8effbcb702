import { selectionObject } from '../../core/plan/settings-objects.ts';
import { forgetSpent } from '../setup/spent.ts';
import { changeRelease, withoutQuarantine } from '../journal/quarantine.ts';
import { healthEvidence } from './evidence.ts';
import type { Executor, StepContext } from './executor.ts';

/** Says what was selected, for people and the predecessor's tools. */
export async function applySelection({ engine, observed, release, signal }: StepContext): Promise<void> {
  const channel = observed.spec.intent.channel ?? engine.product.release.defaultChannel;
  await engine.ports.cluster.apply(selectionObject({ product: engine.product, release, channel }), {
    signal,
  });
}

/**
 * Records "last good": only here, only after the health gate, with the pods and digests that were seen. A release that a person had
 * tried again leaves quarantine by passing.
 */
export const confirm: Executor<'confirm'> = async (context) => {
  const { engine, observed, release, signal } = context;
  const { cluster, clock } = engine.ports;
  await applySelection(context);
  await forgetSpent(engine, ['password', 'secret', 'file'], signal);
  // The others first: the confirmation is what marks this step as done, so a crash before it repeats all of it.
  for (const other of observed.releases.values()) {
    if (other.digest === release.digest || other.object.status === undefined) continue;
    await changeRelease(cluster, other.object.metadata.name, withoutRunning, signal);
  }
  const at = clock.now().toISOString();
  await changeRelease(
    cluster,
    release.object.metadata.name,
    (status) => {
      const rest = withoutQuarantine(status);
      const roles = rest.roles.filter((role) => role !== 'target');
      return { ...rest, confirmedAt: at, roles: [...new Set([...roles, 'running', 'last-good'] as const)] };
    },
    signal,
  );
  return { kind: 'acted', now: 'Confirmed', evidence: healthEvidence(observed.components) };
};

/** One release runs and one is last good: the others give the roles up. */
const withoutRunning: Parameters<typeof changeRelease>[2] = (status) => {
  const roles = status.roles.filter((role) => role !== 'running' && role !== 'last-good');
  return roles.length === status.roles.length ? undefined : { ...status, roles };
};
