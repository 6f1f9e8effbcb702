import process from 'node:process';
import { hostname, uptime } from 'node:os';
import { safeLine } from '../../contract/problem.ts';
import type { ConnectedCluster } from '../../edges/kubernetes/cluster.ts';
import { createGuard } from '../../engine/guard/guard.ts';
import type { GuardAct, GuardOptions } from '../../engine/guard/ports.ts';
import type { Clock, Log } from '../../engine/ports.ts';
import { observeControlPlane } from '../../engine/roll/observe.ts';
import type { RollOutcome } from './roll-judge.ts';

/** Who acts where no control plane does. */
export interface Rescuer {
  readonly actor: 'boot' | 'cli';
  readonly node: string;
}

/** A person with `--direct`. */
export const ownRescuer = (): Rescuer => ({ actor: 'cli', node: hostname() });

export interface RescueOptions extends Rescuer {
  readonly cluster: ConnectedCluster;
  readonly namespace: string;
  readonly clock: Clock;
}

/**
 * Is the guard of the control plane until the signal fires (design §6.6, 6.8): the same judgement, Lease, record and way back as those of the
 * host, so nothing is put back without evidence, and never because a registry was away (B-53). Ends early when it has put one back.
 */
export async function guardMeanwhile(
  options: RescueOptions,
  signal: AbortSignal,
): Promise<RollOutcome | undefined> {
  const tell = createTeller();
  const guard = createGuard(guardOptionsOf(options));
  while (!signal.aborted) {
    const { last, state, detail, againMs } = await guard.turn(signal);
    if (last !== undefined) return outcomeOf(options, last);
    if (state !== 'watching' && !signal.aborted) tell(detail);
    await options.clock.sleep(againMs, signal);
  }
  return undefined;
}

function guardOptionsOf({ cluster, namespace, clock, actor, node }: RescueOptions): GuardOptions {
  return {
    ...{ cluster, lease: cluster.lease, clock, log: LOG, namespace, actor, node },
    uptimeMs: () => uptime() * 1_000,
    // What came with the box is known to the record; making it anew is for the box itself.
    baked: () => undefined,
  };
}

/** Its result is what counts; what it says on the way is for the log of the host. */
const LOG: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** The time limit may be over by now: what was done is told all the same. */
async function outcomeOf(
  { cluster, namespace }: RescueOptions,
  { to, reason }: GuardAct,
): Promise<RollOutcome> {
  const seen = await observeControlPlane(cluster, namespace, AbortSignal.timeout(5_000)).catch(
    () => undefined,
  );
  const version = seen?.digest === to ? seen.version : undefined;
  return {
    ...{ kind: 'rolled-back', version, digest: to, problem: reason },
    detail: safeLine(`No control plane was ready; the one before was put back: ${reason.detail}`),
  };
}

function createTeller(): (text: string) => void {
  let last = '';
  return (text) => {
    // A wait counts its seconds: only another wait is news.
    const wait = text.replace(/\d+ s/g, '');
    if (wait !== last) process.stderr.write(`${safeLine(text)}\n`);
    last = wait;
  };
}
