import process from 'node:process';
import { hostname, uptime } from 'node:os';
import type { ControlPlaneBuild } from '../../contract/control-plane.ts';
import { safeLine } from '../../contract/problem.ts';
import type { ConnectedCluster } from '../../edges/kubernetes/cluster.ts';
import { createGuard } from '../../engine/guard/guard.ts';
import type { BakedControlPlane, GuardAct, GuardOptions } from '../../engine/guard/ports.ts';
import type { Clock } from '../../engine/ports.ts';
import { observeControlPlane } from '../../engine/roll/observe.ts';
import { QUIET } from './quiet.ts';
import type { RollForward } from './roll-forward.ts';
import { kindFor, type RollOutcome } from './roll-judge.ts';

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
  /** What came with this host; undefined = nothing, or this is not the host. */
  readonly baked: () => BakedControlPlane | undefined;
  /** Goes on to a build that is newer than one with no way back. */
  readonly forward: RollForward;
}

/** What was put in meanwhile, and what was there before. */
interface PutIn {
  readonly build: Pick<ControlPlaneBuild, 'digest' | 'version'>;
  readonly before?: string;
}

/**
 * Is the guard of the control plane until the signal fires (design §6.6, 6.8): the same judgement, Lease, record and way back as those of the
 * host, so nothing is put back without evidence, and never because a registry was away (B-53). Where there is none, the one that came with this
 * host is made; where there is no way back, it goes forward to the one that is wanted. Ends early when it has put one back, or when one that
 * it has put in is ready.
 */
export async function guardMeanwhile(
  options: RescueOptions,
  signal: AbortSignal,
): Promise<RollOutcome | undefined> {
  const { clock, forward } = options;
  const [tell, tellForward] = [createTeller(), createTeller()];
  const guard = createGuard(guardOptionsOf(options));
  let putIn: PutIn | undefined;
  let held: RollOutcome | undefined;
  while (!signal.aborted) {
    const { last, state, detail, againMs, problem } = await guard.turn(signal);
    if (last?.from !== undefined) return outcomeOf(options, { ...last, from: last.from });
    if (last !== undefined) putIn ??= installed(options, last);
    if (putIn !== undefined && (await isReady(options, putIn, signal))) return rolledTo(putIn);
    if (state !== 'watching' && !signal.aborted) tell(detail);
    if (problem?.code === 'roll.no-way-back' && putIn === undefined) {
      const said = await forward.turn(signal);
      if (said?.kind === 'put-in') putIn = { build: said.build, before: said.from.version };
      held = said?.kind === 'held' ? heldBy(said) : held;
      if (said !== undefined && said.kind !== 'held') tellForward(wordsOf(said));
    }
    await clock.sleep(againMs, signal);
  }
  return held;
}

function guardOptionsOf({ cluster, namespace, clock, actor, node, baked }: RescueOptions): GuardOptions {
  return {
    // Its result is what counts; what it says on the way is for the log of the host.
    ...{ cluster, lease: cluster.lease, clock, log: QUIET, namespace, actor, node, baked },
    uptimeMs: () => uptime() * 1_000,
  };
}

function installed({ baked }: RescueOptions, { to }: GuardAct): PutIn | undefined {
  const build = baked()?.build;
  return build?.digest === to ? { build } : undefined;
}

/** Asked with a limit of its own; what cannot be seen is not ready yet. */
async function isReady(
  { cluster, namespace }: RescueOptions,
  { build }: PutIn,
  signal: AbortSignal,
): Promise<boolean> {
  const seen = await observeControlPlane(cluster, namespace, signal).catch(() => undefined);
  const isIn = seen?.pods.some((pod) => pod.digest === build.digest && pod.isReady && !pod.isDeleting);
  return isIn === true && (seen?.readyEndpoints ?? 0) > 0;
}

const rolledTo = ({ build: { digest, version }, before }: PutIn): RollOutcome => ({
  ...{ kind: 'rolled', version, digest, detail: `Control plane ${version} was put in and is ready.` },
  ...(before === undefined ? {} : { before }),
});

type Turned = NonNullable<Awaited<ReturnType<RollForward['turn']>>>;

const heldBy = ({ build, problem, from }: Extract<Turned, { kind: 'held' }>): RollOutcome => ({
  ...{ kind: kindFor(problem.code), version: from.version, digest: from.digest, problem },
  wanted: { digest: build.digest, version: build.version },
  detail: safeLine(`No control plane is ready; ${build.version} waits: ${problem.detail}`),
});

const wordsOf = (said: Exclude<Turned, { kind: 'held' }>): string =>
  said.kind === 'put-in' ? `Put in ${said.build.version}` : said.detail;

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
