import type { Product } from '../../contract/product.ts';
import type { LintDocument } from './document.ts';
import type { Finding } from './finding.ts';

/** What rules look at. */
export interface Bundle {
  readonly documents: readonly LintDocument[];
  readonly files: ReadonlyMap<string, string>;
  readonly product: Product;
  /** Whether charts were rendered, so that what pods and Services exist is known for certain. */
  readonly rendered: boolean;
  /** Keys of the release's charts; undefined = not known here. */
  readonly charts: ReadonlySet<string> | undefined;
}

export type Rule = (bundle: Bundle) => Iterable<Finding>;
