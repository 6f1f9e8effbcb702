import type { ControlPlaneRecord } from '../../../contract/control-plane.ts';
import type { Digest } from '../../../contract/names.ts';
import type { ProblemCode } from '../../../contract/problem.ts';
import type { ObservedControlPlane } from '../observed.ts';

/** Who holds the Lease of the control plane. */
export interface LeaderSight {
  /** Empty = nobody. */
  readonly holder: string;
  /** It was seen to change within its own duration, by this host's clock. */
  readonly isRenewing: boolean;
}

/** An Operation of verb `roll` that has not ended. */
export interface OpenRoll {
  readonly name: string;
  readonly startedAt: Date;
}

/** One look of the guard at the world. */
export type GuardSight =
  /** The API server cannot be asked. */
  | { readonly kind: 'blind'; readonly code: ProblemCode; readonly detail: string }
  /** There is no Deployment of the control plane. */
  | { readonly kind: 'absent'; readonly leader: LeaderSight }
  | {
      readonly kind: 'seen';
      readonly plane: ObservedControlPlane;
      readonly record: ControlPlaneRecord;
      readonly leader: LeaderSight;
      readonly roll: OpenRoll | undefined;
    };

/** This host at the moment of the look. */
export interface HostMoment {
  readonly node: string;
  /** Milliseconds that only ever rise, for all waits. */
  readonly monotonicMs: number;
  readonly now: Date;
  readonly uptimeMs: number;
  /** Build in the folder that came with this host; undefined = there is none. */
  readonly baked: Digest | undefined;
}

/** When this host was switched on, by its clock of now. */
export const bootedAt = ({ now, uptimeMs }: HostMoment): Date => new Date(now.getTime() - uptimeMs);
