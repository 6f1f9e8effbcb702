/**
 * The embedded world: registry, Kubernetes API, delivery controllers, workloads and a host, all in one process on loopback. It exists for
 * speed, for the demo and for faults; a shared contract test keeps it honest against the real parts. What that test does not ask for is not built.
 */

/** A registry that can misbehave. One fault at a time; `none` heals. */
export type RegistryFault =
  | { readonly kind: 'none' }
  /** Connections are refused: nothing listens. */
  | { readonly kind: 'down' }
  /** Accepts and never answers. */
  | { readonly kind: 'stall' }
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterSeconds?: number }
  /** Sends half of a blob or manifest and cuts. */
  | { readonly kind: 'truncate' }
  /** Sends other bytes than the digest says. */
  | { readonly kind: 'lie' }
  /** Refuses all tokens. */
  | { readonly kind: 'unauthorized' }
  /** Every answer comes so late (milliseconds). */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** Says that a manifest or blob is not there. `match` is a part of the repository's name. */
  | { readonly kind: 'missing'; readonly match: string };

export interface EmbeddedRegistry {
  /** `127.0.0.1:port`, plain HTTP. Stays the same over faults. */
  readonly host: string;
  readonly fault: RegistryFault;
  setFault(fault: RegistryFault): Promise<void>;
  /** Requests and connections since the start. */
  counters(): { readonly requests: number; readonly connections: number };
  stop(): Promise<void>;
}

export interface RegistryOptions {
  /** Token authentication as ghcr does it: anonymous pull with a token, realm on the same host. Default true. */
  readonly token?: boolean;
  /** Blobs are served by a redirect to another path, as ghcr does. Default true. */
  readonly redirectBlobs?: boolean;
  readonly port?: number;
}

export type KubernetesFault =
  | { readonly kind: 'none' }
  /** Connections are refused. */
  | { readonly kind: 'down' }
  /** Answers 503 to everything, closes watches. */
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** 403 for writes of this plural, e.g. `ocirepositories`. */
  | { readonly kind: 'forbid'; readonly plural: string }
  /** 409 on the next `times` writes that carry a resourceVersion. */
  | { readonly kind: 'conflict'; readonly times: number }
  /** 429 with Retry-After. */
  | { readonly kind: 'overloaded' }
  /** All watches end with 410 Gone once, and older resourceVersions are forgotten. */
  | { readonly kind: 'expire-watches' };

export interface EmbeddedKubernetes {
  /** `http://127.0.0.1:port`. Stays the same over faults. */
  readonly url: string;
  readonly token: string;
  /** Path of a kubeconfig inside the given folder. */
  readonly kubeconfig: string;
  readonly fault: KubernetesFault;
  setFault(fault: KubernetesFault): Promise<void>;
  /** Writes since the start, newest last, as the audit log of a real API server says them: verb, path, user agent. At most the last 5,000. */
  audit(): readonly {
    readonly verb: string;
    readonly path: string;
    readonly userAgent: string;
    readonly code: number;
  }[];
  stop(): Promise<void>;
}

export interface KubernetesOptions {
  /** Where the kubeconfig is written. */
  readonly folder: string;
  readonly port?: number;
}

/** How the application behaves, on top of what its release makes of it. */
export type WorkloadFault =
  | { readonly kind: 'none' }
  /** Pods of the named workload crash after their start. */
  | { readonly kind: 'crash'; readonly workload: string }
  /** Images of the named workload cannot be pulled. */
  | { readonly kind: 'image-pull'; readonly workload: string }
  /** The workload runs but answers its probe with 503. */
  | { readonly kind: 'probe'; readonly workload: string }
  /** Pods stay Pending: no room. */
  | { readonly kind: 'unschedulable'; readonly workload: string }
  /** The storage of the box: no volumes, a folder in one that cannot be made, no right to write, two that want to serve. */
  | {
      readonly kind: 'storage';
      readonly how: 'pending' | 'sub-path' | 'denied' | 'two-drivers' | 'two-defaults';
    }
  /** The delivery controllers do nothing at all. */
  | { readonly kind: 'delivery-stopped' };

export interface EmbeddedPlatform {
  readonly fault: WorkloadFault;
  setFault(fault: WorkloadFault): void;
  stop(): Promise<void>;
}

export interface PlatformOptions {
  readonly kubernetes: Pick<EmbeddedKubernetes, 'url' | 'token' | 'kubeconfig'>;
  /** How long a pod takes to start and to become ready, in milliseconds; the demo makes it slow enough to watch. */
  readonly startMs?: number;
  /** How long a package takes to be put in place, in milliseconds. */
  readonly packageMs?: number;
  /** The platform brings a storage driver and a class of its own. Default false. */
  readonly storage?: boolean;
}
