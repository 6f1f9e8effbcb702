import type { RouteAnswer, RouteName } from '../../contract/api/routes.ts';
import type { Actor } from '../../contract/appliance.ts';
import { Problem } from '../../contract/problem.ts';
import type { CallInput } from '../../edges/api-client/client.ts';
import type { Handle } from '../../engine/handle/handle.ts';
import type { Clock } from '../../engine/ports.ts';
import type { SetupDesk } from './desk.ts';

/** Changes without `--expect` that lost against somebody else's are made again so often, so many milliseconds later. */
const CONFLICT = { tries: 5, waitMs: 150 } as const;

type Call = <N extends RouteName>(
  name: N,
  input: CallInput<N>,
  signal: AbortSignal,
) => Promise<RouteAnswer<N>>;

/** Setup over the API of a control plane. */
export function createSetupDesk(call: Call, clock: Pick<Clock, 'sleep'>): SetupDesk {
  return {
    view: (signal) => call('setup', {}, signal),
    change: async (body, { expected, requestId }, signal) => {
      for (let attempt = 1; ; attempt += 1) {
        const ifMatch = expected ?? (await call('setup', {}, signal)).revision;
        try {
          return await call('changeSetup', { body, ifMatch, requestId }, signal);
        } catch (error) {
          const isConflict = error instanceof Problem && error.code === 'request.conflict';
          // Nothing was looked at that could have changed: only what is given changes.
          if (expected !== undefined || !isConflict || attempt >= CONFLICT.tries) throw error;
          await clock.sleep(CONFLICT.waitMs, signal);
        }
      }
    },
    approve: async (body, { expected: ifMatch, requestId }, signal) => {
      const answer = await call(
        'approveSetup',
        { body, ifMatch, requestId, query: { dry_run: '0' } },
        signal,
      );
      if ('plan' in answer) throw new Problem('client.bad-answer', 'an approval was answered by a preview');
      return answer;
    },
    preview: async (body, { expected: ifMatch, requestId }, signal) => {
      const answer = await call(
        'approveSetup',
        { body, ifMatch, requestId, query: { dry_run: '1' } },
        signal,
      );
      if ('plan' in answer) return answer;
      throw new Problem('client.bad-answer', 'a preview was answered as an approval');
    },
  };
}

/** Setup on the objects themselves. */
export const directSetupDesk = (handle: Handle, actor: Actor): SetupDesk => ({
  view: (signal) => handle.setup(undefined, signal),
  change: async (change, { expected }, signal) => {
    await handle.changeSetup(change, { actor, expected }, signal);
    return handle.setup(undefined, signal);
  },
  approve: (approval, { expected }, signal) =>
    handle.approveSetup(approval, { actor: withReason(actor, approval.reason), expected }, signal),
  preview: (approval, { expected }, signal) => handle.previewSetup(approval, { actor, expected }, signal),
});

const withReason = (actor: Actor, reason: string | undefined): Actor =>
  reason === undefined ? actor : { ...actor, reason };
