import type { ComponentPropsWithRef, ReactNode } from 'react';
import { cx } from './class-names.ts';
import { Icon, type IconName } from './icon.tsx';

export type ButtonKind = 'primary' | 'secondary' | 'danger' | 'quiet';

export interface ButtonProps extends Omit<ComponentPropsWithRef<'button'>, 'disabled'> {
  readonly kind?: ButtonKind;
  readonly icon?: IconName;
  /** What is going on, as a sentence; the button takes no click meanwhile and stays in the tab order. */
  readonly busy?: string | undefined;
  /** Cannot be pressed now; say beside it why. */
  readonly isDisabled?: boolean;
}

const KINDS: Readonly<Record<ButtonKind, string>> = {
  primary: 'bg-accent text-on-accent border-transparent hover:bg-accent-strong',
  secondary: 'bg-surface text-ink border-edge hover:bg-sunken',
  danger: 'bg-bad-strong text-on-bad border-transparent hover:opacity-90',
  quiet: 'bg-transparent text-ink border-transparent hover:bg-sunken',
};

/** A button of at least 36 px; one primary button a screen. */
export function Button(props: ButtonProps): ReactNode {
  const {
    kind = 'secondary',
    icon,
    busy,
    isDisabled = false,
    className,
    children,
    onClick,
    type,
    ...rest
  } = props;
  const isInert = busy !== undefined || isDisabled;
  return (
    <button
      {...rest}
      type={type ?? 'button'}
      aria-disabled={isInert || undefined}
      aria-busy={busy !== undefined || undefined}
      onClick={(event) => {
        if (isInert) event.preventDefault();
        else onClick?.(event);
      }}
      className={cx(
        'inline-flex min-h-9 max-w-full items-center justify-center gap-2 rounded-md border px-3 py-1.5 text-sm font-medium',
        'cursor-pointer transition-colors duration-100 aria-disabled:cursor-not-allowed',
        isDisabled && busy === undefined && 'opacity-60',
        KINDS[kind],
        className,
      )}
    >
      {busy !== undefined ? <Icon name="spinner" /> : icon !== undefined && <Icon name={icon} />}
      <span className="min-w-0 wrap-break-word">{busy ?? children}</span>
    </button>
  );
}
