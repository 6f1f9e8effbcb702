import type { Repository } from '../../contract/names.ts';
import type { Operation } from '../../contract/objects.ts';
import type { ProblemBody } from '../../contract/problem.ts';
import type { Product } from '../../contract/product.ts';
import type { Decision } from '../decide/types.ts';
import type { SourceRefs } from '../network/source-access.ts';
import type { Observed, ReleaseParts } from './observed.ts';

/** How this box reaches a repository: the host to put into URLs, and whether it speaks plain HTTP (loopback registries only). */
export type RegistryOf = (repository: Repository) => {
  readonly host: string;
  readonly insecure: boolean;
  /** What the delivery's sources say about credential, authorities and proxy; absent = nothing. */
  readonly refs?: SourceRefs | undefined;
};

/** All that PLAN may look at. Nothing in it is remembered from earlier cycles. */
export interface PlanInput {
  readonly observed: Observed;
  readonly decision: Decision;
  readonly product: Product;
  /** Values profile of this box. */
  readonly profile: string;
  /** Parts of the target's bundle; undefined while the registry is away. */
  readonly parts: ReleaseParts | undefined;
  /** Why there are no parts. */
  readonly partsProblem?: ProblemBody | undefined;
  /** The operation whose outcome is `running`, if there is one. */
  readonly open: Operation | undefined;
  readonly now: Date;
  readonly registryOf: RegistryOf;
}
