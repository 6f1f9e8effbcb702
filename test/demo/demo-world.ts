import type { Vendor } from '../cluster/support/vendor.ts';
import type { DemoFault } from './faults.ts';

/** What a stage stands on: the embedded world, or real parts. */
export interface DemoWorld {
  readonly kubeconfig: string;
  readonly vendor: Pick<Vendor, 'release' | 'promote' | 'trust' | 'product' | 'repository'>;
  /** Breaks one thing and heals all others; undefined heals everything. Throws Error for a fault that these parts cannot have. */
  setFault(fault: DemoFault | undefined): Promise<void>;
  /** Cuts the power of the machine and gives it back; absent where these parts cannot. */
  powerCycle?(): Promise<void>;
  stop(): Promise<void>;
}
