import type { ProblemBody } from '../contract/problem.ts';
import type { BakedControlPlane } from '../engine/guard/ports.ts';
import type { KubeInput, KubeObject } from '../engine/ports.ts';

/** Facts of this machine, by name. What cannot be told is left out. */
export interface MachineFacts {
  readonly architecture: 'amd64' | 'arm64' | undefined;
  readonly values: Readonly<Record<string, string | number | boolean>>;
}

/** The machine that this program runs on. */
export interface Machine {
  /** Milliseconds since it was switched on. */
  uptimeMs(): number;
  /** Never rejects. */
  facts(signal: AbortSignal): Promise<MachineFacts>;
  /** What the boot script told about this run of the machine that is not well. */
  bootProblems(): readonly ProblemBody[];
  /** What came with this host; undefined when nothing or nothing usable did. */
  baked(): BakedControlPlane | undefined;
}

/** Small texts that outlive this program, each replaced in one piece and on the disk before it counts. */
export interface StateFolder {
  /** undefined when there is none or it cannot be read. */
  read(name: string): string | undefined;
  /** Throws Problem config.unreadable when it cannot be written. */
  write(name: string, text: string): Promise<void>;
}

/** What systemd is told; the same as the notifier of package systemd-notify. */
export interface Notifier {
  ready(status?: string): Promise<void>;
  status(text: string): Promise<void>;
  alive(): Promise<void>;
  extend(ms: number): Promise<void>;
  stopping(status?: string): Promise<void>;
  readonly watchdogMs: number | undefined;
}

/** A key that never leaves this host, and the request for a certificate over it. */
export interface CertificateRequest {
  /** PEM of the request. */
  readonly request: string;
  /** Writes the kubeconfig of this key and its certificate in one piece, 0600. Throws Problem when the certificate is not for this key. */
  keep(certificate: string): Promise<void>;
}

/** How long the present identity holds. */
export interface IdentityState {
  readonly user: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** The files of this host's identity. */
export interface IdentityFiles {
  /** undefined when there is none that can be read. */
  present(): IdentityState | undefined;
  /** Whether the present one leads to the same server, under the same authority, as the admin's; true as long as that cannot be read. */
  leadsToTheSame(): boolean;
  /** Makes a key and a request for that user. Throws Problem config.* when the admin's kubeconfig cannot be read. */
  prepare(subject: { readonly user: string; readonly group: string }): CertificateRequest;
}

/** The cluster as its admin: used for nothing but this host's own certificate. */
export interface Signing {
  create(object: KubeInput, signal: AbortSignal): Promise<KubeObject>;
  /** PUT of the subresource approval. */
  approve(object: KubeObject, signal: AbortSignal): Promise<void>;
  get(name: string, signal: AbortSignal): Promise<KubeObject | undefined>;
  remove(name: string, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** An image as the container runtime of one host has it. */
export interface HostImage {
  /** References with a digest by which it can be used without asking a registry: repository@digest. */
  readonly references: readonly string[];
  /** Bytes; 0 = the runtime does not say. */
  readonly bytes: number;
  /** The runtime's own garbage collection leaves it alone, whoever asked for that. */
  readonly isPinned: boolean;
}

/** The container runtime of one host. All throw Problem pull.* and end what they have started when the signal fires. */
export interface HostImages {
  list(signal: AbortSignal): Promise<readonly HostImage[]>;
  /** References that were pinned by `pin` and not unpinned since, also before a restart: the runtime remembers it. */
  pinned(signal: AbortSignal): Promise<readonly string[]>;
  /** Fetches `repository@digest` as the platform itself would, with its mirrors and credentials; resolves when it can be used. */
  pull(reference: string, signal: AbortSignal): Promise<void>;
  /** Bytes of it that lie here, whole or on their way; undefined = nothing is known yet. */
  progress(
    reference: string,
    signal: AbortSignal,
  ): Promise<{ readonly bytes: number; readonly total: number } | undefined>;
  pin(reference: string, signal: AbortSignal): Promise<void>;
  unpin(reference: string, signal: AbortSignal): Promise<void>;
}
