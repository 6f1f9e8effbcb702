import type { Version } from '../contract/names.ts';
import { problemOf, type ProblemBody } from '../contract/problem.ts';
import { runGuard } from '../engine/guard/loop.ts';
import type { GuardReport } from '../engine/guard/ports.ts';
import { createWake, type Wake } from '../engine/loop/wake.ts';
import type { Clock, Log } from '../engine/ports.ts';
import type { AgentConfig } from './config.ts';
import { keepFloor } from './floor.ts';
import { createHealth, type Health } from './health.ts';
import { createReporter } from './host-report.ts';
import { identityProblem } from './identity/due.ts';
import type { OpenCluster } from './late-cluster.ts';
import type { IdentityFiles, Machine, Notifier, StateFolder } from './ports.ts';
import { runWatchdog } from './watchdog.ts';

/** All that the host program is made of. */
export interface AgentParts {
  readonly config: AgentConfig;
  readonly node: string;
  readonly version: Version;
  readonly cluster: OpenCluster;
  readonly clock: Clock;
  readonly log: Log;
  readonly machine: Machine;
  readonly state: StateFolder;
  readonly notifier: Notifier;
  readonly identity: IdentityFiles;
  /** Makes the identity anew when it is due, or when the platform does not accept the present one. Throws Problem. */
  readonly renew: (isRefused: boolean, signal: AbortSignal) => Promise<'kept' | 'renewed'>;
}

/** Milliseconds within which each loop must have turned: a look, an act and their calls at their longest, and as much again. */
const LIMITS = { guard: 180_000, report: 300_000, floor: 300_000, identity: 300_000 } as const;
/** Milliseconds between looks at this host's object, and the first and longest wait after a failure. */
const WAITS = { reportMs: 5_000, refusedMs: 30_000, first: 2_000, longest: 60_000 } as const;

/** What the loops tell each other. */
interface Shared {
  guard: GuardReport | undefined;
  /** By loop: what it could not do. */
  readonly problems: Map<string, ProblemBody>;
}

interface Running {
  readonly parts: AgentParts;
  readonly health: Health;
  readonly shared: Shared;
  /** Something is to be reported. */
  readonly wake: Wake;
}

/**
 * Runs until the signal fires: guards the control plane, reports this host, keeps the floor and its own identity. Each loop lives on its own, so that
 * what one cannot do stops no other; a fault of ours in one ends all, and systemd starts us anew. READY is said once the first look has ended,
 * whatever was seen.
 */
export async function runAgent(parts: AgentParts, signal: AbortSignal): Promise<void> {
  const { clock, log, notifier, node } = parts;
  const health = createHealth(clock);
  const shared: Shared = { guard: undefined, problems: new Map() };
  const running: Running = { parts, health, shared, wake: createWake(clock) };
  const failed = new AbortController();
  const until = AbortSignal.any([signal, failed.signal]);
  const loops = [guardLoop, reportLoop, floorLoop, identityLoop].map((loop) => loop(running, until));
  const all = [...loops, runWatchdog({ clock, log, notifier, health }, until)];
  log.info('host program started', { node, version: parts.version });
  try {
    await Promise.all([...all, aborted(until).then(() => notifier.stopping('Stopping'))]);
  } finally {
    failed.abort();
    await Promise.allSettled(all);
    await parts.cluster.close();
    log.info('host program stopped');
  }
}

async function guardLoop({ parts, health, shared, wake }: Running, signal: AbortSignal): Promise<void> {
  const { cluster, clock, log, notifier, machine, node, config } = parts;
  const { namespace } = config;
  const pulse = health.part('the guard', LIMITS.guard);
  const options = {
    ...{ cluster, lease: cluster.lease, clock, log, namespace, node },
    uptimeMs: () => machine.uptimeMs(),
    baked: () => machine.baked(),
  };
  const onReport = (report: GuardReport): void => {
    pulse.beat();
    const before = shared.guard;
    shared.guard = report;
    // A notifier never rejects, and the guard does not wait for it.
    if (before === undefined) void notifier.ready(report.detail);
    else if (before.detail !== report.detail) void notifier.status(report.detail);
    if (before?.state !== report.state || before.problem?.code !== report.problem?.code) {
      wake.wake('event');
      log.info('guard', { state: report.state, detail: report.detail });
    }
  };
  await runGuard(options, onReport, signal);
}

async function reportLoop(running: Running, signal: AbortSignal): Promise<void> {
  const { parts, health, shared, wake } = running;
  const { cluster, clock, machine, node, config, version } = parts;
  const pulse = health.part('the report', LIMITS.report);
  const reporter = createReporter({ cluster, clock, node, reportMs: config.reportMs });
  const wait = backOff(running, 'report');
  while (!signal.aborted) {
    const waitMs = await wait(WAITS.reportMs, async () => {
      const facts = await machine.facts(signal);
      const values = { ...facts.values, eventLoopLateMs: health.takeLongestLateMs() };
      const problems = problemsOf(parts, shared);
      const known = { version, facts: { ...facts, values }, guard: shared.guard, problems, now: clock.now() };
      await reporter.report(known, signal);
    });
    pulse.beat();
    await wake.wait(waitMs, { urgentOnly: false, debounceMs: 200 }, signal);
  }
}

/** What this host cannot do or finds wrong. A look that saw nothing is told to systemd only: nobody could read it elsewhere. */
function problemsOf(
  { identity, machine, clock }: AgentParts,
  { guard, problems }: Shared,
): readonly ProblemBody[] {
  const own = identityProblem(identity.present(), clock.now());
  const seen = guard?.state === 'blind' ? undefined : guard?.problem;
  const found = [seen, own, ...problems.values(), ...machine.bootProblems()];
  return found.filter((problem) => problem !== undefined);
}

async function floorLoop(running: Running, signal: AbortSignal): Promise<void> {
  const { cluster, state, log, clock, config } = running.parts;
  const { namespace, floorMs } = config;
  const pulse = running.health.part('the copy of the floor', LIMITS.floor + floorMs);
  const wait = backOff(running, 'floor');
  while (!signal.aborted) {
    const waitMs = await wait(floorMs, () => keepFloor({ cluster, namespace, state, log }, signal));
    pulse.beat();
    await clock.sleep(waitMs, signal);
  }
}

async function identityLoop(running: Running, signal: AbortSignal): Promise<void> {
  const { parts, shared } = running;
  const { clock, config, renew } = parts;
  const pulse = running.health.part('the identity', LIMITS.identity);
  const wait = backOff(running, 'identity');
  const isRefused = (): boolean => shared.guard?.problem?.code === 'agent.identity';
  for (let dueAt = clock.monotonic(); !signal.aborted;) {
    pulse.beat();
    if (clock.monotonic() >= dueAt || isRefused()) {
      const waitMs = await wait(config.identityMs, async () => {
        await renew(isRefused(), signal);
      });
      dueAt = clock.monotonic() + waitMs;
    }
    const leftMs = Math.max(WAITS.first, dueAt - clock.monotonic());
    await clock.sleep(Math.min(leftMs, WAITS.refusedMs), signal);
  }
}

/**
 * Does one turn of a loop; answers the wait before the next one, doubled for each failure in a row. What goes wrong is told once for each cause: a
 * cluster that is away is no news every few seconds. A fault of ours is thrown on.
 */
function backOff(
  { parts: { log, clock }, shared }: Running,
  name: string,
): (waitMs: number, act: () => Promise<void>) => Promise<number> {
  const failures = { code: '', count: 0 };
  return async (waitMs, act) => {
    try {
      await act();
      Object.assign(failures, { code: '', count: 0 });
      shared.problems.delete(name);
      return waitMs;
    } catch (error) {
      const { code, detail } = problemOf(error);
      if (code === 'internal.bug') throw error;
      failures.count = failures.code === code ? failures.count + 1 : 1;
      if (failures.code !== code) log.warn('could not be done', { what: name, code, detail });
      failures.code = code;
      shared.problems.set(name, { code, detail, subject: name });
      const backOffMs = WAITS.first * 2 ** Math.min(failures.count - 1, 10);
      return Math.min(backOffMs, WAITS.longest, Math.max(waitMs, WAITS.first)) * (0.8 + 0.4 * clock.random());
    }
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
