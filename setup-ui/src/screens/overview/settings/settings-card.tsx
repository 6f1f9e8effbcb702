import type { StatusView } from 'host-service/contract/api/status.ts';
import { useState, type Dispatch, type ReactNode, type SetStateAction } from 'react';
import { useChangeIntent } from '../../../api/mutations.ts';
import { Button } from '../../../parts/basic/button.tsx';
import { Card } from '../../../parts/basic/card.tsx';
import { Disclosure } from '../../../parts/basic/disclosure.tsx';
import { ProblemNotice } from '../../../parts/notice/problem-notice.tsx';
import { useWords } from '../../../words/words.tsx';
import { generalGateOf, type Standing } from '../model/gates.ts';
import { Said } from '../model/said.tsx';
import { changeOf, fieldsOf, mistakesOf, needsAnswers, type Draft } from './derive-fields.ts';
import { SettingField } from './setting-field.tsx';

/** The product's questions: open when the box waits for answers, else behind a click. What is typed survives failures and live updates. */
export function SettingsCard(props: { readonly view: StatusView; readonly standing: Standing }): ReactNode {
  const { t } = useWords();
  const { view, standing } = props;
  const [draft, setDraft] = useState<Draft>({});
  if (Object.keys(view.questions).length === 0) return null;
  const isNeeded = needsAnswers(view);
  const isOpen = isNeeded || Object.keys(draft).length > 0;
  return (
    <Card title={t('overview.settings.title')} id="settings">
      {isNeeded && <p className="mb-3 text-sm">{t('overview.settings.intro')}</p>}
      <Disclosure
        title={t(isNeeded ? 'overview.settings.questions' : 'overview.settings.show')}
        isOpenAtFirst={isOpen}
      >
        <SettingsForm view={view} standing={standing} draft={draft} setDraft={setDraft} />
      </Disclosure>
    </Card>
  );
}

function SettingsForm(props: {
  readonly view: StatusView;
  readonly standing: Standing;
  readonly draft: Draft;
  readonly setDraft: Dispatch<SetStateAction<Draft>>;
}): ReactNode {
  const { t } = useWords();
  const { view, standing, draft, setDraft } = props;
  const [tried, setTried] = useState<'no' | 'mistakes' | 'nothing'>('no');
  const action = useChangeIntent();
  const fields = fieldsOf(view);
  const mistakes = mistakesOf(fields, draft);
  const gate = generalGateOf(standing);
  const save = (): void => {
    const change = changeOf(fields, draft);
    setTried(mistakes.size > 0 ? 'mistakes' : change === undefined ? 'nothing' : 'no');
    if (mistakes.size > 0 || change === undefined || gate !== undefined) return;
    action.run({ change, revision: view.intentRevision }, () => setDraft({}));
  };
  return (
    <form
      noValidate
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      {fields.map((field) => (
        <SettingField
          key={field.key}
          field={field}
          draft={draft}
          isReadOnly={!standing.isAdmin}
          mistake={tried === 'mistakes' ? mistakes.get(field.key) : undefined}
          onChange={(value) => {
            action.clear();
            setDraft((before) => ({ ...before, [field.key]: value }));
          }}
        />
      ))}
      {action.problem !== undefined && (
        <ProblemNotice isAnnounced problem={action.problem.body} requestId={action.problem.requestId} />
      )}
      <div className="flex flex-wrap items-center gap-3">
        <Button
          type="submit"
          kind={needsAnswers(view) ? 'primary' : 'secondary'}
          isDisabled={gate !== undefined}
          busy={action.isBusy ? t('overview.asked.sending') : undefined}
        >
          {t('overview.settings.save')}
        </Button>
        <p role="status" className="text-sm text-muted">
          {gate !== undefined && <Said of={gate} />}
          {tried === 'mistakes' && mistakes.size > 0 && t('overview.settings.mistakes', { n: mistakes.size })}
          {tried === 'nothing' && t('overview.settings.nothing')}
          {action.answer !== undefined && t('overview.settings.saved')}
        </p>
      </div>
    </form>
  );
}
