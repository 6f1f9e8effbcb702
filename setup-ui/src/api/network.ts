import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { NetworkPreview, NetworkTest, NetworkView } from 'host-service/contract/network/view.ts';
import type { RouteBody } from 'host-service/contract/api/routes.ts';
import { useApi } from './api-context.tsx';
import { useAction, type Action } from './mutations.ts';
import { answerFrom, type Answer } from './queries.ts';
import { KEYS } from './query-keys.ts';

/** Milliseconds between two looks at what was measured meanwhile. */
const LOOK_MS = 5_000;

/** How the box goes to other hosts. */
export function useNetwork(): Answer<NetworkView> {
  const { call } = useApi();
  return answerFrom(
    useQuery({
      queryKey: KEYS.network,
      queryFn: ({ signal }) => call('network', { signal }),
      refetchInterval: LOOK_MS,
    }),
  );
}

export interface NetworkCommand {
  readonly change: RouteBody<'changeNetwork'>;
  /** Revision that the person has seen. */
  readonly revision: number;
}

/** What a change would touch; nothing is saved. */
export function useNetworkPreview(): Action<NetworkCommand, NetworkPreview> {
  const { call } = useApi();
  return useAction(
    useMutation({
      mutationFn: async ({ change, revision }: NetworkCommand): Promise<NetworkPreview> => {
        const answer = await call('changeNetwork', {
          query: { dry_run: '1' },
          body: change,
          headers: { 'if-match': `"${revision}"` },
        });
        if (!('touches' in answer)) throw new Error('the box accepted what was only a question');
        return answer;
      },
    }),
  );
}

/** Saves a change; then everything is measured again, because the box goes another way now. */
export function useChangeNetwork(): Action<NetworkCommand, void> {
  const { call } = useApi();
  const client = useQueryClient();
  return useAction(
    useMutation({
      mutationFn: async ({ change, revision }: NetworkCommand): Promise<void> => {
        await call('changeNetwork', {
          query: { dry_run: '0' },
          body: change,
          headers: { 'if-match': `"${revision}"` },
        });
        // It is saved by now: when this fails, the next look measures.
        await call('runChecks', { body: { action: 'run' } }).catch(() => undefined);
      },
      onSettled: async () => {
        await client.invalidateQueries({ queryKey: KEYS.network });
        await client.invalidateQueries({ queryKey: KEYS.checks });
        await client.invalidateQueries({ queryKey: KEYS.status });
      },
    }),
  );
}

/** Goes to one host now, with what is typed and not saved yet. */
export function useTestNetwork(): Action<RouteBody<'testNetwork'>, NetworkTest> {
  const { call } = useApi();
  return useAction(
    useMutation({
      mutationFn: (body: RouteBody<'testNetwork'>): Promise<NetworkTest> => call('testNetwork', { body }),
    }),
  );
}
