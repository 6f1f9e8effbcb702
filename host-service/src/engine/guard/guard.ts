import { CONTROL_PLANE_NAME } from '../../contract/control-plane.ts';
import type { Digest } from '../../contract/names.ts';
import { problemOf, safeLine, type ProblemBody } from '../../contract/problem.ts';
import { judgeGuard, type GuardVerdict } from '../../core/roll/guard.ts';
import { NOTHING_SEEN, remember, type GuardMemory } from '../../core/roll/guard/memory.ts';
import type { GuardSight, HostMoment } from '../../core/roll/guard/sight.ts';
import { GUARD_TIMES } from '../../core/roll/guard/times.ts';
import { asTheGuard, carryOut } from './act.ts';
import { noteBaked } from './install.ts';
import { watchLease } from './lease-sight.ts';
import { lookAtWorld } from './look.ts';
import type { GuardAct, GuardOptions, GuardReport } from './ports.ts';

/** Milliseconds of one look, and between looks while all is well: events of the cluster come in between. */
const TURN = { lookMs: 20_000, idleMs: 15_000 } as const;

export interface Guard {
  /** One look at the world and, when it must be, one act. Never throws; ends within a minute or with the signal. */
  turn(signal: AbortSignal): Promise<GuardReport>;
}

/** All that a guard keeps between its turns. */
interface State {
  memory: GuardMemory;
  last: GuardAct | undefined;
  /** What was said last about there being no way back: once is enough. */
  told: string | undefined;
  /** Of what lies on this host, as it was noted last. */
  noted: Digest | undefined;
}

interface Looked {
  readonly sight: GuardSight;
  readonly verdict: GuardVerdict;
}

/**
 * The guard of one host (design §6.6): looks, remembers only since when it is so, and acts through the functions that the engine uses. It needs
 * neither a control plane nor, to go on looking, an API server.
 */
export function createGuard(options: GuardOptions): Guard {
  const { lease: store, clock, namespace } = options;
  const leader = watchLease({ store, clock, name: CONTROL_PLANE_NAME, namespace });
  const state: State = { memory: NOTHING_SEEN, last: undefined, told: undefined, noted: undefined };
  const look = async (signal: AbortSignal): Promise<Looked> => {
    const sight = await within(options, TURN.lookMs, signal, (limited) =>
      lookAtWorld(options.cluster, namespace, leader, limited),
    );
    const moment = momentOf(options);
    state.memory = remember(state.memory, sight, moment);
    return { sight, verdict: judgeGuard(sight, state.memory, moment) };
  };
  return {
    async turn(signal) {
      const looked = await look(signal);
      if (looked.sight.kind === 'seen') await note(options, state, signal);
      const { verdict } = looked;
      if (verdict.kind !== 'restore' && verdict.kind !== 'install') return reportOf(options, state, looked);
      return act(options, state, look, signal);
    },
  };
}

async function within<T>(
  { clock }: GuardOptions,
  ms: number,
  signal: AbortSignal,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const [late, done] = [new AbortController(), new AbortController()];
  void clock.sleep(ms, done.signal).then(() => late.abort());
  try {
    return await act(AbortSignal.any([signal, late.signal]));
  } finally {
    done.abort();
  }
}

function momentOf({ clock, node, uptimeMs, baked }: GuardOptions): HostMoment {
  return {
    node,
    monotonicMs: clock.monotonic(),
    now: clock.now(),
    uptimeMs: uptimeMs(),
    baked: baked()?.build.digest,
  };
}

/** What lies on this host is a way back for every host; said once for each build, and tried again when it could not be. */
async function note(options: GuardOptions, state: State, signal: AbortSignal): Promise<void> {
  const baked = options.baked();
  if (baked === undefined || state.noted === baked.build.digest) return;
  try {
    await noteBaked(options, baked, signal);
    state.noted = baked.build.digest;
  } catch (error) {
    const { code, detail } = problemOf(error);
    options.log.debug('what came with this host could not be noted', { code, detail });
  }
}

/** As the one guard that acts: looks once more, because another one may have acted while we waited, and does it. */
async function act(
  options: GuardOptions,
  state: State,
  look: (signal: AbortSignal) => Promise<Looked>,
  signal: AbortSignal,
): Promise<GuardReport> {
  try {
    const report = await asTheGuard(
      options,
      async (held) => {
        const again = await look(held);
        const { verdict, sight } = again;
        if (verdict.kind !== 'restore' && verdict.kind !== 'install') return reportOf(options, state, again);
        const plane = sight.kind === 'seen' ? sight.plane : undefined;
        const done = await carryOut(options, verdict, plane, held);
        if (done === undefined) return tellNoWayBack(options, state, verdict);
        state.last = done;
        return acted(options, state, done);
      },
      signal,
    );
    return report ?? plain(options, state, 'waiting', 'The guard of another host is at it');
  } catch (error) {
    const { code, detail } = problemOf(error);
    options.log.warn('the guard could not act', { code, detail });
    return plain(options, state, 'waiting', `Could not act, tries again: ${detail}`, { code, detail });
  }
}

function acted(options: GuardOptions, state: State, { from, reason }: GuardAct): GuardReport {
  const { code, detail } = reason;
  options.log.warn('the guard has acted', { from, code, detail });
  const what =
    from === undefined
      ? 'Made a control plane from what came with this host'
      : 'Put the former control plane back';
  return plain(options, state, 'acting', `${what}: ${detail}`);
}

function tellNoWayBack(options: GuardOptions, state: State, verdict: GuardVerdict): GuardReport {
  const detail = verdict.kind === 'restore' ? verdict.failure.detail : 'none came with this host';
  return plain(options, state, 'waiting', 'No earlier control plane is left to go back to', {
    code: 'roll.no-way-back',
    detail,
  });
}

function reportOf(options: GuardOptions, state: State, { sight, verdict }: Looked): GuardReport {
  if (verdict.kind === 'fine')
    return { ...plain(options, state, 'watching', verdict.detail), againMs: TURN.idleMs };
  if (verdict.kind !== 'waiting') return plain(options, state, 'waiting', 'Is about to act');
  const { detail, againMs, problem } = verdict;
  if (sight.kind === 'blind') {
    const { code } = sight;
    return { ...plain(options, state, 'blind', detail, { code, detail: sight.detail }), againMs };
  }
  return { ...plain(options, state, 'waiting', detail, problem), againMs };
}

function plain(
  { clock, log }: GuardOptions,
  state: State,
  to: GuardReport['state'],
  detail: string,
  problem?: ProblemBody,
): GuardReport {
  const isLost = problem?.code === 'roll.no-way-back';
  if (isLost && state.told !== problem.detail) log.error('no way back is left', { detail: problem.detail });
  // What cannot be seen now is no news about it.
  if (to !== 'blind') state.told = isLost ? problem.detail : undefined;
  const { last } = state;
  return { state: to, detail: safeLine(detail), at: clock.now(), problem, last, againMs: GUARD_TIMES.lookMs };
}
