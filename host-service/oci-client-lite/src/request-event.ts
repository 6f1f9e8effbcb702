/** One request as it was made, for counters and logs. Never carries secrets. */
export interface RequestEvent {
  readonly method: string;
  /** Without query and user information. */
  readonly url: string;
  readonly status?: number;
  readonly error?: string;
  readonly ms: number;
  readonly bytes: number;
}
