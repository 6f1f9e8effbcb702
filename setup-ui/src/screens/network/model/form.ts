import type { NetworkView } from 'host-service/contract/network/view.ts';
import type { MessageKey } from '../../../words/keys.ts';
import type { FieldName, NetworkDraft } from './network-draft.ts';

/** What every part of the form gets. */
export interface NetworkForm {
  readonly view: NetworkView;
  readonly draft: NetworkDraft;
  /** The person may not change it, or the box does not answer. */
  readonly isReadOnly: boolean;
  /** Mistakes to show; what was not tried to be saved or tested is not blamed yet. */
  readonly mistakes: ReadonlyMap<FieldName, MessageKey>;
  readonly change: (next: (before: NetworkDraft) => NetworkDraft) => void;
}
