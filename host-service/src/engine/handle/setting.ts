import type { KnownRelease } from '../../core/plan/observed.ts';
import type { Engine } from '../engine.ts';
import type { Wake } from '../loop/wake.ts';
import type { Cluster } from '../ports.ts';

/** What the handle works with. */
export interface HandleOptions {
  /** Not fenced: reads, and what people want (`Appliance.spec`, secret answers), on every replica; it is not the engine's to write. */
  readonly cluster: Cluster;
  readonly wake: Wake;
  /** Build of this program, for `X-Appliance-Build`. */
  readonly build: string;
  /** Whether this replica holds the Lease: then its own loop acts. */
  readonly isLeader: () => boolean;
}

export interface Setting extends HandleOptions {
  readonly engine: Engine;
  /** Documents by Release object, kept over calls; apart from the engine's own memory. */
  readonly parsed: Map<string, KnownRelease>;
}
