import type { z } from 'zod';
import type { ApplianceStatus, ChannelState } from '../../contract/appliance.ts';
import type { Operation } from '../../contract/objects.ts';
import type { ProblemBody } from '../../contract/problem.ts';
import type { Decision } from '../decide/types.ts';
import type { Observed } from '../plan/observed.ts';
import type { Plan } from '../plan/step.ts';

/** All that REPORT looks at: what is wanted, what is seen, and the operation at work. Never what was true earlier (B-74). */
export interface StatusInput {
  /** Only for the times of conditions and problems that did not change. */
  readonly previous: ApplianceStatus | undefined;
  readonly observed: Observed;
  readonly decision: Decision;
  readonly plan: Plan;
  readonly channel: ChannelState | undefined;
  /** The operation whose outcome is `running`, with its journal as just written. */
  readonly open: Operation | undefined;
  /** What else stands in the way now: a step that just failed, an edge that is away. */
  readonly problems: readonly ProblemBody[];
  readonly handledRequests: readonly string[];
  readonly controlPlane: z.infer<typeof ApplianceStatus>['controlPlane'];
  readonly now: Date;
}
