import type { ReactNode } from 'react';
import { Field, TextInput } from '../../parts/form/field.tsx';

/** The name of a user of this box, as password managers know it. */
export function UserField(props: {
  readonly label: string;
  readonly help?: string;
  readonly error: string | undefined;
  readonly maxLength: number;
  readonly value: string;
  readonly onChange: (value: string) => void;
}): ReactNode {
  const { label, help, error, maxLength, value, onChange } = props;
  return (
    <Field label={label} help={help} error={error}>
      {(wiring) => (
        <TextInput
          {...wiring}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={maxLength}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
