import type { ReactNode } from 'react';
import { Button } from '../../../parts/basic/button.tsx';
import { Card } from '../../../parts/basic/card.tsx';
import { Disclosure } from '../../../parts/basic/disclosure.tsx';
import { Field, TextInput } from '../../../parts/form/field.tsx';
import { useWords } from '../../../words/words.tsx';
import { DraftNotices, LastChange } from '../frame/draft-notices.tsx';
import { SaveNote } from '../frame/save-note.tsx';
import { NextLink, StepPage } from '../frame/step-page.tsx';
import { serverValueOf } from '../model/slots.ts';
import type { StepProps } from '../step-props.ts';
import { ChannelChoice } from './channel-choice.tsx';

/** S3: which releases this box gets; exactly one of them under advanced. */
export function ReleaseStep(props: StepProps): ReactNode {
  const { t } = useWords();
  const { setup, draft, isReadOnly } = props;
  const { keeper, kept } = draft;
  const chosen = kept.typed.get('channel') ?? serverValueOf(setup, 'channel');
  return (
    <StepPage
      title={t('setup.release.title')}
      intro={t('setup.release.intro')}
      aside={isReadOnly ? undefined : <SaveNote kept={kept} />}
      back="answers"
      next={<NextLink to="checks" />}
    >
      <DraftNotices view={setup} draft={draft} />
      {setup.pin !== undefined && (
        <p className="rounded-md border border-info-line bg-info-soft p-3 text-sm wrap-anywhere">
          {t('setup.release.pinned', { pin: setup.pin })}
        </p>
      )}
      <ChannelChoice
        channels={setup.channels}
        chosen={chosen}
        isReadOnly={isReadOnly}
        onChoose={(name) => keeper.choose('channel', name)}
      />
      <Exact {...props} />
      <LastChange view={setup} />
    </StepPage>
  );
}

/** Exactly one release, by version or by either digest. */
function Exact(props: StepProps): ReactNode {
  const { t } = useWords();
  const { setup, draft, isReadOnly } = props;
  const { keeper, kept } = draft;
  const value = kept.typed.get('pin') ?? setup.pin ?? '';
  return (
    <Card>
      <Disclosure title={t('setup.release.advanced')} isOpenAtFirst={setup.pin !== undefined}>
        <div className="max-w-2xl space-y-3">
          <Field label={t('setup.release.pin')} help={t('setup.release.pin.help')}>
            {(wiring) => (
              <TextInput
                {...wiring}
                value={value}
                readOnly={isReadOnly}
                maxLength={128}
                autoComplete="off"
                autoCapitalize="none"
                spellCheck={false}
                className="font-mono read-only:bg-sunken"
                onChange={(event) => keeper.type('pin', event.target.value)}
                onBlur={() => keeper.leave('pin')}
              />
            )}
          </Field>
          {value !== '' && !isReadOnly && (
            <Button onClick={() => keeper.choose('pin', null)}>{t('setup.release.pin.clear')}</Button>
          )}
        </div>
      </Disclosure>
    </Card>
  );
}
