import type { ControlPlaneBuild } from '../../contract/control-plane.ts';
import type { ProblemBody } from '../../contract/problem.ts';
import type { Clock, Cluster, KubeInput, LeaseStore, Log } from '../ports.ts';

/** What came with this host: the objects of a control plane in the order in which they are made, the Deployment being the last one. */
export interface BakedControlPlane {
  readonly objects: readonly KubeInput[];
  readonly build: ControlPlaneBuild;
}

/** What the guard of one host touches. */
export interface GuardPorts {
  readonly cluster: Cluster;
  readonly lease: LeaseStore;
  readonly clock: Clock;
  readonly log: Log;
}

export interface GuardOptions extends GuardPorts {
  /** Of the control plane. */
  readonly namespace: string;
  /** This host's name in the cluster. */
  readonly node: string;
  /** Who acts: the host's own guard, the start of the box, or a person's command. Default `guard`. */
  readonly actor?: 'guard' | 'boot' | 'cli';
  /** Milliseconds since this host was switched on. */
  readonly uptimeMs: () => number;
  /** Asked at each look: a newer one may have been put there. undefined = none. */
  readonly baked: () => BakedControlPlane | undefined;
}

/** What the guard did last. */
export type GuardAct = {
  /** RFC 3339 in UTC. */
  readonly at: string;
  readonly from?: ControlPlaneBuild['digest'];
  readonly to: ControlPlaneBuild['digest'];
  readonly reason: ProblemBody;
};

/** What one turn of the guard comes to: what the Host and systemd are told. */
export interface GuardReport {
  readonly state: 'watching' | 'waiting' | 'acting' | 'blind';
  /** One sentence. */
  readonly detail: string;
  readonly at: Date;
  readonly problem: ProblemBody | undefined;
  readonly last: GuardAct | undefined;
  /** Milliseconds until it makes sense to look again, when nothing happens before. */
  readonly againMs: number;
}
