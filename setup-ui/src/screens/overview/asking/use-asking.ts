import type { StatusView } from 'host-service/contract/api/status.ts';
import { useState } from 'react';
import type { Action } from '../../../api/mutations.ts';
import { useChangeIntent, useRequest } from '../../../api/mutations.ts';
import type { PageProblem } from '../../../api/page-problem.ts';
import { callOf, type Answers, type Ask } from '../model/ask.ts';
import { hasDialog, type DialogAsk } from './derive-consequence.ts';

/** What a person is being asked, and what became of it. */
export interface Asking {
  /** The open dialog, with the status as it was when it was opened. */
  readonly open: { readonly ask: DialogAsk; readonly seen: StatusView } | undefined;
  readonly ask: (ask: Ask) => void;
  readonly confirm: (answers: Answers) => void;
  /** Closes the dialog and does nothing else. */
  readonly close: () => void;
  readonly isBusy: boolean;
  readonly problem: PageProblem | undefined;
  /** A check without a dialog. */
  readonly check: { readonly isBusy: boolean; readonly problem: PageProblem | undefined };
  /** Passed on and not yet taken up by the box. */
  readonly isPending: boolean;
}

const CONFLICT = 'request.conflict';

/** The questions of a screen: one dialog at a time; each ends in one call or in nothing. `view`: the newest status. */
export function useAsking(view: StatusView | undefined, openSettings: () => void): Asking {
  const [open, setOpen] = useState<Asking['open']>();
  const [acceptedRevision, setAccepted] = useState<number>();
  const intent = useChangeIntent();
  const request = useRequest();
  const check = useRequest();
  const accepted = (answer: { intentRevision: number }): void => {
    setAccepted(answer.intentRevision);
    setOpen(undefined);
  };
  const route = open === undefined ? undefined : callOf(open.ask)?.route;
  const action: Pick<Action<never, never>, 'problem'> = route === 'requests' ? request : intent;
  return {
    open,
    isBusy: intent.isBusy || request.isBusy,
    problem: open === undefined ? undefined : action.problem,
    check: { isBusy: check.isBusy, problem: check.problem },
    isPending: acceptedRevision !== undefined && (view?.status?.intentRevision ?? 0) < acceptedRevision,
    ask: (ask) => {
      if (ask.kind === 'open-settings') return openSettings();
      if (!hasDialog(ask)) return check.run({ verb: 'check-now' }, accepted);
      if (view === undefined) return undefined;
      intent.clear();
      request.clear();
      return setOpen({ ask, seen: view });
    },
    close: () => setOpen(undefined),
    confirm: (answers) => {
      const call = open === undefined ? undefined : callOf(open.ask, answers);
      if (open === undefined || call === undefined) return;
      if (call.route === 'requests') {
        const reason = answers.reason?.trim() ?? '';
        const { verb, release } = call;
        const command = {
          verb,
          ...(release === undefined ? {} : { release }),
          ...(reason === '' ? {} : { reason }),
        };
        return request.run(command, accepted);
      }
      // After a conflict the person has been shown what changed: now it counts against the new state.
      const hasSeenNew = intent.problem?.body.code === CONFLICT && view !== undefined;
      const revision = hasSeenNew ? view.intentRevision : open.seen.intentRevision;
      intent.run({ change: call.change, revision }, accepted);
    },
  };
}
