/** What is read from the cluster about a component, as plain data: only what the rules look at. */

export interface ConditionFact {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export interface ContainerFact {
  readonly name: string;
  /** Reference in the pod's spec: what was asked for. */
  readonly image: string;
  /** What the node says it runs; empty before it started. */
  readonly imageId: string;
  readonly ready: boolean;
  readonly restarts: number;
  readonly waiting: { readonly reason: string; readonly message: string } | undefined;
  /** Reason and exit code of the present or last end. */
  readonly ended: { readonly reason: string; readonly exitCode: number } | undefined;
  readonly isInit: boolean;
}

export interface PodFact {
  readonly name: string;
  readonly namespace: string;
  readonly phase: string;
  /** Reason of the pod itself, e.g. Evicted. */
  readonly reason: string;
  readonly isDeleting: boolean;
  readonly isReady: boolean;
  readonly ip: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly owner: { readonly kind: string; readonly name: string } | undefined;
  readonly containers: readonly ContainerFact[];
  readonly conditions: readonly ConditionFact[];
}

/** Deployment, StatefulSet or DaemonSet. Counts as Kubernetes names them, in pods. */
export interface WorkloadFact {
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  readonly generation: number;
  readonly observedGeneration: number;
  readonly wanted: number;
  readonly existing: number;
  readonly updated: number;
  readonly available: number;
  readonly conditions: readonly ConditionFact[];
  /**
   * Which pods belong to the newest template: owned by this ReplicaSet (Deployment), or carrying this label and value (the others).
   * undefined = cannot be told yet.
   */
  readonly newest:
    { readonly replicaSet: string } | { readonly label: string; readonly value: string } | undefined;
}

export interface JobFact {
  readonly kind: 'Job';
  readonly succeeded: number;
  readonly failed: number;
  readonly conditions: readonly ConditionFact[];
  readonly images: readonly string[];
}

/** A Flux object that delivers: HelmRelease or Kustomization. */
export interface DeliveryFact {
  readonly kind: 'HelmRelease' | 'Kustomization';
  readonly generation: number;
  readonly observedGeneration: number;
  readonly conditions: readonly ConditionFact[];
  readonly isSuspended: boolean;
  /** Kustomization. */
  readonly lastAppliedRevision: string;
  /** HelmRelease. */
  readonly lastAttemptedRevisionDigest: string;
  readonly lastRelease: { readonly status: string; readonly ociDigest: string } | undefined;
}

export type ObjectFact = WorkloadFact | JobFact | DeliveryFact;

export interface ProbeFact {
  readonly ok: boolean;
  readonly detail: string;
}

export const conditionOf = (conditions: readonly ConditionFact[], type: string): ConditionFact | undefined =>
  conditions.find((condition) => condition.type === type);
