import type { ChannelState } from '../../contract/appliance.ts';
import type { KnownRelease } from '../../core/plan/observed.ts';

/** The release that the draft of the setup names, and what its channel has answered; no release = it was not found. */
export interface Drafted {
  readonly release: KnownRelease | undefined;
  readonly channel: ChannelState | undefined;
}

/** One look at it, kept for a while. Of this process only: another replica looks for itself. */
export interface DraftedLook {
  /** Channel and pin that were looked for. */
  readonly key: string;
  readonly look: Promise<Drafted>;
  /** Once the look has ended. */
  said: Drafted | undefined;
  /** Monotonic milliseconds. */
  until: number;
}
