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

/** The heading row of a card or section; nothing without a title. */
function Heading(props: {
  readonly id: string;
  readonly card: CardProps;
  readonly level: 2 | 3;
  readonly isSmall?: boolean;
}): ReactNode {
  const { id, level, isSmall = false } = props;
  const { title, aside } = props.card;
  if (title === undefined) return null;
  const Level = `h${level}` as const;
  return (
    <div
      className={cx(
        'flex flex-wrap items-center justify-between gap-x-4',
        isSmall ? 'mb-2 gap-y-1' : 'mb-3 gap-y-2',
      )}
    >
      <Level
        id={id}
        className={cx('min-w-0 font-semibold wrap-break-word', isSmall ? 'text-sm' : 'text-base')}
      >
        {title}
      </Level>
      {aside}
    </div>
  );
}

/** A surface with one subject. With a title it is a region that screen readers list. */
export function Card(props: CardProps): ReactNode {
  const id = useId();
  return (
    <section
      id={props.id}
      aria-labelledby={props.title === undefined ? undefined : id}
      className={cx('rounded-lg border border-line bg-surface p-4 sm:p-5', props.className)}
    >
      <Heading id={id} card={props} level={props.level ?? 2} />
      {props.children}
    </section>
  );
}

/** A titled part of a page or card, without a surface of its own. */
export function Section(props: CardProps): ReactNode {
  const id = useId();
  return (
    <section
      id={props.id}
      aria-labelledby={props.title === undefined ? undefined : id}
      className={props.className}
    >
      <Heading id={id} card={props} level={props.level ?? 3} isSmall />
      {props.children}
    </section>
  );
}
