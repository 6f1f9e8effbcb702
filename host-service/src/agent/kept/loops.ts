import { dropSpentClaim } from '../../engine/access/host/host-claim.ts';
import { keepFloor } from './floor.ts';
import { backOff, keepDoing, WAITS, type Running } from '../running.ts';
import { keepClock } from './clock-floor.ts';

/** Keeps a copy of what was admitted. */
export function floorLoop(running: Running, signal: AbortSignal): Promise<void> {
  const { cluster, state, log, config } = running.parts;
  const { namespace, floorMs } = config;
  const keep = (): Promise<void> => keepFloor({ cluster, namespace, state, log }, signal);
  return keepDoing(running, { name: 'floor', everyMs: floorMs }, keep, signal);
}

/** The time as it is now is the earliest that the next boot will believe, also when this program is ended with the machine. */
export async function clockLoop(running: Running, signal: AbortSignal): Promise<void> {
  const { kept, time, clock, config } = running.parts;
  const keep = (): Promise<void> =>
    keepClock(kept, { ...time(), now: Math.floor(clock.now().getTime() / 1000) });
  await keepDoing(running, { name: 'clock', everyMs: config.clockMs }, keep, signal);
  await backOff(running, 'clock')(0, keep);
}

/** Removes the claim code from this host once it has opened the box. */
export function claimLoop(running: Running, signal: AbortSignal): Promise<void> {
  const { cluster, claim, log, config } = running.parts;
  const { namespace } = config;
  const drop = async (): Promise<void> => {
    if ((await dropSpentClaim({ cluster, namespace }, claim, signal)) === 'removed')
      log.info('the box has its owner; the claim code is gone from this host');
  };
  return keepDoing(running, { name: 'claim', everyMs: WAITS.claimMs }, drop, signal);
}
