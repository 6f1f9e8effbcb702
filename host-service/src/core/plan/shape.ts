/** An object as it is sent to the cluster: only the fields that we mean to own. Fits `KubeInput` of the engine's ports. */
export interface ObjectShape {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string | undefined;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly resourceVersion?: string | undefined;
  };
  readonly [field: string]: unknown;
}

/** On everything the engine applies, so that people see whose it is. */
export const OWNER_LABELS = { 'app.kubernetes.io/managed-by': 'appliance' } as const;
/** Flux looks at a ConfigMap's change at once only with this label (protocols §3.3). */
export const WATCH_LABEL = 'reconcile.fluxcd.io/watch';
