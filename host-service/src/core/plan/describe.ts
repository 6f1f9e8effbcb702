import type { Digest, Version } from '../../contract/names.ts';
import type { OperationVerb } from '../../contract/operation.ts';
import type { ProblemBody } from '../../contract/problem.ts';

/** A plan as a person sees it before the first byte (design §3). JSON-able. */
export interface PlanDescription {
  readonly kind: 'nothing' | 'blocked' | 'steps';
  readonly problem?: ProblemBody;
  readonly verb?: OperationVerb;
  readonly from?: { readonly digest: Digest; readonly version: Version };
  readonly to?: { readonly digest: Digest; readonly version: Version };
  readonly steps: readonly { readonly kind: string; readonly done: boolean; readonly text: string }[];
  /** `Kind namespace/name`. */
  readonly creates: readonly string[];
  readonly changes: readonly string[];
  readonly removes: readonly string[];
  /** Bytes to pull at most: what the release pins and what runs does not have by digest. */
  readonly pullBytes: number;
  readonly pulls: readonly { readonly what: string; readonly digest: Digest; readonly bytes: number }[];
  /** What cannot be undone, in sentences. Empty = one can come back. */
  readonly irreversible: readonly string[];
  /** Hosts that are contacted. */
  readonly hosts: readonly string[];
}
