import type { ApplianceStatus } from '../../contract/appliance.ts';
import type { StatusInput } from './status-input.ts';

/** The whole status, a pure function of what is wanted and seen (B-47..B-50), within 64 KiB. */
export function statusOf(input: StatusInput): ApplianceStatus {
  return {
    phase: 'starting',
    intentRevision: input.observed.intentRevision,
    conditions: [],
    trace: [],
    components: [...input.observed.components],
    tiers: {},
    problems: [...input.problems],
    quarantined: [],
    handledRequests: [...input.handledRequests],
    controlPlane: input.controlPlane,
    updatedAt: input.now.toISOString(),
  };
}
