import { ChecksView } from 'host-service/contract/api/checks.ts';
import { IntentPreview } from 'host-service/contract/api/intent.ts';
import { OperationDetail, OperationView } from 'host-service/contract/api/operations.ts';
import { ReleaseView } from 'host-service/contract/api/releases.ts';
import { SessionsView, SessionView } from 'host-service/contract/api/session.ts';
import { SetupView } from 'host-service/contract/api/setup.ts';
import { NetworkPreview, NetworkTest, NetworkView } from 'host-service/contract/network/view.ts';
import { StatusView } from 'host-service/contract/api/status.ts';
import type { z } from 'zod';
import type { Freshness } from '../api/freshness.ts';
import { session } from './states/base.ts';

/** A state as its author writes it. */
export interface StateInput {
  readonly name: string;
  /** For the list at `/states`. */
  readonly title: string;
  /** Screen that is shown first. */
  readonly at?: string;
  readonly session?: z.input<typeof SessionView>;
  readonly freshness?: Freshness;
  readonly view?: z.input<typeof StatusView>;
  readonly releases?: readonly z.input<typeof ReleaseView>[];
  readonly operations?: readonly z.input<typeof OperationView>[];
  readonly details?: readonly z.input<typeof OperationDetail>[];
  readonly setup?: z.input<typeof SetupView>;
  readonly checks?: z.input<typeof ChecksView>;
  /** What approving the draft of the setup would lead to. */
  readonly preview?: z.input<typeof IntentPreview>;
  readonly network?: z.input<typeof NetworkView>;
  /** What testing any host finds. */
  readonly networkTest?: z.input<typeof NetworkTest>;
  /** What saving any network settings would touch. */
  readonly networkPreview?: z.input<typeof NetworkPreview>;
  readonly sessions?: z.input<typeof SessionsView>;
  /** Whether this browser was signed out from elsewhere. */
  readonly wasSignedOut?: boolean;
  /** The box does not answer at all. */
  readonly isSilent?: boolean;
}

/** A state as the screens get it: everything has been through the contract. */
export interface GalleryState {
  readonly name: string;
  readonly title: string;
  readonly at: string;
  readonly session: SessionView;
  readonly freshness: Freshness;
  readonly view: StatusView | undefined;
  readonly releases: readonly ReleaseView[];
  readonly operations: readonly OperationView[];
  readonly details: readonly OperationDetail[];
  readonly setup: SetupView | undefined;
  readonly checks: ChecksView | undefined;
  readonly preview: IntentPreview | undefined;
  readonly network: NetworkView | undefined;
  readonly networkTest: NetworkTest | undefined;
  readonly networkPreview: NetworkPreview | undefined;
  readonly sessions: SessionsView | undefined;
  readonly wasSignedOut: boolean;
  readonly isSilent: boolean;
}

/** Parses a state by the contract, as if the box had sent it. @throws ZodError when a fixture is not what the box could send */
export function galleryStateOf(input: StateInput): GalleryState {
  return {
    name: input.name,
    title: input.title,
    at: input.at ?? '/',
    session: SessionView.parse(input.session ?? session()),
    freshness: input.freshness ?? { kind: 'live' },
    view: input.view === undefined ? undefined : StatusView.parse(input.view),
    releases: (input.releases ?? []).map((each) => ReleaseView.parse(each)),
    operations: (input.operations ?? []).map((each) => OperationView.parse(each)),
    details: (input.details ?? []).map((each) => OperationDetail.parse(each)),
    setup: input.setup === undefined ? undefined : SetupView.parse(input.setup),
    checks: input.checks === undefined ? undefined : ChecksView.parse(input.checks),
    preview: input.preview === undefined ? undefined : IntentPreview.parse(input.preview),
    network: input.network === undefined ? undefined : NetworkView.parse(input.network),
    networkTest: input.networkTest === undefined ? undefined : NetworkTest.parse(input.networkTest),
    networkPreview:
      input.networkPreview === undefined ? undefined : NetworkPreview.parse(input.networkPreview),
    sessions: input.sessions === undefined ? undefined : SessionsView.parse(input.sessions),
    wasSignedOut: input.wasSignedOut ?? false,
    isSilent: input.isSilent ?? false,
  };
}
