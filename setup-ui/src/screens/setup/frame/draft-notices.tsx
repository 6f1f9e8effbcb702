import type { SetupView } from 'host-service/contract/api/setup.ts';
import type { ReactNode } from 'react';
import { Button } from '../../../parts/basic/button.tsx';
import { Icon } from '../../../parts/basic/icon.tsx';
import { Time } from '../../../parts/facts/time.tsx';
import { ProblemNotice } from '../../../parts/notice/problem-notice.tsx';
import { useWords } from '../../../words/words.tsx';
import type { Slot } from '../model/slots.ts';
import type { Draft } from '../model/use-draft.ts';

/** What keeps the draft from being saved, and what another device did meanwhile. */
export function DraftNotices(props: { readonly view: SetupView; readonly draft: Draft }): ReactNode {
  const { t } = useWords();
  const { keeper, kept } = props.draft;
  const { problem, overtaken } = kept;
  const titleOf = (slot: Slot): string => {
    const name = slot.slice(slot.indexOf(':') + 1);
    if (slot === 'channel' || slot === 'pin') return t('setup.step.release');
    return props.view.questions.find((question) => question.name === name)?.title ?? name;
  };
  return (
    <div className="space-y-3 empty:hidden">
      {problem !== undefined && (
        <ProblemNotice
          problem={problem.body}
          requestId={problem.requestId}
          action={<Button onClick={() => void keeper.flush()}>{t('setup.save.again')}</Button>}
        />
      )}
      {overtaken.length > 0 && (
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-md border border-info-line bg-info-soft p-3 text-sm">
          <Icon name="info" className="text-info" />
          <p className="min-w-0 flex-1 basis-60 wrap-break-word">
            {t('setup.overtaken', { what: overtaken.map(titleOf).join(', ') })}
          </p>
          <Button kind="quiet" onClick={() => keeper.dismiss()}>
            {t('common.close')}
          </Button>
        </div>
      )}
    </div>
  );
}

/** Who changed the draft last, so that two people at two devices know of each other (E-25). */
export function LastChange(props: { readonly view: SetupView }): ReactNode {
  const { t } = useWords();
  const { lastChange } = props.view;
  if (lastChange === undefined) return null;
  return (
    <p className="text-sm text-muted">
      {t('setup.lastChange', { by: lastChange.by })} <Time at={lastChange.at} />
    </p>
  );
}
