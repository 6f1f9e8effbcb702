import type { ReactNode } from 'react';
import { Field, TextInput } from '../../../parts/form/field.tsx';
import { PasswordField } from '../../../parts/form/password-field.tsx';
import { RadioCards } from '../../../parts/form/radio-cards.tsx';
import { FileField } from '../../setup/answers/file-field.tsx';
import type { MessageKey } from '../../../words/keys.ts';
import { useWords } from '../../../words/words.tsx';
import { valueOf, type Draft, type FieldFacts } from './derive-fields.ts';

const INPUT_TYPES = { text: 'text', email: 'email', url: 'url' } as const;

/** One question of the product, as its type asks for. Questions and help are in the vendor's words. */
export function SettingField(props: {
  readonly field: FieldFacts;
  readonly draft: Draft;
  readonly isReadOnly: boolean;
  readonly mistake: MessageKey | undefined;
  readonly onChange: (value: string) => void;
}): ReactNode {
  const { t } = useWords();
  const { field, mistake } = props;
  const value = valueOf(field, props.draft);
  const isReadOnly = props.isReadOnly || field.isFixed;
  const label = field.isRequired ? field.title : `${field.title} (${t('common.optional')})`;
  const isNamed = field.isNamed && props.draft[field.key] === undefined;
  const error = mistake !== undefined ? t(mistake) : isNamed ? t('overview.settings.missing') : undefined;
  const className = 'read-only:bg-sunken read-only:text-muted';
  const common = { value, className, readOnly: isReadOnly, maxLength: field.maxLength };
  if (field.type === 'choice') {
    return (
      <div className="space-y-1">
        <RadioCards
          legend={label}
          value={value}
          isDisabled={isReadOnly}
          options={field.choices.map((choice) => ({ value: choice, title: choice }))}
          onChange={props.onChange}
        />
        <p className="text-sm text-muted">
          <Help field={field} />
        </p>
      </div>
    );
  }
  if (field.type === 'file') {
    return (
      <FileField
        label={label}
        help={<Help field={field} />}
        error={error}
        isReadOnly={isReadOnly}
        onChoose={props.onChange}
      />
    );
  }
  if (field.type === 'password' || field.type === 'secret') {
    return (
      <PasswordField
        {...common}
        label={label}
        error={error}
        help={<Help field={field} />}
        autoComplete="new-password"
        onChange={(event) => props.onChange(event.target.value)}
      />
    );
  }
  return (
    <Field label={label} help={<Help field={field} />} error={error}>
      {(wiring) => (
        <TextInput
          {...wiring}
          {...common}
          type={INPUT_TYPES[field.type as keyof typeof INPUT_TYPES]}
          autoComplete="off"
          onChange={(event) => props.onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

function Help(props: { readonly field: FieldFacts }): ReactNode {
  const { t } = useWords();
  const { help, isSecret, isFixed, source } = props.field;
  const stored =
    source === undefined
      ? t('overview.settings.secret-help')
      : t(source === 'none' ? 'overview.settings.secret-none' : 'overview.settings.secret-stored');
  return [
    help,
    isFixed ? t('overview.settings.fixed') : isSecret ? stored : undefined,
    source === undefined ? undefined : t(`overview.settings.source.${source}`),
  ]
    .filter((text) => text !== undefined)
    .join(' ');
}
