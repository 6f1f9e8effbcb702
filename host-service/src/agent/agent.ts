import type { ProblemBody } from '../contract/problem.ts';
import { runGuard } from '../engine/guard/loop.ts';
import type { GuardReport } from '../engine/guard/ports.ts';
import { createWake } from '../engine/loop/wake.ts';
import { measureLoop } from './facts/loop.ts';
import { createHealth } from './health.ts';
import { createReporter } from './host-report.ts';
import { identityProblem } from './identity/due.ts';
import { imagesLoop } from './images/loop.ts';
import { claimLoop, clockLoop, floorLoop } from './kept/loops.ts';
import type { AgentParts } from './parts.ts';
import { backOff, LIMITS, WAITS, type Running, type Shared } from './running.ts';
import { runWatchdog } from './watchdog.ts';

/**
 * Runs until the signal fires: guards the control plane, reports this host, keeps the floor and its own identity. Each loop lives on its own, so that
 * what one cannot do stops no other; a fault of ours in one ends all, and systemd starts us anew. READY is said once the first look has ended,
 * whatever was seen.
 */
export async function runAgent(parts: AgentParts, signal: AbortSignal): Promise<void> {
  const { clock, log, notifier, node } = parts;
  const health = createHealth(clock);
  const shared: Shared = { guard: undefined, pulled: () => [], problems: new Map() };
  const failed = new AbortController();
  const leave = (): void => failed.abort();
  const running: Running = { parts, health, shared, wake: createWake(clock), leave };
  const until = AbortSignal.any([signal, failed.signal]);
  const loops = [
    guardLoop,
    imagesLoop,
    measureLoop,
    reportLoop,
    floorLoop,
    clockLoop,
    claimLoop,
    identityLoop,
  ];
  const all = [
    ...loops.map((loop) => loop(running, until)),
    runWatchdog({ clock, log, notifier, health }, until),
  ];
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
      const { guard, pulled, sight } = shared;
      const told = { guard, pulled, problems, ...(sight === undefined ? {} : { sight }) };
      const known = { version, facts: { ...facts, values }, ...told, now: clock.now() };
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

async function identityLoop(running: Running, signal: AbortSignal): Promise<void> {
  const { parts, shared, leave } = running;
  const { clock, config, log, node, named, renew } = parts;
  const pulse = running.health.part('the identity', LIMITS.identity);
  const wait = backOff(running, 'identity');
  const isRefused = (): boolean => shared.guard?.problem?.code === 'agent.identity';
  for (let dueAt = clock.monotonic(); !signal.aborted;) {
    pulse.beat();
    if (named() !== node) {
      log.warn('the name of this host was pinned meanwhile; starting anew under it', {
        node,
        named: named(),
      });
      return leave();
    }
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

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
