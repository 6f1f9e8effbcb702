import type { RouteAnswer, RouteName } from '../../contract/api/routes.ts';
import type { Actor } from '../../contract/appliance.ts';
import type { NetworkChange } from '../../contract/network/view.ts';
import { Problem } from '../../contract/problem.ts';
import type { CallInput } from '../../edges/api-client/client.ts';
import type { Handle } from '../../engine/handle/handle.ts';
import type { Asked, NetworkDesk } from './desk.ts';

type Call = <N extends RouteName>(
  name: N,
  input: CallInput<N>,
  signal: AbortSignal,
) => Promise<RouteAnswer<N>>;

/** The way out over the API of a control plane. A change goes against the revision that was named, else against the present one. */
export function createNetworkDesk(call: Call): NetworkDesk {
  const send = async (
    body: NetworkChange,
    { expected, requestId }: Asked,
    dryRun: '0' | '1',
    signal: AbortSignal,
  ): Promise<RouteAnswer<'changeNetwork'>> => {
    const ifMatch = expected ?? (await call('network', {}, signal)).revision;
    return call('changeNetwork', { body, ifMatch, requestId, query: { dry_run: dryRun } }, signal);
  };
  return {
    view: (signal) => call('network', {}, signal),
    change: async (change, asked, signal) => {
      const answer = await send(change, asked, '0', signal);
      if ('touches' in answer) throw new Problem('client.bad-answer', 'a change was answered by a preview');
      return answer;
    },
    preview: async (change, asked, signal) => {
      const answer = await send(change, asked, '1', signal);
      if ('touches' in answer) return answer;
      throw new Problem('client.bad-answer', 'a preview was answered as a change');
    },
    test: (body, signal) => call('testNetwork', { body }, signal),
  };
}

/** The way out on the objects themselves. */
export const directNetworkDesk = (handle: Handle, actor: Actor): NetworkDesk => ({
  view: (signal) => handle.network(signal),
  change: (change, { expected }, signal) => handle.changeNetwork(change, { actor, expected }, signal),
  preview: (change, { expected }, signal) => handle.previewNetwork(change, { actor, expected }, signal),
  test: (request, signal) => handle.testNetwork(request, signal),
});
