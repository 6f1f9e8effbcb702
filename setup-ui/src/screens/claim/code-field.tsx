import { useLayoutEffect, useRef, type ReactNode } from 'react';
import { Field, TextInput } from '../../parts/form/field.tsx';
import { useWords } from '../../words/words.tsx';
import { typeCode } from './claim-code.ts';

/** The code as it stands on the console; hyphens come by themselves and the caret stays where it was. */
export function CodeField(props: {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly error: string | undefined;
  readonly isFromLink: boolean;
}): ReactNode {
  const { t } = useWords();
  const input = useRef<HTMLInputElement>(null);
  const caret = useRef<number>(undefined);
  useLayoutEffect(() => {
    if (caret.current === undefined || document.activeElement !== input.current) return;
    input.current?.setSelectionRange(caret.current, caret.current);
  }, [props.value]);
  return (
    <Field
      label={t('session.claim.code')}
      help={t(props.isFromLink ? 'session.claim.code.fromLink' : 'session.claim.code.help')}
      error={props.error}
    >
      {(wiring) => (
        <TextInput
          {...wiring}
          ref={input}
          name="code"
          value={props.value}
          placeholder="XXXX-XXXX-XXXX"
          autoComplete="one-time-code"
          autoCapitalize="characters"
          autoCorrect="off"
          spellCheck={false}
          className="font-mono tracking-wider"
          onChange={(event) => {
            const typed = typeCode(
              event.target.value,
              event.target.selectionStart ?? event.target.value.length,
            );
            caret.current = typed.caret;
            props.onChange(typed.text);
          }}
        />
      )}
    </Field>
  );
}
