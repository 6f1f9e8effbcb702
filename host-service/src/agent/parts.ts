import type { Version } from '../contract/names.ts';
import type { HostClaimFiles } from '../engine/access/ports.ts';
import type { Clock, Log } from '../engine/ports.ts';
import type { AgentConfig } from './config.ts';
import type { Measuring } from './facts/sight.ts';
import type { ClockSight } from './kept/clock-floor.ts';
import type { OpenCluster } from './late-cluster.ts';
import type { HostImages, IdentityFiles, Machine, Notifier, StateFolder } from './ports.ts';

/** All that the host program is made of. */
export interface AgentParts {
  readonly config: AgentConfig;
  readonly node: string;
  readonly version: Version;
  readonly cluster: OpenCluster;
  readonly clock: Clock;
  readonly log: Log;
  readonly machine: Machine;
  readonly state: StateFolder;
  /** The container runtime of this host. */
  readonly images: HostImages;
  /** Shared with the boot script. */
  readonly kept: StateFolder;
  /** undefined = this program measures nothing. */
  readonly measuring?: Measuring;
  readonly time: () => Omit<ClockSight, 'now'>;
  readonly claim: HostClaimFiles;
  /** This host's name as it is pinned now; `node` is that of the start of this program. */
  readonly named: () => string;
  readonly notifier: Notifier;
  readonly identity: IdentityFiles;
  /** Makes the identity anew when it is due, or when the platform does not accept the present one. Throws Problem. */
  readonly renew: (isRefused: boolean, signal: AbortSignal) => Promise<'kept' | 'renewed'>;
}
