import type { Actor } from '../../contract/appliance.ts';
import type { CheckRequest, ChecksView } from '../../contract/api/checks.ts';
import type { Accepted, IntentChange, IntentPreview, VerbBody } from '../../contract/api/intent.ts';
import type { OperationDetail, OperationsView } from '../../contract/api/operations.ts';
import type { ReleasesView } from '../../contract/api/releases.ts';
import type { DraftChange, SetupApproval, SetupView } from '../../contract/api/setup.ts';
import type { RevokeRequest, Role, SessionsView } from '../../contract/api/session.ts';
import type { LiveEvent, StatusView } from '../../contract/api/status.ts';
import type {
  NetworkChange,
  NetworkPreview,
  NetworkTest,
  NetworkTestRequest,
  NetworkView,
} from '../../contract/network/view.ts';
import type { Product } from '../../contract/product.ts';

/** What API and command line ask of this control plane. They decide nothing themselves; every replica answers. All throw Problem. */
export interface Handle {
  readonly live: Live;
  changeIntent(change: IntentChange, who: Who, signal: AbortSignal): Promise<Accepted>;
  previewIntent(change: IntentChange, who: Who, signal: AbortSignal): Promise<IntentPreview>;
  request(body: VerbBody, who: Who, signal: AbortSignal): Promise<Accepted>;
  releases(signal: AbortSignal): Promise<ReleasesView>;
  /** Answers, channel and release before the plan is approved. `host`: under which name the box was reached. */
  setup(host: string | undefined, signal: AbortSignal): Promise<SetupView>;
  /** `expected` is the revision of the draft. */
  changeSetup(change: DraftChange, who: Drafter, signal: AbortSignal): Promise<void>;
  approveSetup(approval: SetupApproval, who: Drafter, signal: AbortSignal): Promise<Accepted>;
  previewSetup(approval: SetupApproval, who: Drafter, signal: AbortSignal): Promise<IntentPreview>;
  /** Judged now, from what hosts have reported. */
  checks(signal: AbortSignal): Promise<ChecksView>;
  runChecks(request: CheckRequest, who: Who, signal: AbortSignal): Promise<ChecksView>;
  /** How other hosts are reached. Passwords go in and never come out. */
  network(signal: AbortSignal): Promise<NetworkView>;
  changeNetwork(change: NetworkChange, who: Who, signal: AbortSignal): Promise<Accepted>;
  previewNetwork(change: NetworkChange, who: Who, signal: AbortSignal): Promise<NetworkPreview>;
  /** Goes to one host from here, with a change that need not be saved. Problem network.host-unknown. */
  testNetwork(request: NetworkTestRequest, signal: AbortSignal): Promise<NetworkTest>;
  operations(signal: AbortSignal): Promise<OperationsView>;
  /** Problem request.not-found. */
  operation(name: string, signal: AbortSignal): Promise<OperationDetail>;
  /** The next look at the channel happens now (webhook). */
  wake(): void;
}

/** Who changes the draft of setup, and which revision of it was looked at (`If-Match`). */
export interface Drafter {
  readonly actor: Actor;
  readonly expected?: string | undefined;
}

/** Who changes something, and which revision of the intent was looked at (`If-Match`). */
export interface Who {
  readonly actor: Actor;
  readonly expected?: number | undefined;
}

/** The newest view of the box, kept by watching the cluster: reading it costs no request. */
export interface Live {
  /** undefined until the first read of the cluster. */
  current(): { readonly view: StatusView; readonly etag: string; readonly json: string } | undefined;
  /**
   * Calls back with what followed the cursor (or with a snapshot when it is unknown or absent), then with each event, in order and once. `text`
   * is the event as JSON, made once for all listeners. Ends when the returned function is called.
   */
  subscribe(
    after: string | undefined,
    listener: (event: LiveEvent & { readonly text: string }) => void,
  ): () => void;
  /** Watches until the signal fires. */
  run(signal: AbortSignal): Promise<void>;
}

/** A session as its cookie says it; verified and not revoked. */
export interface Session {
  readonly id: string;
  readonly user: string;
  readonly role: Role;
  /** By which way: `ui` for browsers, `cli` for a session that somebody with rights on the cluster made for a command. */
  readonly via: 'ui' | 'cli';
  readonly expiresAt: string;
}

/** Somebody who signs in, and what the browser says it is (User-Agent). */
export interface SignIn {
  readonly user: string;
  readonly password: string;
  readonly device?: string | undefined;
}

/** Who may come in (design §8). All throw Problem session.*, cluster.*. */
export interface Access {
  /** Six words that name this box, the same on its console; undefined as long as they cannot be read. */
  words(): Promise<readonly string[] | undefined>;
  isClaimed(signal: AbortSignal): Promise<boolean>;
  /** Makes the first admin; once. Wrong codes are counted in the cluster and lock for a while, over restarts and replicas. */
  claim(request: SignIn & { readonly code: string }, signal: AbortSignal): Promise<Granted>;
  login(request: SignIn, signal: AbortSignal): Promise<Granted>;
  /** undefined when there is none, or it is not one of ours, over, or revoked. Cheap: no request while the keys are fresh (at most 5 s old). */
  sessionOf(cookie: string | undefined, signal: AbortSignal): Promise<Session | undefined>;
  logout(session: Session, signal: AbortSignal): Promise<void>;
  /** Browsers that are signed in: all for an admin, the own ones for a viewer. */
  sessions(session: Session, signal: AbortSignal): Promise<SessionsView>;
  /** Ends one of those, or all of them but the one that asks. Problem request.not-found. */
  revoke(session: Session, request: RevokeRequest, signal: AbortSignal): Promise<SessionsView>;
  /** Checks a wake-up call: HMAC over time and raw body, time window, replay. Problem webhook.*. */
  checkWebhook(
    call: {
      readonly signature: string | undefined;
      readonly timestamp: string | undefined;
      readonly body: Uint8Array;
    },
    signal: AbortSignal,
  ): Promise<void>;
}

/** A session and the cookie's value for it. */
export interface Granted {
  readonly session: Session;
  readonly cookie: string;
  readonly maxAgeSeconds: number;
}

/** Everything that the API is mounted on. */
export interface ApiHost {
  readonly handle: Handle;
  readonly access: Access;
  readonly product: Product;
  readonly version: string;
  readonly build: string;
  /** Probes: design §6. */
  state(): { readonly draining: boolean; readonly ready: boolean };
}
