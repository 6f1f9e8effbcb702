import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { CheckRequest, ChecksView } from 'host-service/contract/api/checks.ts';
import type { IntentPreview } from 'host-service/contract/api/intent.ts';
import type {
  DraftChange,
  SetupApproval,
  SetupQuestion,
  SetupView,
} from 'host-service/contract/api/setup.ts';
import { useApi } from './api-context.tsx';
import type { Call } from './call.ts';
import { useAction, type Action, type IntentCommand } from './mutations.ts';
import { answerFrom, type Answer } from './queries.ts';
import { KEYS } from './query-keys.ts';

/** Milliseconds between two looks at what another device may have changed. */
const LOOK_MS = 4_000;

const ifMatch = (revision: string): Record<string, string> => ({ 'if-match': `"${revision}"` });

/** The draft of the setup as it lies on the server; other devices change it too (E-25). */
export function useSetup(): Answer<SetupView> {
  const { call } = useApi();
  return answerFrom(
    useQuery({
      queryKey: KEYS.setup,
      queryFn: ({ signal }) => call('setup', { signal }),
      refetchInterval: LOOK_MS,
    }),
  );
}

/** What was checked before anything is installed. */
export function useChecks(): Answer<ChecksView> {
  const { call } = useApi();
  return answerFrom(
    useQuery({
      queryKey: KEYS.checks,
      queryFn: ({ signal }) => call('checks', { signal }),
      refetchInterval: LOOK_MS,
    }),
  );
}

/** Measures again, takes a risk or takes that back. */
export function useRunChecks(): Action<CheckRequest, ChecksView> {
  const { call } = useApi();
  const client = useQueryClient();
  return useAction(
    useMutation({
      mutationFn: (body: CheckRequest): Promise<ChecksView> => call('runChecks', { body }),
      onSuccess: (view) => client.setQueryData(KEYS.checks, view),
      onSettled: () => client.invalidateQueries({ queryKey: KEYS.checks }),
    }),
  );
}

/** What approving the draft would lead to, without doing it; `undefined` asks nothing. The server knows the secret answers, the page does not. */
export function useSetupPreview(revision: string | undefined): Answer<IntentPreview> {
  const { call } = useApi();
  return answerFrom(
    useQuery({
      queryKey: KEYS.setupPlan(revision ?? ''),
      queryFn: async ({ signal }) => {
        const answer = await call('approveSetup', {
          query: { dry_run: '1' },
          body: {},
          headers: ifMatch(revision ?? ''),
          signal,
        });
        if (!('plan' in answer)) throw new Error('the box accepted what was only a question');
        return answer;
      },
      enabled: revision !== undefined,
      placeholderData: keepPreviousData,
    }),
  );
}

export interface ApproveCommand {
  readonly approval: SetupApproval;
  /** Revision of the draft that the person has seen. */
  readonly revision: string;
}

/** Makes the draft what is wanted: the installation begins. */
export function useApproveSetup(): Action<ApproveCommand, void> {
  const { call } = useApi();
  const client = useQueryClient();
  return useAction(
    useMutation({
      mutationFn: async ({ approval, revision }: ApproveCommand): Promise<void> => {
        await call('approveSetup', { query: { dry_run: '0' }, body: approval, headers: ifMatch(revision) });
      },
      onSettled: async () => {
        await client.invalidateQueries({ queryKey: KEYS.setup });
        await client.invalidateQueries({ queryKey: KEYS.status });
      },
    }),
  );
}

/** Reading and changing the draft outside of the cache, for what keeps what is typed. */
export interface DraftCalls {
  /** @throws PageProblem */
  readonly read: () => Promise<SetupView>;
  /** `isLast`: outlives the page. @throws PageProblem */
  readonly change: (change: DraftChange, revision: string, isLast: boolean) => Promise<SetupView>;
}

export const draftCalls = (call: Call): DraftCalls => ({
  read: () => call('setup'),
  change: (change, revision, isLast) =>
    call('changeSetup', { body: change, headers: ifMatch(revision), isLast }),
});

/** The newest draft in the cache, and a way to put a newer one there. */
export function useCachedSetup(): {
  readonly view: () => SetupView | undefined;
  readonly took: (view: SetupView) => void;
} {
  const client = useQueryClient();
  return {
    view: () => client.getQueryData<SetupView>(KEYS.setup),
    took: (view) => {
      // An answer that is on its way is older than this.
      void client.cancelQueries({ queryKey: KEYS.setup });
      client.setQueryData(KEYS.setup, view);
    },
  };
}

/** Where each answer comes from, by question; asked once somebody looks. Empty while it is not known. */
export function useAnswerSources(isWanted: boolean): ReadonlyMap<string, SetupQuestion> {
  const { call } = useApi();
  const { data } = useQuery({
    queryKey: KEYS.setup,
    queryFn: ({ signal }) => call('setup', { signal }),
    enabled: isWanted,
  });
  return new Map((data?.questions ?? []).map((question) => [question.name, question]));
}

/** What saving answers would lead to; nothing is saved, and what was typed stays in no cache. */
export function useSettingsPreview(): Action<IntentCommand, IntentPreview> {
  const { call } = useApi();
  return useAction(
    useMutation({
      gcTime: 0,
      mutationFn: async ({ change, revision }: IntentCommand): Promise<IntentPreview> => {
        const answer = await call('intent', {
          query: { dry_run: '1' },
          body: change,
          headers: { 'if-match': `"${revision}"` },
        });
        if (!('plan' in answer)) throw new Error('the box accepted what was only a question');
        return answer;
      },
    }),
  );
}
