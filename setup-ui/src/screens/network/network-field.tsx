import type { ReactNode } from 'react';
import { cx } from '../../parts/basic/class-names.ts';
import { CONTROL, Field, TextInput } from '../../parts/form/field.tsx';
import { PasswordField } from '../../parts/form/password-field.tsx';
import { useWords } from '../../words/words.tsx';
import type { NetworkForm } from './model/form.ts';
import { textOf, type FieldName } from './model/network-draft.ts';

const LOOKS = 'read-only:bg-sunken read-only:text-muted';

/** One field of the form. `lines`: one value a line. */
export function NetworkField(props: {
  readonly form: NetworkForm;
  readonly name: FieldName;
  readonly label: string;
  readonly help?: string | undefined;
  readonly kind?: 'line' | 'lines' | 'password';
  readonly placeholder?: string;
}): ReactNode {
  const { t } = useWords();
  const { form, name, label, help, kind = 'line', placeholder } = props;
  const mistake = form.mistakes.get(name);
  const error = mistake === undefined ? undefined : t(mistake);
  const value = textOf(form.view, form.draft, name);
  const type = (text: string): void =>
    form.change((before) => ({ ...before, texts: { ...before.texts, [name]: text } }));
  const common = {
    value,
    readOnly: form.isReadOnly,
    spellCheck: false,
    autoCapitalize: 'none',
    placeholder,
  } as const;
  if (kind === 'password') {
    return (
      <PasswordField
        {...common}
        label={label}
        help={help}
        error={error}
        className={LOOKS}
        maxLength={4096}
        autoComplete="new-password"
        onChange={(event) => type(event.target.value)}
      />
    );
  }
  return (
    <Field label={label} help={help} error={error}>
      {(wiring) =>
        kind === 'lines' ? (
          <textarea
            {...wiring}
            {...common}
            rows={2}
            className={cx(CONTROL, LOOKS, 'resize-y')}
            onChange={(event) => type(event.target.value)}
          />
        ) : (
          <TextInput
            {...wiring}
            {...common}
            autoComplete="off"
            maxLength={4096}
            className={LOOKS}
            onChange={(event) => type(event.target.value)}
          />
        )
      }
    </Field>
  );
}
