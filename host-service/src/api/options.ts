import { BEAT_MS } from '../contract/api/status.ts';

/** Time as the API needs it; milliseconds. */
export interface ApiClock {
  now(): Date;
  monotonic(): number;
  /** Resolves after `ms`, or at once when the signal fires; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

type Write = (message: string, fields?: Record<string, unknown>) => void;
export interface ApiLog {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}

/** A path outside of the API, asked for by GET or HEAD. */
export interface PageQuery {
  readonly path: string;
  /** For the scripts and styles of this one answer. */
  readonly nonce: string;
  readonly acceptEncoding: string;
  readonly ifNoneMatch: string | undefined;
}
export interface PageAnswer {
  readonly status: 200 | 304;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer> | string | undefined;
}

/** The built page. */
export interface Page {
  /** What build it is; `none` when there is none. */
  build(): string;
  /** undefined = no such file. */
  answer(query: PageQuery): Promise<PageAnswer | undefined>;
}

/** Figures about the API itself. Route names, never paths: a path is as long and as many as a stranger likes. */
export interface Meter {
  request(route: string, status: number, durationMs: number): void;
  streams(open: number): void;
  text(): Promise<{ readonly type: string; readonly text: string }>;
}

/** How much one peer may ask for. Requests are per minute, peer address and class of route. */
export interface Limits {
  readonly login: number;
  readonly webhook: number;
  readonly mutations: number;
  readonly reads: number;
  readonly streamsPerSession: number;
  readonly streams: number;
  /** Bytes that may wait for one stream's client. */
  readonly pendingBytes: number;
  /** Milliseconds for which a client may leave waiting events unread. */
  readonly slowMs: number;
  readonly beatMs: number;
  /** Milliseconds between looks at the session of a stream. */
  readonly checkMs: number;
  /** Longest work on one request in milliseconds. */
  readonly requestMs: number;
}

export const LIMITS: Limits = {
  login: 10,
  webhook: 30,
  mutations: 60,
  reads: 600,
  streamsPerSession: 20,
  streams: 500,
  pendingBytes: 1024 * 1024,
  slowMs: 10_000,
  beatMs: BEAT_MS,
  checkMs: 1_000,
  requestMs: 10_000,
};

export interface ApiOptions {
  readonly clock: ApiClock;
  readonly log: ApiLog;
  /** `plain`: session cookies travel over HTTP as well. */
  readonly cookies: 'secure' | 'plain';
  readonly page: Page;
  readonly meter: Meter;
  /** Range of documents that this program reads (label `appliance.control-plane.contract`). */
  readonly contract: number;
  readonly sourceRevision?: string | undefined;
  readonly built?: string | undefined;
  /** Fires when open streams have to end: the program is about to stop. */
  readonly closing: AbortSignal;
  readonly limits?: Partial<Limits>;
}
