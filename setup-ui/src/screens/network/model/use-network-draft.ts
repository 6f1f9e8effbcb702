import { useState } from 'react';
import { useApi, type Api } from '../../../api/api-context.tsx';
import { EMPTY_DRAFT, type NetworkDraft } from './network-draft.ts';

/** One for each way to a box: what is typed survives a walk to another screen, never a reload, because passwords are among it. */
const kept = new WeakMap<Api, NetworkDraft>();

/** What was typed and not saved yet. */
export function useNetworkDraft(): readonly [
  NetworkDraft,
  (next: (before: NetworkDraft) => NetworkDraft) => void,
] {
  const api = useApi();
  const [draft, setDraft] = useState(() => kept.get(api) ?? EMPTY_DRAFT);
  const change = (next: (before: NetworkDraft) => NetworkDraft): void => {
    const changed = next(kept.get(api) ?? EMPTY_DRAFT);
    kept.set(api, changed);
    setDraft(changed);
  };
  return [draft, change];
}
