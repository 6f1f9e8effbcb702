import { useId, type ReactNode } from 'react';
import { cx } from '../basic/class-names.ts';

export interface RadioCard<V extends string> {
  readonly value: V;
  readonly title: ReactNode;
  readonly description?: ReactNode;
  readonly isDisabled?: boolean;
}

/** One of a few, each with a sentence. The browser's own radio buttons, so arrows and forms work by themselves. */
export function RadioCards<V extends string>(props: {
  readonly legend: ReactNode;
  readonly value: V;
  readonly options: readonly RadioCard<V>[];
  readonly onChange: (value: V) => void;
  readonly isDisabled?: boolean;
}): ReactNode {
  const name = useId();
  return (
    <fieldset className="min-w-0" disabled={props.isDisabled}>
      <legend className="mb-2 text-sm font-medium">{props.legend}</legend>
      <div className="grid gap-2 sm:grid-cols-[repeat(auto-fit,minmax(14rem,1fr))]">
        {props.options.map((option) => (
          <label
            key={option.value}
            className={cx(
              'radio-card flex min-w-0 cursor-pointer gap-3 rounded-md border border-edge p-3',
              'has-checked:border-accent-text has-checked:bg-accent-soft has-disabled:cursor-not-allowed has-disabled:opacity-60',
            )}
          >
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === props.value}
              disabled={option.isDisabled}
              onChange={() => props.onChange(option.value)}
              aria-describedby={option.description === undefined ? undefined : `${name}-${option.value}`}
              className="mt-0.5 size-4 shrink-0 accent-accent-text"
            />
            <span className="min-w-0">
              <span className="block text-sm font-medium wrap-break-word">{option.title}</span>
              {option.description !== undefined && (
                <span id={`${name}-${option.value}`} className="block text-sm text-muted wrap-break-word">
                  {option.description}
                </span>
              )}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
