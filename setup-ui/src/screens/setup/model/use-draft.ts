import { useEffect, useState, useSyncExternalStore } from 'react';
import { useApi, type Api } from '../../../api/api-context.tsx';
import { draftCalls, useCachedSetup } from '../../../api/setup.ts';
import { DraftKeeper, type KeptDraft } from './draft-keeper.ts';

/** One for each way to a box: what is typed survives a walk to another screen of the page. */
const keepers = new WeakMap<Api, DraftKeeper>();

const delay = (action: () => void, ms: number): (() => void) => {
  const timer = setTimeout(action, ms);
  return () => clearTimeout(timer);
};

export interface Draft {
  readonly keeper: DraftKeeper;
  readonly kept: KeptDraft;
}

/** What is typed and not saved yet, kept for as long as the tab lives and sent when it goes away. */
export function useDraft(): Draft {
  const api = useApi();
  const cached = useCachedSetup();
  const [keeper] = useState(() => {
    const known = keepers.get(api);
    if (known !== undefined) return known;
    const calls = draftCalls(api.call);
    const made = new DraftKeeper({ ...cached, send: calls.change, refresh: calls.read, delay });
    keepers.set(api, made);
    return made;
  });
  const kept = useSyncExternalStore(keeper.subscribe, keeper.get, keeper.get);
  useEffect(() => {
    const bye = (): void => keeper.bye();
    const look = (): void => {
      if (document.visibilityState === 'hidden') void keeper.flush();
    };
    addEventListener('pagehide', bye);
    document.addEventListener('visibilitychange', look);
    return () => {
      removeEventListener('pagehide', bye);
      document.removeEventListener('visibilitychange', look);
      void keeper.flush();
    };
  }, [keeper]);
  return { keeper, kept };
}
