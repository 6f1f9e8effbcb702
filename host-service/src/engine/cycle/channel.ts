import type { Intent } from '../../contract/appliance.ts';
import { Digest } from '../../contract/names.ts';
import type { Operation } from '../../contract/objects.ts';
import type { Answer } from '../../core/decide/types.ts';
import type { Observed } from '../../core/plan/observed.ts';
import { wakeIn, type Engine } from '../engine.ts';
import { openOperation } from '../journal/journal.ts';
import type { Resolution } from '../resolve-input.ts';
import { resolve } from '../resolve.ts';

/**
 * What the channel says: asked when due (poll ± 20 %, Retry-After honoured, at once when the intent has changed or somebody asks), else the
 * last answer again. The memory of it may be lost: then it is asked once more.
 */
export async function askChannel(
  engine: Engine,
  observed: Observed,
  signal: AbortSignal,
): Promise<Resolution> {
  const { clock } = engine.ports;
  const { intent } = observed.spec;
  const key = keyOf(intent);
  const last = engine.memory.channel;
  if (last !== undefined && last.key === key && clock.monotonic() < last.nextAt) {
    wakeIn(engine, last.nextAt - clock.monotonic());
    return last.resolution;
  }
  const answer = await resolve(
    engine.ports,
    {
      product: engine.product,
      trust: engine.trust(),
      intent,
      repository: engine.releaseRepository,
      namespace: engine.namespace,
      architecture: engine.architecture,
      running: observed.source?.release,
      releases: observed.releases,
      baked: engine.baked,
    },
    engine.memory.resolve,
    signal,
  );
  const inMs = nextLook(engine, answer);
  const nextCheckAt = new Date(clock.now().getTime() + inMs).toISOString();
  const resolution = { ...answer, channel: { ...answer.channel, nextCheckAt } };
  engine.memory.channel = { resolution, key, nextAt: clock.monotonic() + inMs };
  wakeIn(engine, inMs);
  return resolution;
}

/** What decides where and what is asked. */
const keyOf = ({ channel, pin, approvedRelease, approvedRetry }: Intent): string =>
  JSON.stringify([channel, pin, approvedRelease, approvedRetry]);

/** Milliseconds until the next look. A first answer is asked for again soon: two equal ones are needed to act. */
function nextLook({ patience, ports }: Engine, { answer, retryAfterMs }: Resolution): number {
  const jitter = 0.8 + 0.4 * ports.clock.random();
  if (retryAfterMs !== undefined) return Math.max(retryAfterMs, patience.pollMs * jitter);
  const first = answer.kind === 'resolved' && answer.confirmations < 2;
  return first ? patience.confirmMs : patience.pollMs * jitter;
}

/**
 * The answer as an operation that is under way must see it: its release was chosen already, so neither a registry that has gone away nor a
 * restart that forgot the first of two equal answers takes it back.
 */
export function answerFor(open: Operation | undefined, { answer }: Resolution, observed: Observed): Answer {
  const chosen = open?.spec.to.digest ?? rolledFor(observed);
  if (chosen === undefined) return answer;
  if (answer.kind === 'resolved') {
    return { ...answer, confirmations: Math.max(answer.confirmations, 2) };
  }
  if (answer.kind === 'refused' || !observed.releases.has(chosen)) return answer;
  return { kind: 'resolved', digest: chosen, confirmations: 2 };
}

/** The release whose control plane is being put in. */
const rolledFor = ({ rolls = [] }: Observed): Digest | undefined =>
  Digest.safeParse(openOperation(rolls)?.spec['release']).data;
