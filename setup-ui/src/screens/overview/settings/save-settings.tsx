import type { IntentChange, IntentPreview } from 'host-service/contract/api/intent.ts';
import { lazy, Suspense, useState, type ReactNode } from 'react';
import { useChangeIntent, type IntentCommand } from '../../../api/mutations.ts';
import { useSettingsPreview } from '../../../api/setup.ts';
import { Button } from '../../../parts/basic/button.tsx';
import { ConfirmDialog } from '../../../parts/notice/confirm-dialog.tsx';
import { ProblemNotice } from '../../../parts/notice/problem-notice.tsx';
import { useWords } from '../../../words/words.tsx';
import { Said } from '../model/said.tsx';
import type { Saying } from '../model/saying.ts';
import type { FieldFacts } from './derive-fields.ts';

const WhatItTouches = lazy(async () => ({ default: (await import('./what-it-touches.tsx')).WhatItTouches }));

interface Asked {
  readonly command: IntentCommand;
  readonly preview: IntentPreview;
}

/** Saves in two steps: first the box says what other answers touch, then a person confirms it. */
export function SaveSettings(props: {
  readonly fields: readonly FieldFacts[];
  readonly change: IntentChange | undefined;
  readonly revision: number;
  readonly gate: Saying | undefined;
  readonly mistakes: number;
  /** Whether it can be saved as it is. */
  readonly onTry: () => boolean;
  readonly onSaved: () => void;
}): ReactNode {
  const { t } = useWords();
  const { change, revision, gate } = props;
  const preview = useSettingsPreview();
  const save = useChangeIntent();
  const [asked, setAsked] = useState<Asked>();
  const [hasTried, setTried] = useState(false);
  const ask = (): void => {
    setTried(true);
    save.clear();
    if (!props.onTry() || change === undefined || gate !== undefined) return;
    const command = { change: change as IntentCommand['change'], revision };
    preview.run(command, (answer) => setAsked({ command, preview: answer }));
  };
  const confirm = (): void => {
    if (asked === undefined) return;
    save.run(asked.command, () => {
      setAsked(undefined);
      setTried(false);
      preview.clear();
      props.onSaved();
    });
  };
  return (
    <>
      {preview.problem !== undefined && (
        <ProblemNotice isAnnounced problem={preview.problem.body} requestId={preview.problem.requestId} />
      )}
      <div className="flex flex-wrap items-center gap-3">
        <Button
          type="submit"
          isDisabled={gate !== undefined}
          busy={preview.isBusy ? t('overview.settings.asking') : undefined}
          onClick={ask}
        >
          {t('overview.settings.save')}
        </Button>
        <p role="status" className="text-sm text-muted">
          {gate !== undefined && <Said of={gate} />}
          {props.mistakes > 0 && t('overview.settings.mistakes', { n: props.mistakes })}
          {hasTried && props.mistakes === 0 && change === undefined && t('overview.settings.nothing')}
          {save.answer !== undefined && change === undefined && t('overview.settings.saved')}
        </p>
      </div>
      <ConfirmDialog
        isOpen={asked !== undefined}
        title={t('overview.settings.confirm.title')}
        confirmLabel={t('overview.settings.confirm.save')}
        busy={save.isBusy ? t('overview.asked.sending') : undefined}
        onConfirm={confirm}
        onCancel={() => setAsked(undefined)}
      >
        {asked !== undefined && (
          <Suspense>
            <WhatItTouches preview={asked.preview} fields={props.fields} />
          </Suspense>
        )}
        {save.problem !== undefined && (
          <ProblemNotice isAnnounced problem={save.problem.body} requestId={save.problem.requestId} />
        )}
      </ConfirmDialog>
    </>
  );
}
