import type { Handle, Who } from '../../engine/handle/handle.ts';
import type { Handlers } from '../call.ts';
import { revisionOf } from '../if-match.ts';
import { actorOf } from '../setup/handlers.ts';

type Network = 'network' | 'changeNetwork' | 'testNetwork';

/** The way to other hosts: takes apart the call, asks the handle. */
export function networkHandlers(handle: Handle): Pick<Handlers, Network> {
  return {
    network: async ({ signal }) => ({ status: 200, json: await handle.network(signal) }),
    changeNetwork: async ({ session, header, query, body, signal }) => {
      const who: Who = { actor: actorOf(session, body.reason), expected: revisionOf(header('if-match')) };
      if (query.dry_run === '1') return { status: 200, json: await handle.previewNetwork(body, who, signal) };
      return { status: 202, json: await handle.changeNetwork(body, who, signal) };
    },
    testNetwork: async ({ body, signal }) => ({ status: 200, json: await handle.testNetwork(body, signal) }),
  };
}
