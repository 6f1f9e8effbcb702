import type { Live } from './handle.ts';
import { follow, type FollowPorts } from './live/follow.ts';
import { LiveState, type StateOptions } from './live/state.ts';

/**
 * The newest view of the box. It lives on what the cluster says and on nothing else: a replica that does not lead, one that has just been
 * started and one that has run for a year show the same, and a cursor of one is good at another.
 */
export function createLive(options: FollowPorts & StateOptions): Live {
  const state = new LiveState(options);
  return {
    current: () => state.current(),
    subscribe: (after, listener) => state.subscribe(after, listener),
    run: (signal) => follow(options, state, signal),
  };
}
