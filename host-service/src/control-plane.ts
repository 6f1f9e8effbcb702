import { fileURLToPath } from 'node:url';
import { compose, type Parts } from './compose.ts';
import type { ControlPlaneConfig } from './contract/config.ts';
import { problemOf } from './contract/problem.ts';
import { readManifests } from './edges/files/manifests.ts';
import { tryCanary } from './engine/roll/canary.ts';
import type { Engine } from './engine/engine.ts';
import { ensureKinds, ensureNamespace } from './engine/lead/prepare.ts';
import { LOOP, runLoop } from './engine/loop.ts';
import type { Clock } from './engine/ports.ts';
import { ensureAppliance } from './engine/report.ts';
import { ownBuildOf } from './engine/roll/own.ts';
import { serve } from './serve.ts';

/** Definitions of our own kinds: they ship beside the program. */
export const DEFINITIONS = fileURLToPath(new URL('../../flux-base/control-plane/crds/', import.meta.url));
/** First and longest wait in milliseconds before preparing is tried again. */
const PREPARE_WAIT = { first: 500, longest: 15_000 } as const;
/** Milliseconds before the canary is tried again. */
const CANARY_MS = 2_000;

/** What is known about the cluster so far. */
interface Seen {
  /** Our namespace is there. */
  prepared: boolean;
  /** The canary has passed: we can read what is stored here. */
  passed: boolean;
  /** There was no Appliance to show when we looked: a box that has never run. */
  isNew: boolean;
}

/**
 * Runs the control plane until the signal fires: composes the edges, serves the API, takes part in the election and runs the engine while
 * it leads. On the signal it stops the current write, releases the Lease, serves on for a moment and returns.
 *
 * @throws Problem config.* when it cannot even start
 */
export async function runControlPlane(config: ControlPlaneConfig, signal: AbortSignal): Promise<void> {
  const parts = compose(config);
  const { log, handle, own, engine } = parts;
  const seen: Seen = { prepared: false, passed: false, isNew: false };
  const server = await serve(parts, () => ({
    draining: signal.aborted,
    ready: seen.prepared && seen.passed && (seen.isNew || handle.live.current() !== undefined),
  }));
  log.info('control plane started', {
    ...{ version: own.version, build: own.build, identity: engine.identity.name, listen: server.address },
    upMs: upMs(),
  });
  // Whoever is still served while we drain sees the box as it is, not as it was.
  const serving = new AbortController();
  const looking = handle.live.run(serving.signal);
  try {
    // At the same time: the next leader need not wait for the last visitor.
    await Promise.all([work(parts, seen, signal), aborted(signal).then(() => server.drain())]);
  } finally {
    serving.abort();
    await server.close();
    await looking;
    await parts.close();
    log.info('control plane stopped');
  }
}

/** What a replica does besides answering: prepare, then lead whenever it is its turn. */
async function work(parts: Parts, seen: Seen, signal: AbortSignal): Promise<void> {
  const { config, cluster, leader, engine, wake } = parts;
  await persist(parts, signal, () => ensureNamespace(cluster, config.namespace, signal));
  seen.prepared = !signal.aborted;
  await passCanary(parts, seen, signal);
  await leader.run(async (held) => {
    await persist(parts, held, () => ensureKinds(engine.ports, readManifests(DEFINITIONS), held));
    await persist(parts, held, () => ensureAppliance(engine, held));
    const claiming = persist(parts, held, () => offerClaim(parts, held));
    await runLoop(engine, wake, { ...LOOP, resyncMs: config.resyncMs }, held);
    await claiming;
  }, signal);
}

/** Tries itself until it passes: what it says on the way is what those read who judge it from outside. */
async function passCanary(parts: Parts, seen: Seen, signal: AbortSignal): Promise<void> {
  const { clock, log, engine, own, cluster } = parts;
  const dry: Engine = { ...engine, ports: { ...engine.ports, cluster } };
  const who = async (): Promise<object> => ({
    ...{ version: own.version, build: own.build, digest: (await ownBuildOf(dry, signal))?.digest },
  });
  const began = clock.monotonic();
  while (!signal.aborted && !seen.passed) {
    try {
      seen.isNew = (await tryCanary(dry, signal)) === 'nothing-stored';
      log.info('canary passed', {
        ...(await who()),
        isNew: seen.isNew,
        ms: since(clock, began),
        upMs: upMs(),
      });
      seen.passed = true;
    } catch (error) {
      if (signal.aborted) return;
      const { code, detail } = problemOf(error);
      log.error('canary failed', { code, detail, version: own.version, againMs: CANARY_MS });
      await clock.sleep(CANARY_MS, signal);
    }
  }
}

const since = (clock: Clock, began: number): number => Math.round(clock.monotonic() - began);
/** Milliseconds since the program started. */
const upMs = (): number => Math.round(process.uptime() * 1000);

/** A box without an owner gets its code where a person finds it. A box that cannot be claimed runs all the same. */
async function offerClaim({ access, claimFile: file, log }: Parts, signal: AbortSignal): Promise<void> {
  const state = await access.ensureClaimCode({ file, signal });
  log.info('claim code looked after', { state });
}

/** Tries until it works or the signal fires: at boot the cluster may come up after us. */
async function persist({ clock, log }: Parts, signal: AbortSignal, act: () => Promise<void>): Promise<void> {
  for (
    let waitMs: number = PREPARE_WAIT.first;
    !signal.aborted;
    waitMs = Math.min(waitMs * 2, PREPARE_WAIT.longest)
  ) {
    try {
      await act();
      return;
    } catch (error) {
      if (signal.aborted) return;
      const { code, detail } = problemOf(error);
      log.warn('not ready to start yet', { code, detail, againMs: waitMs });
      await clock.sleep(waitMs, signal);
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
