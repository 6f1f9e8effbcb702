import { useId, type ReactNode } from 'react';
import { cx } from './class-names.ts';

export interface CardProps {
  readonly title?: ReactNode;
  /** Level of the heading; the page's own is 1. */
  readonly level?: 2 | 3;
  /** Stands at the right of the title: a badge, a button. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
  readonly id?: string;
}

/** A surface with one subject. With a title it is a region that screen readers list. */
export function Card(props: CardProps): ReactNode {
  const id = useId();
  const Heading = `h${props.level ?? 2}` as const;
  return (
    <section
      id={props.id}
      aria-labelledby={props.title === undefined ? undefined : id}
      className={cx('rounded-lg border border-line bg-surface p-4 sm:p-5', props.className)}
    >
      {props.title !== undefined && (
        <div className="mb-3 flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
          <Heading id={id} className="min-w-0 text-base font-semibold wrap-break-word">
            {props.title}
          </Heading>
          {props.aside}
        </div>
      )}
      {props.children}
    </section>
  );
}

/** A titled part of a page or card, without a surface of its own. */
export function Section(props: CardProps): ReactNode {
  const id = useId();
  const Heading = `h${props.level ?? 3}` as const;
  return (
    <section
      id={props.id}
      aria-labelledby={props.title === undefined ? undefined : id}
      className={props.className}
    >
      {props.title !== undefined && (
        <div className="mb-2 flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
          <Heading id={id} className="min-w-0 text-sm font-semibold wrap-break-word">
            {props.title}
          </Heading>
          {props.aside}
        </div>
      )}
      {props.children}
    </section>
  );
}
