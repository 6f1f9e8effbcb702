import type { CheckRequest, ChecksView } from '../../contract/api/checks.ts';
import type { Accepted, IntentChange, IntentPreview, VerbBody } from '../../contract/api/intent.ts';
import type { OperationDetail, OperationsView } from '../../contract/api/operations.ts';
import type { ReleasesView } from '../../contract/api/releases.ts';
import type { DraftChange, SetupApproval, SetupView } from '../../contract/api/setup.ts';
import type { LiveEvent, StatusView } from '../../contract/api/status.ts';
import type {
  NetworkChange,
  NetworkPreview,
  NetworkTest,
  NetworkTestRequest,
  NetworkView,
} from '../../contract/network/view.ts';
import type { ProblemBody } from '../../contract/problem.ts';

/** A change of what is wanted, as a person asked for it. */
export interface Asked {
  /** Revision that the person has looked at; undefined = whatever it is now. */
  readonly expected: number | undefined;
  readonly requestId: string;
}

/** A change of the draft of setup. */
export interface AskedOfDraft {
  /** Revision of the draft that the person has looked at; undefined = whatever it is now. */
  readonly expected: string | undefined;
  readonly requestId: string;
}

/** Setup before something is installed. */
export interface SetupDesk {
  view(signal: AbortSignal): Promise<SetupView>;
  /** Answers the draft as it is then. */
  change(change: DraftChange, asked: AskedOfDraft, signal: AbortSignal): Promise<SetupView>;
  approve(approval: SetupApproval, asked: AskedOfDraft, signal: AbortSignal): Promise<Accepted>;
  preview(approval: SetupApproval, asked: AskedOfDraft, signal: AbortSignal): Promise<IntentPreview>;
}

/** How other hosts are reached. */
export interface NetworkDesk {
  view(signal: AbortSignal): Promise<NetworkView>;
  change(change: NetworkChange, asked: Asked, signal: AbortSignal): Promise<Accepted>;
  preview(change: NetworkChange, asked: Asked, signal: AbortSignal): Promise<NetworkPreview>;
  test(request: NetworkTestRequest, signal: AbortSignal): Promise<NetworkTest>;
}

export interface Following {
  /** Cursor of the last event that is known; undefined = from now on. */
  readonly after: string | undefined;
  readonly onEvent: (event: LiveEvent) => void;
  /** Nobody answers at the moment; it is tried again. */
  readonly onPause: (problem: ProblemBody) => void;
}

/**
 * What a command can ask, whichever way it goes: through the API of a control plane, or on the objects of the cluster (`--direct`). Both end
 * in the same functions of the engine. All throw Problem.
 */
export interface Desk {
  readonly setup: SetupDesk;
  readonly network: NetworkDesk;
  status(signal: AbortSignal): Promise<StatusView>;
  releases(signal: AbortSignal): Promise<ReleasesView>;
  checks(signal: AbortSignal): Promise<ChecksView>;
  runChecks(request: CheckRequest, signal: AbortSignal): Promise<ChecksView>;
  operations(signal: AbortSignal): Promise<OperationsView>;
  /** Problem request.not-found. */
  operation(name: string, signal: AbortSignal): Promise<OperationDetail>;
  changeIntent(change: IntentChange, asked: Asked, signal: AbortSignal): Promise<Accepted>;
  previewIntent(change: IntentChange, asked: Asked, signal: AbortSignal): Promise<IntentPreview>;
  request(body: VerbBody, signal: AbortSignal): Promise<Accepted>;
  /** Each event once and in order, over lost connections and other control planes, until the signal fires. */
  follow(following: Following, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
