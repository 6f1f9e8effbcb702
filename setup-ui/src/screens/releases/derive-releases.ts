import type { ReleaseView } from 'host-service/contract/api/releases.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';
import type { MessageKey } from '../../words/keys.ts';
import type { Ask } from '../overview/model/ask.ts';
import { openOperation } from '../overview/model/facts.ts';
import { judgedOf, type Judged } from '../overview/offer/derive-offer.ts';

export type ReleaseMark =
  | 'runs'
  | 'last-good'
  | 'under-way'
  | 'offered'
  | 'failed'
  | 'set-aside'
  | 'pinned'
  | 'proved'
  | 'baked'
  | 'imported';

/** A known release as the list shows it. */
export interface ReleaseRow {
  readonly release: ReleaseView;
  /** What it is here, most important first. */
  readonly marks: readonly ReleaseMark[];
  /** The rules that looked at it last. */
  readonly judged?: Judged;
  /** What can be asked for; every one leads to one verb of the API. */
  readonly asks: readonly Ask[];
  /** Why one cannot go back to it, when somebody might expect that. */
  readonly noWayBack?: MessageKey;
}

/** The releases in the order of the server: newest version first. Without a status there is nothing to ask for. */
export function releaseRowsOf(
  releases: readonly ReleaseView[],
  view: StatusView | undefined,
): readonly ReleaseRow[] {
  return releases.map((release) => {
    const judged = judgedOf(release.trace, view?.status?.running?.digest).find(
      ({ digest }) => digest === release.digest,
    );
    const mayExpectBack =
      release.confirmedAt !== undefined && !release.isRunning && !release.goBack.isPossible;
    return {
      release,
      marks: marksOf(release, view),
      asks: view === undefined ? [] : asksOf(release, view),
      ...(judged === undefined ? {} : { judged }),
      ...(mayExpectBack ? { noWayBack: 'releases.no-way-back' } : {}),
    };
  });
}

function marksOf(release: ReleaseView, view: StatusView | undefined): readonly ReleaseMark[] {
  const isCancelled = release.quarantine?.reason.code === 'apply.cancelled';
  const open = view === undefined ? undefined : openOperation(view);
  const marks: readonly (readonly [ReleaseMark, boolean])[] = [
    ['runs', release.isRunning],
    ['under-way', open?.to.digest === release.digest],
    ['offered', release.isAvailable && !release.isRunning],
    ['failed', release.quarantine !== undefined && !isCancelled],
    ['set-aside', isCancelled],
    ['pinned', view?.intent.pin !== undefined && isPinned(release, view.intent.pin)],
    ['last-good', release.isLastGood && !release.isRunning],
    ['proved', release.confirmedAt !== undefined && !release.isLastGood],
    ['baked', release.source === 'baked'],
    ['imported', release.source === 'imported'],
  ];
  return marks.filter(([, holds]) => holds).map(([mark]) => mark);
}

const isPinned = ({ digest, ociDigest, version }: ReleaseView, pin: string): boolean =>
  pin === digest || pin === ociDigest || pin === version;

function asksOf(release: ReleaseView, view: StatusView): readonly Ask[] {
  const { digest, version, isRunning, quarantine } = release;
  const named = { digest, version };
  const running = view.status?.running;
  const asks: Ask[] = [];
  if (release.isAvailable && !isRunning) {
    asks.push({
      kind: 'approve',
      release: named,
      ...(running === undefined ? {} : { from: running.version }),
      isIrreversible: running !== undefined && !release.isReversible,
      isRetry: quarantine !== undefined,
    });
  }
  if (quarantine !== undefined) {
    const reason = quarantine.reason.code === 'apply.cancelled' ? 'cancelled' : 'failed';
    asks.push({ kind: 'retry', release: named, reason });
  }
  if (release.goBack.isPossible && !isRunning && running !== undefined && quarantine === undefined)
    asks.push({ kind: 'go-back', release: named, from: running.version });
  if (view.intent.pin !== undefined && isPinned(release, view.intent.pin))
    asks.push({ kind: 'unpin', pin: version });
  else if (quarantine === undefined) asks.push({ kind: 'pin', release: named });
  return asks;
}
