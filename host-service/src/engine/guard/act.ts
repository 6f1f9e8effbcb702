import { GUARD_LEASE } from '../../contract/control-plane.ts';
import type { Digest } from '../../contract/names.ts';
import type { ProblemBody } from '../../contract/problem.ts';
import type { GuardVerdict } from '../../core/roll/guard.ts';
import { withLog } from '../../core/roll/judge.ts';
import type { ObservedControlPlane } from '../../core/roll/observed.ts';
import { createLeader } from '../lead/leader.ts';
import type { LeaseStore } from '../ports.ts';
import { rollEvidence } from '../roll/evidence.ts';
import { putBack } from '../roll/put-back.ts';
import { applyBaked, makeMissing } from './install.ts';
import type { BakedControlPlane, GuardAct, GuardOptions } from './ports.ts';

/** Milliseconds: longest wait for the Lease of the guards, longest act. */
const PATIENCE = { leaseMs: 15_000, actMs: 30_000 } as const;

/** The store as the election sees it, for another Lease. */
const named = (store: LeaseStore, name: string): LeaseStore => ({
  read: (_, namespace, signal) => store.read(name, namespace, signal),
  write: (record, signal) => store.write({ ...record, name }, signal),
});

/**
 * Does it as the one guard that acts: three hosts see the same trouble, and the Lease is released as soon as it is done (B-43: a dead holder's
 * Lease runs out by itself). undefined when another host has it. Throws what `act` throws.
 */
export async function asTheGuard<T>(
  options: GuardOptions,
  act: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  const { lease, clock, log, namespace, node, actor = 'guard' } = options;
  const store = named(lease, GUARD_LEASE);
  const leader = createLeader({ store, clock, log, namespace, identity: `${actor}/${node}` });
  const stop = new AbortController();
  const until = AbortSignal.any([signal, stop.signal]);
  const taken: { run?: Promise<T> } = {};
  void clock.sleep(PATIENCE.leaseMs, until).then(() => (taken.run === undefined ? stop.abort() : undefined));
  await leader.run(async (held) => {
    void clock.sleep(PATIENCE.actMs, until).then(() => stop.abort());
    taken.run = act(held);
    // Whether it failed is answered below, after the Lease was released.
    await taken.run.catch(() => undefined);
    stop.abort();
  }, until);
  return taken.run;
}

/**
 * Carries out a verdict on what was just seen. Every write is one that the engine would make too, with the same names and under the same
 * resourceVersion, so that of two who act one finds it done. Answers undefined when there was no way back after all.
 *
 * @throws Problem cluster.*
 */
export async function carryOut(
  options: GuardOptions,
  verdict: Extract<GuardVerdict, { kind: 'restore' | 'install' }>,
  plane: ObservedControlPlane | undefined,
  signal: AbortSignal,
): Promise<GuardAct | undefined> {
  const at = options.clock.now().toISOString();
  const baked = options.baked();
  if (verdict.kind === 'install') {
    if (baked === undefined) return undefined;
    await makeMissing(options, baked.objects, signal);
    const reason = { code: 'roll.silent', detail: verdict.detail } as const;
    return { at, to: baked.build.digest, reason };
  }
  const { failed } = verdict;
  const { cluster, namespace } = options;
  const evidence = await rollEvidence(cluster, namespace, verdict.failure, signal);
  // What the failed program said about itself is more exact than how it ended.
  const failure = withLog(verdict.failure, evidence);
  const reason: ProblemBody = { code: failure.code, detail: failure.detail };
  const by = `${options.actor ?? 'guard'}:${options.node}`;
  const answer = await putBack(options, { failed, reason, by, evidence }, signal);
  if (answer.kind === 'restored') return { at, from: failed, to: answer.digest, reason };
  if (plane === undefined || !isAnother(baked, failed)) return undefined;
  const { resourceVersion } = plane;
  await applyBaked(options, baked, { namespace, resourceVersion }, signal);
  options.log.warn('control plane replaced by what came with this host', { failed, ...reason });
  return { at, from: failed, to: baked.build.digest, reason };
}

const isAnother = (baked: BakedControlPlane | undefined, failed: Digest): baked is BakedControlPlane =>
  baked !== undefined && baked.build.digest !== failed;
