import { useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import type { Accepted } from 'host-service/contract/api/intent.ts';
import type { RouteBody } from 'host-service/contract/api/routes.ts';
import type { ClaimRequest, SessionView } from 'host-service/contract/api/session.ts';
import { useRef } from 'react';
import type { z } from 'zod';
import { useApi } from './api-context.tsx';
import { pageProblemOf, type PageProblem } from './page-problem.ts';
import { KEYS } from './query-keys.ts';

export interface Action<V, T> {
  /** Does it; a second call while the first is under way does nothing. */
  readonly run: (value: V, after?: (answer: T) => void) => void;
  readonly isBusy: boolean;
  /** Why the last try failed. */
  readonly problem: PageProblem | undefined;
  /** The answer of the last try. */
  readonly answer: T | undefined;
  /** Forgets answer and problem. */
  readonly clear: () => void;
}

/** A mutation as the screens use it. */
export function useAction<V, T>(mutation: UseMutationResult<T, Error, V>): Action<V, T> {
  // The second click of a double click comes before the page is drawn anew: it must not see the state of before.
  const isUnderWay = useRef(false);
  return {
    run: (value, after) => {
      if (isUnderWay.current) return;
      isUnderWay.current = true;
      mutation.mutate(value, {
        onSuccess: (answer) => after?.(answer),
        onSettled: () => {
          isUnderWay.current = false;
        },
      });
    },
    isBusy: mutation.isPending,
    problem: mutation.error === null ? undefined : pageProblemOf(mutation.error),
    answer: mutation.data,
    clear: () => mutation.reset(),
  };
}

export interface IntentCommand {
  readonly change: RouteBody<'intent'>;
  /** Revision that the person has seen: `status.intentRevision`. */
  readonly revision: number;
}

/** Changes what is wanted. Answers at once; the status says when the engine has read it. */
export function useChangeIntent(): Action<IntentCommand, Accepted> {
  const { call } = useApi();
  const client = useQueryClient();
  return useAction(
    useMutation({
      mutationFn: async ({ change, revision }: IntentCommand): Promise<Accepted> => {
        const answer = await call('intent', {
          query: { dry_run: '0' },
          body: change,
          headers: { 'if-match': `"${revision}"` },
        });
        return { intentRevision: answer.intentRevision };
      },
      onSettled: () => client.invalidateQueries({ queryKey: KEYS.status }),
    }),
  );
}

export type VerbCommand = Omit<RouteBody<'requests'>, 'id'>;

/** Asks for check-now, retry, cancel or revert. One id for each click: sent again, it is the same request. */
export function useRequest(): Action<VerbCommand, Accepted> {
  const { call } = useApi();
  const client = useQueryClient();
  const pending = useRef<{ command: string; id: string }>(undefined);
  return useAction(
    useMutation({
      mutationFn: async (command: VerbCommand): Promise<Accepted> => {
        const text = JSON.stringify(command);
        // The answer may have been lost on the way: trying again must not do it twice.
        if (pending.current?.command !== text) pending.current = { command: text, id: randomId() };
        const answer = await call('requests', { body: { ...command, id: pending.current.id } });
        pending.current = undefined;
        return answer;
      },
      onError: (error) => {
        if (pageProblemOf(error).body.code !== 'client.disconnected') pending.current = undefined;
      },
      onSettled: () => client.invalidateQueries({ queryKey: KEYS.status }),
    }),
  );
}

/** `crypto.randomUUID` exists on secure pages only; the box may be reached by plain HTTP in development. */
export function randomId(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

function useSessionAction<N extends 'claim' | 'login'>(name: N): Action<RouteBody<N>, SessionView> {
  const { call } = useApi();
  const client = useQueryClient();
  return useAction(
    useMutation({
      mutationFn: (body: RouteBody<N>): Promise<SessionView> => call(name, { body }) as Promise<SessionView>,
      onSuccess: (session) => {
        client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' });
        client.setQueryData(KEYS.session, session);
      },
    }),
  );
}

/** Makes the first admin with the code from the console. */
export const useClaim = (): Action<z.input<typeof ClaimRequest>, SessionView> => useSessionAction('claim');
export const useLogin = (): Action<RouteBody<'login'>, SessionView> => useSessionAction('login');

/** Ends the session everywhere. What was shown is forgotten. */
export function useLogout(): Action<void, void> {
  const { call } = useApi();
  const client = useQueryClient();
  return useAction(
    useMutation({
      mutationFn: async (): Promise<void> => {
        await call('logout');
      },
      onSettled: () => client.resetQueries(),
    }),
  );
}
