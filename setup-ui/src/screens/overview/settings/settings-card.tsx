import type { StatusView } from 'host-service/contract/api/status.ts';
import { useState, type ReactNode } from 'react';
import { Card } from '../../../parts/basic/card.tsx';
import { Disclosure } from '../../../parts/basic/disclosure.tsx';
import { useWords } from '../../../words/words.tsx';
import type { Standing } from '../model/gates.ts';
import { needsAnswers, type Draft } from './derive-fields.ts';
import { SettingsForm } from './settings-form.tsx';

/** The product's questions: open when the box waits for answers, else behind a click. What is typed survives failures and live updates. */
export function SettingsCard(props: { readonly view: StatusView; readonly standing: Standing }): ReactNode {
  const { t } = useWords();
  const { view, standing } = props;
  const [draft, setDraft] = useState<Draft>({});
  const isNeeded = needsAnswers(view);
  const isOpenAtFirst = isNeeded || Object.keys(draft).length > 0;
  const [wasOpened, setOpened] = useState(isOpenAtFirst);
  if (Object.keys(view.questions).length === 0) return null;
  return (
    <Card title={t('overview.settings.title')} id="settings">
      {isNeeded && <p className="mb-3 text-sm">{t('overview.settings.intro')}</p>}
      <Disclosure
        title={t(isNeeded ? 'overview.settings.questions' : 'overview.settings.show')}
        isOpenAtFirst={isOpenAtFirst}
        onOpen={() => setOpened(true)}
      >
        <SettingsForm
          view={view}
          standing={standing}
          draft={draft}
          setDraft={setDraft}
          isLookedAt={wasOpened}
        />
      </Disclosure>
    </Card>
  );
}
