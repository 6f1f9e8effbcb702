import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import type { IntentChange, IntentPreview } from 'host-service/contract/api/intent.ts';
import type { OperationDetail, OperationsView } from 'host-service/contract/api/operations.ts';
import type { ReleasesView } from 'host-service/contract/api/releases.ts';
import type { RouteBody } from 'host-service/contract/api/routes.ts';
import type { SessionView, VersionView } from 'host-service/contract/api/session.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';
import { useApi, useWatched } from './api-context.tsx';
import { pageProblemOf, type PageProblem } from './page-problem.ts';
import { KEYS } from './query-keys.ts';

/** Milliseconds between two questions while there is no stream. */
export const POLL_MS = 2_000;

/** Milliseconds until a question that the box could not hear is asked again; false = the last one was answered. For all queries. */
export const againMs = (error: Error | null): number | false =>
  error !== null && pageProblemOf(error).body.code === 'client.disconnected' ? POLL_MS : false;

export interface Answer<T> {
  /** The newest that is known; stays while the box cannot be reached. */
  readonly data: T | undefined;
  /** Why there is nothing newer. */
  readonly problem: PageProblem | undefined;
  /** Nothing is known yet and an answer is on its way. */
  readonly isLoading: boolean;
  readonly retry: () => void;
}

/** A query as the screens use it. */
export const answerFrom = <T>(query: UseQueryResult<T>): Answer<T> => ({
  data: query.data,
  problem: query.error === null ? undefined : pageProblemOf(query.error),
  isLoading: query.isPending && query.fetchStatus !== 'idle',
  retry: () => void query.refetch(),
});

/** Who is signed in; also the vendor's name, logo and accent. */
export function useSession(): Answer<SessionView> {
  const { call } = useApi();
  return answerFrom(
    useQuery({
      queryKey: KEYS.session,
      queryFn: ({ signal }) => call('session', { signal }),
      // Until there is one, nothing can be shown at all.
      refetchInterval: ({ state }) => (state.data === undefined ? POLL_MS : againMs(state.error)),
    }),
  );
}

/** Which program answers (footer). */
export function useVersion(): Answer<VersionView> {
  const { call } = useApi();
  return answerFrom(
    useQuery({ queryKey: KEYS.version, queryFn: ({ signal }) => call('version', { signal }) }),
  );
}

/** All that the first page shows. Fed by the live stream; asked for every 2 s while there is none. */
export function useStatus(): Answer<StatusView> {
  const { call, isStreaming } = useApi();
  const isFed = useWatched(isStreaming);
  return answerFrom(
    useQuery({
      queryKey: KEYS.status,
      queryFn: ({ signal }) => call('status', { signal }),
      refetchInterval: isFed ? false : POLL_MS,
    }),
  );
}

/** Known releases with the reasons for and against each. */
export function useReleases(): Answer<ReleasesView> {
  const { call } = useApi();
  return answerFrom(
    useQuery({ queryKey: KEYS.releases, queryFn: ({ signal }) => call('releases', { signal }) }),
  );
}

/** What was done, newest first. */
export function useOperations(): Answer<OperationsView> {
  const { call } = useApi();
  return answerFrom(
    useQuery({ queryKey: KEYS.operations, queryFn: ({ signal }) => call('operations', { signal }) }),
  );
}

/** One operation with its events; new ones are appended by the live stream. */
export function useOperation(name: string | undefined): Answer<OperationDetail> {
  const { call, isStreaming } = useApi();
  const isFed = useWatched(isStreaming);
  return answerFrom(
    useQuery({
      queryKey: KEYS.operation(name ?? ''),
      queryFn: ({ signal }) => call('operation', { params: { name: name ?? '' }, signal }),
      enabled: name !== undefined,
      refetchInterval: ({ state }) =>
        !isFed && state.data?.outcome === 'running' ? POLL_MS : againMs(state.error),
    }),
  );
}

/** What a change of intent would lead to, without doing it; `undefined` asks nothing. */
export function useIntentPreview(change: IntentChange | undefined, revision: number): Answer<IntentPreview> {
  const { call } = useApi();
  return answerFrom(
    useQuery({
      queryKey: KEYS.preview(revision, change),
      queryFn: async ({ signal }) => {
        const answer = await call('intent', {
          query: { dry_run: '1' },
          // What went through the schema may go out again.
          body: change as RouteBody<'intent'>,
          headers: { 'if-match': `"${revision}"` },
          signal,
        });
        if (!('plan' in answer)) throw new Error('the box accepted what was only a question');
        return answer;
      },
      enabled: change !== undefined,
      placeholderData: keepPreviousData,
    }),
  );
}
