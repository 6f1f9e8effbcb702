import { skipToken, useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import type { RouteBody } from 'host-service/contract/api/routes.ts';
import type { SessionsView } from 'host-service/contract/api/session.ts';
import { useApi } from '../api-context.tsx';
import { useAction, type Action } from '../mutations.ts';
import { answerFrom, type Answer } from '../queries.ts';
import { KEYS } from '../query-keys.ts';

/** Milliseconds between two looks: another device may have ended one. */
const LOOK_MS = 5_000;

/** Who is signed in, with which device. */
export function useSessions(): Answer<SessionsView> {
  const { call } = useApi();
  return answerFrom(
    useQuery({
      queryKey: KEYS.sessions,
      queryFn: ({ signal }) => call('sessions', { signal }),
      refetchInterval: LOOK_MS,
    }),
  );
}

/** Ends one session, or all others. */
export function useEndSessions(): Action<RouteBody<'revokeSession'>, SessionsView> {
  const { call } = useApi();
  const client: QueryClient = useQueryClient();
  return useAction(
    useMutation({
      mutationFn: (body: RouteBody<'revokeSession'>): Promise<SessionsView> =>
        call('revokeSession', { body }),
      onSuccess: (view) => client.setQueryData(KEYS.sessions, view),
      onError: () => client.invalidateQueries({ queryKey: KEYS.sessions }),
    }),
  );
}

/** Whether this browser was signed in a moment ago and did not sign out itself. */
export const useWasSignedOut = (): boolean =>
  useQuery<boolean>({ queryKey: KEYS.signedOut, queryFn: skipToken }).data === true;
