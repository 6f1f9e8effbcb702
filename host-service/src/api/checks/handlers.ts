import type { Handle } from '../../engine/handle/handle.ts';
import type { Handlers } from '../call.ts';
import { actorOf } from '../setup/handlers.ts';

/** The checks: takes apart the call, asks the handle. */
export function checksHandlers(handle: Handle): Pick<Handlers, 'checks' | 'runChecks'> {
  return {
    checks: async ({ signal }) => ({ status: 200, json: await handle.checks(signal) }),
    runChecks: async ({ session, body, signal }) => {
      const who = { actor: actorOf(session, body.reason) };
      return { status: 200, json: await handle.runChecks(body, who, signal) };
    },
  };
}
