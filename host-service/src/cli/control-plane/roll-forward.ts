import { Problem, problemOf } from '../../contract/problem.ts';
import { readConfig } from '../../edges/files/config.ts';
import type { ConnectedCluster } from '../../edges/kubernetes/cluster.ts';
import { createLeader, type Leader } from '../../engine/lead/leader.ts';
import type { Clock } from '../../engine/ports.ts';
import { forwardTurn, type Forward } from '../../engine/rescue/forward.ts';
import type { DirectEngine, MakeDirectEngine } from '../desk/direct-desk.ts';
import { podFiles, type PodFiles } from './pod-files.ts';
import { QUIET } from './quiet.ts';

/** Milliseconds: longest time for the Lease and one look; between looks of one try. */
const TRY = { leaseMs: 15_000, lookMs: 1_500 } as const;

export interface RollForward {
  /**
   * One try, as holder of the control plane's Lease, which is free again afterwards. undefined = somebody else has it, or what a control plane goes by
   * cannot be read: nothing was done. Throws Problem cluster.* that waiting does not mend.
   */
  turn(signal: AbortSignal): Promise<Forward | undefined>;
  close(): Promise<void>;
}

interface Setting {
  readonly cluster: ConnectedCluster;
  readonly namespace: string;
  readonly clock: Clock;
  /** `boot/<node>` or `cli/<node>`. */
  readonly identity: string;
  readonly make: MakeDirectEngine;
  /** The control plane's configuration; undefined = as its pods have it. */
  readonly config: string | undefined;
}

/** Rolls forward with the engine itself (design §6.8: one function rolls). Nothing is opened before it is needed. */
export function createRollForward(setting: Setting): RollForward {
  const { cluster, namespace, clock, identity } = setting;
  const leader = createLeader({ store: cluster.lease, clock, log: QUIET, namespace, identity });
  const opened: { files?: PodFiles; direct?: DirectEngine } = {};
  return {
    async turn(signal) {
      try {
        opened.direct ??= await open(setting, leader, opened, signal);
        return await asLeader(leader, clock, opened.direct, signal);
      } catch (error) {
        const { code, detail } = problemOf(error);
        if (signal.aborted || isPassing(code)) return undefined;
        if (code.startsWith('config.')) return { kind: 'none', detail };
        throw error;
      }
    },
    async close() {
      await Promise.allSettled([opened.direct?.close(), opened.files?.remove()]);
    },
  };
}

const isPassing = (code: string): boolean =>
  /^(cluster\.(unavailable|timeout|conflict|cancelled|overloaded)|apply\.not-leader)$/.test(code);

async function open(
  { make, config, cluster, namespace, identity: name }: Setting,
  { mayWrite }: Leader,
  opened: { files?: PodFiles },
  signal: AbortSignal,
): Promise<DirectEngine> {
  if (config === undefined) opened.files ??= await podFiles(cluster, namespace, signal);
  const read = config === undefined ? opened.files?.config : readConfig(config);
  if (read === undefined) throw new Problem('internal.bug', 'a way forward without configuration');
  return make({ ...read, namespace }, cluster, { name, mayWrite });
}

/** Looks until it is known what becomes of it, as long as the Lease is held. */
async function asLeader(
  leader: Leader,
  clock: Clock,
  { engine }: DirectEngine,
  signal: AbortSignal,
): Promise<Forward | undefined> {
  const stop = new AbortController();
  const until = AbortSignal.any([signal, stop.signal]);
  const taken: { run?: Promise<Forward> } = {};
  void clock.sleep(TRY.leaseMs, until).then(() => (taken.run === undefined ? stop.abort() : undefined));
  await leader.run(async (held) => {
    taken.run = look(engine, clock, held);
    // Whether it failed is answered below, after the Lease was released.
    await taken.run.catch(() => undefined);
    stop.abort();
  }, until);
  return taken.run;
}

async function look(engine: DirectEngine['engine'], clock: Clock, held: AbortSignal): Promise<Forward> {
  for (;;) {
    const turned = await forwardTurn(engine, held);
    if (turned.kind !== 'waiting' || held.aborted) return turned;
    await clock.sleep(TRY.lookMs, held);
  }
}
