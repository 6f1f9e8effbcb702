import { useState, type ReactNode } from 'react';
import { Field } from '../../../parts/form/field.tsx';
import { useWords } from '../../../words/words.tsx';

/** Bytes of the largest file that is read; the contract takes no more. */
const MOST_BYTES = 65_536;

/** A small text file, for example a licence. It is read here and sent as text. */
export function FileField(props: {
  readonly label: string;
  readonly help: ReactNode;
  readonly error: string | undefined;
  readonly isReadOnly: boolean;
  readonly onChoose: (text: string) => void;
}): ReactNode {
  const { t } = useWords();
  const [isTooLarge, setTooLarge] = useState(false);
  const take = (file: File | undefined): void => {
    if (file === undefined) return;
    setTooLarge(file.size > MOST_BYTES);
    if (file.size > MOST_BYTES) return;
    void file.text().then((text) => {
      if (text !== '') props.onChoose(text);
    });
  };
  return (
    <Field
      label={props.label}
      help={props.help}
      error={isTooLarge ? t('setup.mistake.too-large') : props.error}
    >
      {(wiring) => (
        <input
          {...wiring}
          type="file"
          disabled={props.isReadOnly}
          onChange={(event) => take(event.target.files?.[0])}
          className="min-h-10 w-full min-w-0 rounded-md border border-edge bg-field px-3 py-1.5 text-sm file:mr-3 file:cursor-pointer file:rounded file:border-0 file:bg-sunken file:px-2 file:py-1 file:text-ink"
        />
      )}
    </Field>
  );
}
