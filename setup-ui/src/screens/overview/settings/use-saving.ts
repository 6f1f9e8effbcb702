import { useMutation, useQuery } from '@tanstack/react-query';
import type { IntentPreview } from 'host-service/contract/api/intent.ts';
import type { SetupQuestion } from 'host-service/contract/api/setup.ts';
import { useApi } from '../../../api/api-context.tsx';
import { useAction, type Action, type IntentCommand } from '../../../api/mutations.ts';
import { KEYS } from '../../../api/query-keys.ts';

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
