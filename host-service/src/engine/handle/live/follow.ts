import { GROUP_VERSION } from '../../../contract/names.ts';
import { APPLIANCE_NAME } from '../../../contract/objects.ts';
import { Problem } from '../../../contract/problem.ts';
import type { Clock, Cluster, KubeObject, Log } from '../../ports.ts';
import { within } from '../deadline.ts';
import type { LiveState } from './state.ts';

export interface FollowPorts {
  readonly cluster: Pick<Cluster, 'get' | 'list' | 'watch'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Milliseconds. */
const TIMES = {
  /** A watch that is quiet for so long is helped by a look: it may be dead without knowing. */
  quiet: 2_000,
  /** Between looks that fail. */
  retry: 1_000,
  /** Longest wait for one answer. */
  answer: 3_000,
  /** All operations are listed at least so often. */
  list: 30_000,
  /** Before a watch that ended is started again. */
  rewatch: 1_000,
} as const;

const APPLIANCE = { apiVersion: GROUP_VERSION, kind: 'Appliance' } as const;
const OPERATION = { apiVersion: GROUP_VERSION, kind: 'Operation' } as const;

/** What the watches have told: enough to know whether an answer is older than they are. */
interface Heard {
  appliance: number;
  operations: number;
  /** Monotonic milliseconds of the last word about the Appliance. */
  at: number;
}

/** Feeds the state until the signal fires: watches, and looks of its own where a watch is quiet. Works on every replica. */
export async function follow(ports: FollowPorts, state: LiveState, signal: AbortSignal): Promise<void> {
  const { clock } = ports;
  const heard: Heard = { appliance: 0, operations: 0, at: clock.monotonic() };
  while (!signal.aborted && !(await look(ports, state, heard, true, signal))) {
    await clock.sleep(TIMES.retry, signal);
  }
  await Promise.all([
    keepLooking(ports, state, heard, signal),
    keepWatching(ports, APPLIANCE, signal, (object, isGone) => {
      heard.appliance += 1;
      heard.at = clock.monotonic();
      state.reached();
      if (!isGone && object.metadata.name === APPLIANCE_NAME) state.takeAppliance(object);
    }),
    keepWatching(ports, OPERATION, signal, (object, isGone) => {
      heard.operations += 1;
      state.reached();
      if (isGone) state.dropOperation(object.metadata.name);
      else state.takeOperation(object);
    }),
  ]);
}

async function keepLooking(
  ports: FollowPorts,
  state: LiveState,
  heard: Heard,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = ports;
  let listedAt = clock.monotonic();
  while (!signal.aborted) {
    await clock.sleep(state.isFailing() ? TIMES.retry : TIMES.quiet, signal);
    if (signal.aborted) return;
    const now = clock.monotonic();
    const isListDue = now - listedAt >= TIMES.list;
    if (!state.isFailing() && !isListDue && now - heard.at < TIMES.quiet) continue;
    const worked = await look(ports, state, heard, isListDue, signal);
    if (worked && isListDue) listedAt = now;
  }
}

/** Reads what there is; answers whether the cluster could be asked. An answer that a watch has overtaken is dropped. */
async function look(
  { cluster, clock, log }: FollowPorts,
  state: LiveState,
  heard: Heard,
  withList: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const askedAt = clock.monotonic();
  const before = { ...heard };
  let appliance: KubeObject | undefined;
  let operations: readonly KubeObject[] | undefined;
  try {
    const late = new Problem('cluster.timeout', `no answer within ${TIMES.answer} ms`);
    await within(clock, { ms: TIMES.answer, late }, signal, async (bounded) => {
      appliance = await cluster.get({ ...APPLIANCE, name: APPLIANCE_NAME }, bounded);
      const hasMoved = appliance?.metadata.resourceVersion !== state.revision();
      if (withList || hasMoved) operations = await cluster.list(OPERATION, { signal: bounded });
    });
  } catch (error) {
    if (signal.aborted) return false;
    log.debug('the cluster did not answer', { error: String(error) });
    state.missed(askedAt);
    return false;
  }
  if (operations !== undefined && heard.operations === before.operations) state.takeOperations(operations);
  if (appliance !== undefined && heard.appliance === before.appliance) state.takeAppliance(appliance);
  state.reached();
  return true;
}

/** A watch that is started again when it ends, whatever the reason. */
async function keepWatching(
  { cluster, clock, log }: FollowPorts,
  kind: typeof APPLIANCE | typeof OPERATION,
  signal: AbortSignal,
  onChange: (object: KubeObject, isGone: boolean) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await cluster.watch(kind, { signal, onChange: (object, type) => onChange(object, type === 'deleted') });
    } catch (error) {
      if (!signal.aborted) log.debug('a watch of the page ended', { kind: kind.kind, error: String(error) });
    }
    await clock.sleep(TIMES.rewatch, signal);
  }
}
