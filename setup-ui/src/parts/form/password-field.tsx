import { useState, type ComponentPropsWithRef, type ReactNode } from 'react';
import { useWords } from '../../words/words.tsx';
import { cx } from '../basic/class-names.ts';
import { Icon } from '../basic/icon.tsx';
import { CONTROL, Field } from './field.tsx';

/** A secret that the person can look at while typing, instead of typing it twice. */
export function PasswordField(
  props: Omit<ComponentPropsWithRef<'input'>, 'type' | 'id'> & {
    readonly label: ReactNode;
    readonly help?: ReactNode;
    readonly error?: string | undefined;
  },
): ReactNode {
  const { label, help, error, className, ...rest } = props;
  const { t } = useWords();
  const [isShown, setShown] = useState(false);
  const toggle = t(isShown ? 'parts.password.hide' : 'parts.password.show');
  return (
    <Field label={label} help={help} error={error}>
      {(wiring) => (
        <div className="relative">
          <input
            {...rest}
            {...wiring}
            type={isShown ? 'text' : 'password'}
            autoCapitalize="none"
            spellCheck={false}
            className={cx(CONTROL, 'pr-11', className)}
          />
          <button
            type="button"
            aria-label={toggle}
            aria-pressed={isShown}
            aria-controls={wiring.id}
            title={toggle}
            onClick={() => setShown(!isShown)}
            className={cx(
              'absolute inset-y-0 right-0 flex w-10 cursor-pointer items-center justify-center rounded-md',
              isShown ? 'text-accent-text' : 'text-muted hover:text-ink',
            )}
          >
            <Icon name="eye" />
          </button>
        </div>
      )}
    </Field>
  );
}
