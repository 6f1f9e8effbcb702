import type { ChannelState } from '../../contract/appliance.ts';
import type { CheckFix, CheckGroup } from '../../contract/checks.ts';
import type { EndpointReport, EndpointWish } from '../../contract/host/endpoint.ts';
import type { HostFacts } from '../../contract/host/facts.ts';
import type { ProblemBody } from '../../contract/problem.ts';
import type { Release } from '../../contract/release.ts';

/** One host as it has reported itself. */
export interface HostSight {
  readonly name: string;
  readonly facts: HostFacts;
  /** Of its program. */
  readonly version: string | undefined;
  readonly architecture: 'amd64' | 'arm64' | undefined;
  readonly endpoints: readonly EndpointReport[];
  readonly measuredAt: string | undefined;
  /** How many wishes its program does not understand. */
  readonly rejected: number;
}

/** A kind of storage that the platform offers. */
export interface StorageKind {
  readonly name: string;
  readonly isDefault: boolean;
  /** Data outlives what asked for it. */
  readonly keeps: boolean;
}

/** The release that would be installed, or that runs. */
export interface WantedRelease {
  readonly release: Release;
  readonly signed: boolean;
  readonly quarantined: boolean;
}

/** All that a check may look at. Absent = nobody knows, which is not the same as good. */
export interface CheckFacts {
  readonly now: Date;
  readonly hosts: readonly HostSight[];
  readonly target: WantedRelease | undefined;
  /** Version that runs now. */
  readonly running: string | undefined;
  readonly endpoints: readonly EndpointWish[];
  /** Bytes still to be pulled for the target. */
  readonly pullBytes: number | undefined;
  readonly controlPlane: string;
  /** Version that the platform itself names. */
  readonly platform: string | undefined;
  readonly channel: ChannelState | undefined;
  readonly storage: readonly StorageKind[] | undefined;
  /** The one that the product's data lies on, where it names one. */
  readonly storageOfProduct?: string | undefined;
  /** Programs that provide it. */
  readonly storageDrivers?: readonly { readonly namespace: string; readonly name: string }[] | undefined;
  /** Bytes of all storage that was asked for; absent when that could not be read. */
  readonly claimedBytes: number | undefined;
  /** What the trial write of the storage step said, when there was one. */
  readonly storageProof: { readonly ok: boolean; readonly detail: string } | undefined;
}

/** What a check has found. `bad` is worse than `warning`; `unknown` could not be run, and says why. */
export interface Finding {
  readonly state: 'passed' | 'warning' | 'bad' | 'unknown';
  readonly detail: string;
  readonly measured?: string | undefined;
  readonly required?: string | undefined;
  readonly problem?: ProblemBody | undefined;
  readonly fix?: CheckFix | undefined;
}

/** A row of the table: what it is about never changes, only how it is found out. */
export interface Check {
  readonly id: string;
  readonly group: CheckGroup;
  readonly title: string;
  /** Why it matters, one sentence. */
  readonly why: string;
  /** `blocking`: a first installation does not begin while it fails. `advice`: at worst a warning. */
  readonly severity: 'blocking' | 'advice';
  /** Whether a person may take the risk. */
  readonly mayAccept: boolean;
  readonly look: Look;
}

/** How a check is found out: once for the box, once for each host (the worst counts), or once for each address. */
export type Look =
  | { readonly of: 'box'; readonly find: (facts: CheckFacts) => Finding }
  | { readonly of: 'host'; readonly find: (host: HostSight, facts: CheckFacts) => Finding }
  | { readonly of: 'endpoint'; readonly find: (sight: EndpointSight, facts: CheckFacts) => Finding };

/** An address as one host sees it. */
export interface EndpointSight {
  readonly wish: EndpointWish;
  readonly report: EndpointReport | undefined;
  readonly host: HostSight;
}

export const perBox = (find: (facts: CheckFacts) => Finding): Look => ({ of: 'box', find });
export const perHost = (find: (host: HostSight, facts: CheckFacts) => Finding): Look => ({
  of: 'host',
  find,
});
export const perEndpoint = (find: (sight: EndpointSight, facts: CheckFacts) => Finding): Look => ({
  of: 'endpoint',
  find,
});

interface Compared {
  readonly measured?: string | undefined;
  readonly required?: string | undefined;
}
type Extra = Compared & Pick<Finding, 'problem' | 'fix'>;

export const passed = (detail: string, compared: Compared = {}): Finding => ({
  state: 'passed',
  detail,
  ...compared,
});
export const warned = (detail: string, extra: Extra = {}): Finding => ({
  state: 'warning',
  detail,
  ...extra,
});
export const failed = (detail: string, extra: Extra = {}): Finding => ({ state: 'bad', detail, ...extra });
/** Nobody knows, and why. */
export const unknown = (reason: string, compared: Compared = {}): Finding => ({
  state: 'unknown',
  detail: reason,
  ...compared,
});
