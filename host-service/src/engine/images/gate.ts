import { judgePulls, type PullVerdict } from '../../core/images/hosts.ts';
import type { SizedImage } from '../../core/images/reference.ts';
import type { Observed } from '../../core/plan/observed.ts';
import { wakeIn, type Engine } from '../engine.ts';

/** What one may do with regard to images. */
export type PullGate =
  /** Go on. `said`: why some host is not waited for; undefined when all have everything. */
  { readonly kind: 'open'; readonly said: string | undefined } | Exclude<PullVerdict, { kind: 'ready' }>;

/**
 * Whether these images are where they are needed, or waiting for them is over: nothing has moved for `pullStillMs`, and one goes on as if there were
 * no host program. `key` names who waits.
 */
export function pullGate(
  engine: Engine,
  key: string,
  observed: Observed,
  images: readonly SizedImage[],
): PullGate {
  const { memory, patience, ports } = engine;
  const verdict = judgePulls(observed.hosts ?? [], images, ports.clock.now());
  if (verdict.kind !== 'waiting') {
    memory.pulls = undefined;
    if (verdict.kind === 'failed') return verdict;
    return { kind: 'open', said: verdict.leftOut.length === 0 ? undefined : verdict.leftOut.join('; ') };
  }
  const now = ports.clock.monotonic();
  const { picture } = verdict;
  const isSame = memory.pulls?.key === key && memory.pulls.picture === picture;
  const since = isSame ? (memory.pulls?.since ?? now) : now;
  memory.pulls = { key, picture, since };
  if (now - since < patience.pullStillMs) {
    wakeIn(engine, patience.waitMs);
    return verdict;
  }
  const minutes = Math.round((now - since) / 60_000);
  return { kind: 'open', said: `Nothing has come for ${minutes} min; going on without. ${verdict.now}` };
}
