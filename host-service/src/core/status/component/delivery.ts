import type { Digest } from '../../../contract/names.ts';
import { classify } from './classify.ts';
import { conditionOf, type ConditionFact, type DeliveryFact } from './facts.ts';
import { failed, progressing, ready, type Finding } from './finding.ts';

/** Ready=False reasons of a HelmRelease that say "this release failed", not "not yet" (protocols §3.3). */
const HELM_FAILED: ReadonlySet<string> = new Set([
  'InstallFailed',
  'UpgradeFailed',
  'TestFailed',
  'RollbackFailed',
  'UninstallFailed',
  'RollbackSucceeded',
  'UninstallSucceeded',
]);
/** Ready=False reasons of a Kustomization that its next try does not heal without another bundle. */
const KUSTOMIZATION_FAILED: ReadonlySet<string> = new Set(['BuildFailed', 'InvalidCELExpression']);

/** Rules 1 to 5 of protocols §3.4, for objects that say themselves how they are. undefined = it is not busy, and Ready says True or False of its newest generation. */
function kstatus(fact: DeliveryFact): Finding | undefined {
  if (fact.observedGeneration < fact.generation) return progressing('a change was not taken up yet');
  const stalled = conditionOf(fact.conditions, 'Stalled');
  if (stalled?.status === 'True') return failed('observe.release-failed', failureText(fact, stalled));
  const state = conditionOf(fact.conditions, 'Ready');
  if (state === undefined) return progressing('it was not looked at yet');
  const meaning = classify(state.message);
  if (state.status === 'False' && meaning?.verdict === 'failed') {
    return failed(meaning.code, `${meaning.text}: ${state.message}`);
  }
  const busy = conditionOf(fact.conditions, 'Reconciling')?.status === 'True';
  const decided = state.status === 'True' || state.status === 'False';
  return busy || !decided ? progressing(meaning?.text ?? state.message) : undefined;
}

/** Health of a HelmRelease against its pinned chart: all of generation, Ready, chart digest and last helm release (protocols §3.4). */
export function helmFinding(fact: DeliveryFact, chart: Digest | undefined): Finding {
  const early = kstatus(fact);
  if (early !== undefined) return early;
  const state = conditionOf(fact.conditions, 'Ready');
  if (state?.status === 'False') {
    return HELM_FAILED.has(state.reason)
      ? failed('observe.release-failed', failureText(fact, state))
      : progressing(classify(state.message)?.text ?? `${state.reason}: ${state.message}`);
  }
  if (chart !== undefined && fact.lastAttemptedRevisionDigest !== chart) {
    return progressing('the chart of this release was not taken up yet', 'observe.wrong-digest');
  }
  const { lastRelease } = fact;
  if (lastRelease === undefined) return progressing('nothing was installed yet');
  if (lastRelease.status !== 'deployed') return progressing(`the last installation is ${lastRelease.status}`);
  if (chart !== undefined && lastRelease.ociDigest !== '' && lastRelease.ociDigest !== chart) {
    return progressing('another chart is installed', 'observe.wrong-digest');
  }
  return ready(fact.isSuspended ? 'installed; updates are paused by hand' : 'installed');
}

/** Health of a Kustomization against the bundle of the release. */
export function kustomizationFinding(fact: DeliveryFact, bundle: Digest): Finding {
  const early = kstatus(fact);
  if (early !== undefined) return early;
  const state = conditionOf(fact.conditions, 'Ready');
  if (state?.status === 'False') {
    return KUSTOMIZATION_FAILED.has(state.reason)
      ? failed('observe.release-failed', failureText(fact, state))
      : progressing(classify(state.message)?.text ?? `${state.reason}: ${state.message}`);
  }
  if (!fact.lastAppliedRevision.endsWith(bundle)) {
    return progressing('the bundle of this release was not applied yet', 'observe.wrong-digest');
  }
  return ready(fact.isSuspended ? 'applied; paused by hand' : 'applied');
}

function failureText(fact: DeliveryFact, condition: ConditionFact): string {
  if (condition.reason === 'RollbackSucceeded') {
    return `the update failed and was taken back: ${condition.message}`;
  }
  const meaning = classify(condition.message);
  const last = conditionOf(fact.conditions, 'Released');
  const cause =
    last !== undefined && last.status === 'False' && last !== condition ? `; ${last.message}` : '';
  return `${meaning === undefined ? condition.reason : meaning.text}: ${condition.message}${cause}`;
}

/** Whether a HelmRelease hangs in a lock that a dead installation left behind: the caller may clear it. */
export function isDeadHelmLock(fact: DeliveryFact): boolean {
  return ['Ready', 'Released', 'Stalled'].some((type) => {
    const condition = conditionOf(fact.conditions, type);
    const rule = classify(condition?.message ?? '')?.rule;
    return rule === 'helm-lock' || rule === 'helm-no-release';
  });
}
