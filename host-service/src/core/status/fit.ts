import type { ApplianceStatus, ReleaseRef } from '../../contract/appliance.ts';
import { CAPS } from '../../contract/names.ts';

type Shrink = (status: ApplianceStatus) => ApplianceStatus;

const short = (text: string): string => (text.length <= 120 ? text : `${text.slice(0, 119)}…`);
const withoutNotes = (ref: ReleaseRef): ReleaseRef => {
  const rest = { ...ref };
  delete rest.notes;
  return rest;
};
const refsWithoutNotes: Shrink = (status) => ({
  ...status,
  ...(status.running && { running: withoutNotes(status.running) }),
  ...(status.lastGood && { lastGood: withoutNotes(status.lastGood) }),
  ...(status.available && { available: withoutNotes(status.available) }),
  ...(status.target && { target: withoutNotes(status.target) }),
});

/** So many objects of each kind, and pulls, stay in a plan that is too long; the sums stay true. */
const PLANNED = 8;
const shortPlan: Shrink = (status) =>
  status.plan === undefined
    ? status
    : {
        ...status,
        plan: {
          ...status.plan,
          creates: status.plan.creates.slice(0, PLANNED),
          changes: status.plan.changes.slice(0, PLANNED),
          removes: status.plan.removes.slice(0, PLANNED),
          pulls: status.plan.pulls.slice(0, PLANNED),
        },
      };

/** What is here already needs no row; then the sums of the sentence have to do. */
const shortPulls: Shrink = (status) =>
  status.pulls === undefined
    ? status
    : { ...status, pulls: status.pulls.filter(({ state }) => state !== 'present').slice(0, 16) };

/** What is given up first is what people miss least: explanations before facts, old before new. */
const SHRINKS: readonly Shrink[] = [
  shortPlan,
  shortPulls,
  (status) => ({ ...status, trace: status.trace.filter(({ verdict }) => verdict !== 'skip').slice(-25) }),
  (status) => ({ ...status, trace: status.trace.filter(({ verdict }) => verdict !== 'pass').slice(-10) }),
  (status) => ({ ...status, trace: status.trace.map((rule) => ({ ...rule, detail: short(rule.detail) })) }),
  refsWithoutNotes,
  (status) => ({
    ...status,
    components: status.components.map((component) => ({
      ...component,
      detail: short(component.detail),
      pods: [],
    })),
  }),
  (status) => ({
    ...status,
    problems: status.problems.slice(0, 10),
    quarantined: status.quarantined.slice(0, 4),
    controlPlane: {
      ...status.controlPlane,
      ...(status.controlPlane.failed && { failed: status.controlPlane.failed.slice(0, 4) }),
    },
  }),
  (status) => ({
    ...status,
    components: status.components.map((component) => ({ ...component, digests: {} })),
  }),
  (status) => ({ ...status, trace: [], components: notReadyFirst(status.components).slice(0, 40) }),
];

const notReadyFirst = (components: ApplianceStatus['components']): ApplianceStatus['components'] => [
  ...components.filter(({ state }) => state !== 'ready'),
  ...components.filter(({ state }) => state === 'ready'),
];

/** Size of the status as it is stored, in bytes. */
export const statusBytes = (status: ApplianceStatus): number =>
  Buffer.byteLength(JSON.stringify(status), 'utf8');

/** Brings a status within 64 KiB (design §5): details go first, phase, problems and components stay. */
export function fitStatus(status: ApplianceStatus): ApplianceStatus {
  let fitted = status;
  for (const shrink of SHRINKS) {
    if (statusBytes(fitted) <= CAPS.applianceStatus) return fitted;
    fitted = shrink(fitted);
  }
  return fitted;
}
