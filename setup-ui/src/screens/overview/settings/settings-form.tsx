import type { StatusView } from 'host-service/contract/api/status.ts';
import { useState, type Dispatch, type ReactNode, type SetStateAction } from 'react';
import { useAnswerSources } from '../../../api/setup.ts';
import { useWords } from '../../../words/words.tsx';
import { generalGateOf, type Standing } from '../model/gates.ts';
import { changeOf, fieldsOf, mistakesOf, type Draft } from './derive-fields.ts';
import { SettingField } from './setting-field.tsx';
import { SaveSettings } from './save-settings.tsx';

/** All questions with their answers, where each comes from, and the way to change those that may change. */
export function SettingsForm(props: {
  readonly view: StatusView;
  readonly standing: Standing;
  readonly draft: Draft;
  readonly setDraft: Dispatch<SetStateAction<Draft>>;
  /** Somebody has opened it. */
  readonly isLookedAt: boolean;
}): ReactNode {
  const { t } = useWords();
  const { view, standing, draft, setDraft } = props;
  const [hasTried, setTried] = useState(false);
  const sources = useAnswerSources(props.isLookedAt);
  const fields = fieldsOf(view, sources);
  const mistakes = mistakesOf(fields, draft);
  return (
    <form noValidate className="max-w-2xl space-y-5" onSubmit={(event) => event.preventDefault()}>
      {fields.map((field) => (
        <SettingField
          key={field.key}
          field={field}
          draft={draft}
          isReadOnly={!standing.isAdmin}
          mistake={hasTried ? mistakes.get(field.key) : undefined}
          onChange={(value) => setDraft((before) => ({ ...before, [field.key]: value }))}
        />
      ))}
      <SaveSettings
        fields={fields}
        change={changeOf(fields, draft)}
        revision={view.intentRevision}
        gate={generalGateOf(standing)}
        mistakes={hasTried ? mistakes.size : 0}
        onTry={() => {
          setTried(true);
          return mistakes.size === 0;
        }}
        onSaved={() => {
          setTried(false);
          setDraft({});
        }}
      />
      {fields.length === 0 && <p className="text-sm text-muted">{t('overview.settings.nothing')}</p>}
    </form>
  );
}
