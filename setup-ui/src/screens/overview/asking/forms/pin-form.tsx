import { useState, type ReactNode } from 'react';
import { Field, TextInput } from '../../../../parts/form/field.tsx';
import { RadioCards } from '../../../../parts/form/radio-cards.tsx';
import { shortDigest } from '../../../../parts/facts/format.ts';
import { useWords } from '../../../../words/words.tsx';
import { pinMistakeOf, pinnableOf } from './derive-answers.ts';
import type { FormProps } from './form-props.ts';
import { usePreview } from './preview.tsx';

const OTHER = 'other';

/** Chooses a release by name: one that the box knows, or any by version or digest. */
export function PinForm(props: FormProps): ReactNode {
  const { t } = useWords();
  const { view, answers, onChange, isTried } = props;
  const known = pinnableOf(props.releases);
  const [isOther, setOther] = useState(known.length === 0);
  const pin = answers.pin ?? '';
  const mistake = pinMistakeOf(pin);
  const { element } = usePreview(
    mistake === undefined ? { pin: pin.trim() } : undefined,
    view.intentRevision,
  );
  const choose = (value: string): void => {
    setOther(value === OTHER);
    onChange({ pin: value === OTHER ? '' : value });
  };
  return (
    <div className="space-y-4">
      {known.length > 0 && (
        <RadioCards
          legend={t('overview.dialog.pin.known')}
          value={isOther ? OTHER : pin}
          options={[
            ...known.map(({ digest, version }) => ({
              value: String(digest),
              title: version,
              description: shortDigest(digest),
            })),
            { value: OTHER, title: t('overview.dialog.pin.other') },
          ]}
          onChange={choose}
        />
      )}
      {isOther ? (
        <Field
          label={t('overview.dialog.pin.field')}
          help={t('overview.dialog.pin.help')}
          error={isTried && mistake !== undefined ? t(mistake) : undefined}
        >
          {(wiring) => (
            <TextInput
              {...wiring}
              value={pin}
              maxLength={128}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              onChange={(event) => onChange({ pin: event.target.value })}
            />
          )}
        </Field>
      ) : (
        isTried &&
        mistake !== undefined && (
          <p role="alert" className="text-bad">
            {t(mistake)}
          </p>
        )
      )}
      {element}
    </div>
  );
}
