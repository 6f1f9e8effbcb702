import type { Digest, Version } from '../../contract/names.ts';

/** The control plane as the cluster shows it: what all who roll it judge by (engine, guard, boot script). Plain facts. */
export interface ObservedControlPlane {
  readonly uid: string;
  readonly resourceVersion: string;
  /** metadata.generation and the one its controller has seen. */
  readonly generation: number;
  readonly observedGeneration: number;
  /** Image reference of the template's container, and the digest it ends with. */
  readonly image: string;
  readonly digest: Digest | undefined;
  readonly version: Version | undefined;
  /** Wanted, of the newest template, and counted as available by Kubernetes (ready for minReadySeconds). */
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly availableReplicas: number;
  /** Condition Progressing says ProgressDeadlineExceeded for the present generation. */
  readonly isLate: boolean;
  /** From the annotations (contract/control-plane.ts). */
  readonly previousDigest: Digest | undefined;
  readonly probationUntil: Date | undefined;
  readonly changedBy: string | undefined;
  readonly release: Digest | undefined;
  readonly pods: readonly ObservedPod[];
  /** Templates that are still there, newest first: the ways back. */
  readonly templates: readonly ObservedTemplate[];
  /** Addresses that the Service would send requests to. */
  readonly readyEndpoints: number;
}

export interface ObservedPod {
  readonly name: string;
  readonly node: string | undefined;
  readonly ip: string | undefined;
  /** Label pod-template-hash. */
  readonly template: string | undefined;
  readonly digest: Digest | undefined;
  readonly createdAt: Date;
  readonly isDeleting: boolean;
  readonly isReady: boolean;
  /** Since when its Ready condition is what it is. */
  readonly readySince: Date | undefined;
  /** Since when its container runs now. */
  readonly runningSince: Date | undefined;
  readonly restarts: number;
  /** Why it does not run, in the platform's words: ImagePullBackOff, CrashLoopBackOff, CreateContainerConfigError … */
  readonly waiting: { readonly reason: string; readonly message: string } | undefined;
  /** How it ended last. */
  readonly ended:
    | { readonly reason: string; readonly exitCode: number; readonly message: string; readonly at: Date }
    | undefined;
  /** Message of PodScheduled=False. */
  readonly unschedulable: string | undefined;
}

export interface ObservedTemplate {
  /** Label pod-template-hash. */
  readonly hash: string;
  readonly revision: number;
  readonly digest: Digest | undefined;
  readonly version: Version | undefined;
  /** `spec.template` as it was, without the hash label. */
  readonly template: Readonly<Record<string, unknown>>;
}
