import { useId, useState, type ReactNode } from 'react';
import { Button } from '../../../parts/basic/button.tsx';
import { cx } from '../../../parts/basic/class-names.ts';
import { CONTROL, Field } from '../../../parts/form/field.tsx';
import { useWords } from '../../../words/words.tsx';
import type { MessageKey } from '../../../words/keys.ts';
import type { NetworkForm } from '../model/form.ts';
import { withAuthorities } from '../model/network-draft.ts';

/** The contract takes no more. */
const MOST_BYTES = 65_536;

/** Adds authorities by pasting their text or choosing a file. */
export function AddAuthority(props: { readonly form: NetworkForm }): ReactNode {
  const { t } = useWords();
  const { form } = props;
  const [text, setText] = useState('');
  const [mistake, setMistake] = useState<MessageKey>();
  const [count, setCount] = useState(0);
  const add = (pem: string): boolean => {
    const added = withAuthorities(form.draft, pem);
    setCount(added.count);
    setMistake(undefined);
    if (added.count > 0) form.change((before) => withAuthorities(before, pem).draft);
    return added.count > 0;
  };
  const tryAdd = (pem: string): void => {
    if (add(pem)) setText('');
    else setMistake('network.mistake.authority');
  };
  const take = (file: File | undefined): void => {
    if (file === undefined) return;
    if (file.size > MOST_BYTES) setMistake('network.mistake.authority-large');
    else void file.text().then(tryAdd);
  };
  return (
    <div className="space-y-3" data-add-authority="">
      <Field
        label={t('network.authorities.paste')}
        help={t('network.authorities.paste-help')}
        error={mistake === undefined ? undefined : t(mistake)}
      >
        {(wiring) => (
          <textarea
            {...wiring}
            rows={4}
            value={text}
            maxLength={MOST_BYTES}
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
            placeholder="-----BEGIN CERTIFICATE-----"
            className={cx(CONTROL, 'resize-y font-mono text-sm')}
            // Whoever pastes a whole certificate need not press anything else.
            onChange={(event) => setText(add(event.target.value) ? '' : event.target.value)}
          />
        )}
      </Field>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Button onClick={() => tryAdd(text)}>{t('network.authorities.add')}</Button>
        <FileButton onChoose={take} />
      </div>
      <p role="status" className="text-sm text-muted">
        {mistake === undefined && count > 0 && t('network.authorities.added', { n: count })}
      </p>
    </div>
  );
}

function FileButton(props: { readonly onChoose: (file: File | undefined) => void }): ReactNode {
  const { t } = useWords();
  const id = useId();
  return (
    <div className="flex min-w-0 flex-wrap items-center gap-2 text-sm">
      <label htmlFor={id}>{t('network.authorities.file')}</label>
      <input
        id={id}
        type="file"
        accept=".pem,.crt,.cer,.txt"
        className="min-h-9 max-w-full min-w-0 text-sm file:mr-3 file:min-h-9 file:cursor-pointer file:rounded-md file:border file:border-solid file:border-edge file:bg-surface file:px-3 file:text-ink"
        onChange={(event) => {
          props.onChoose(event.target.files?.[0]);
          // The same file may be chosen again.
          event.target.value = '';
        }}
      />
    </div>
  );
}
