import { useId, type ComponentPropsWithRef, type ReactNode } from 'react';
import { cx } from '../basic/class-names.ts';
import { Icon } from '../basic/icon.tsx';

export interface FieldWiring {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': true | undefined;
}

/** Label above, help and error below, wired for screen readers. `children` gets what the control needs. */
export function Field(props: {
  readonly label: ReactNode;
  readonly help?: ReactNode;
  /** One sentence; shown and announced. */
  readonly error?: string | undefined;
  readonly children: (wiring: FieldWiring) => ReactNode;
}): ReactNode {
  const id = useId();
  const hasError = props.error !== undefined;
  const described = cx(props.help !== undefined && `${id}-help`, hasError && `${id}-error`);
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {props.label}
      </label>
      {props.children({
        id,
        'aria-describedby': described === '' ? undefined : described,
        'aria-invalid': hasError || undefined,
      })}
      <div aria-live="polite">
        {hasError && (
          <p id={`${id}-error`} className="flex gap-1.5 text-sm text-bad">
            <Icon name="alert" className="mt-0.5" />
            {props.error}
          </p>
        )}
      </div>
      {props.help !== undefined && (
        <p id={`${id}-help`} className="text-sm text-muted">
          {props.help}
        </p>
      )}
    </div>
  );
}

/** Looks of a text control. At 16 px phones do not zoom. */
export const CONTROL =
  'w-full min-w-0 rounded-md border border-edge bg-field px-3 py-1.5 min-h-10 text-base text-ink placeholder:text-muted aria-invalid:border-bad';

/** One line of text. */
export function TextInput(props: ComponentPropsWithRef<'input'>): ReactNode {
  return <input type="text" {...props} className={cx(CONTROL, props.className)} />;
}
