import type { ReleaseView } from 'host-service/contract/api/releases.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';
import type { Ask, Named } from './ask.ts';
import { openOperation } from './facts.ts';

const named = ({ digest, version }: Named): Named => ({ digest, version });

/** Approving what is offered (R-26: offered = known, not what runs). undefined = nothing is offered, or it is under way already. */
export function approveAsk(view: StatusView): Extract<Ask, { kind: 'approve' }> | undefined {
  const { status } = view;
  const available = status?.available;
  if (status === undefined || available === undefined) return undefined;
  const { digest } = available;
  if (digest === status.running?.digest || openOperation(view)?.to.digest === digest) return undefined;
  const plansIt = status.plan?.to?.digest === digest && status.plan.irreversible.length > 0;
  return {
    kind: 'approve',
    release: named(available),
    ...(status.running === undefined ? {} : { from: status.running.version }),
    isIrreversible: plansIt || isOneWay(view, digest),
    isRetry: status.quarantined.some((failed) => failed.digest === digest),
  };
}

/** Whether the policy waits because there is no way back from a release. */
const isOneWay = ({ status }: StatusView, digest: string): boolean =>
  status?.trace.some(
    ({ code, candidate, verdict }) =>
      code === 'plan.irreversible' && verdict !== 'pass' && candidate?.digest === digest,
  ) ?? false;

/**
 * Going back from what runs: to the last good release when another one runs, else to the good one before it, as far as the box says
 * that this is possible. `releases` as far as they are known.
 */
export function goBackAsk(
  view: StatusView,
  releases: readonly ReleaseView[] = [],
): Extract<Ask, { kind: 'go-back' }> | undefined {
  const running = view.status?.running;
  if (running === undefined || openOperation(view) !== undefined) return undefined;
  const lastGood = view.status?.lastGood;
  const refused = releases.some(({ digest, goBack }) => digest === lastGood?.digest && !goBack.isPossible);
  const best = lastGood === undefined || lastGood.digest === running.digest || refused ? undefined : lastGood;
  const earlier = releases
    .filter(
      ({ isRunning, goBack, confirmedAt }) => !isRunning && goBack.isPossible && confirmedAt !== undefined,
    )
    .sort((a, b) => Date.parse(b.confirmedAt ?? '') - Date.parse(a.confirmedAt ?? ''))
    .at(0);
  const release = best ?? earlier;
  return release === undefined
    ? undefined
    : { kind: 'go-back', release: named(release), from: running.version };
}

/** Trying once more what failed here: what runs if it is set aside, else what failed last. */
export function retryAsk(view: StatusView): Extract<Ask, { kind: 'retry' }> | undefined {
  const { status } = view;
  if (status === undefined || openOperation(view) !== undefined) return undefined;
  const newest = [...status.quarantined].sort((a, b) => Date.parse(b.at) - Date.parse(a.at)).at(0);
  const failed = status.quarantined.find(({ digest }) => digest === status.running?.digest) ?? newest;
  if (failed === undefined) return undefined;
  const isCancelled = failed.reason.code === 'apply.cancelled';
  return { kind: 'retry', release: named(failed), reason: isCancelled ? 'cancelled' : 'failed' };
}
