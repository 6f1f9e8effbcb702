import type { OperationEvent } from 'host-service/contract/operation.ts';
import type { ReactNode } from 'react';
import { Icon, type IconName } from '../../parts/basic/icon.tsx';
import { Time } from '../../parts/facts/time.tsx';
import { useWords } from '../../words/words.tsx';

const LEVELS: Readonly<
  Record<OperationEvent['level'], { readonly icon: IconName; readonly colour: string }>
> = {
  info: { icon: 'info', colour: 'text-muted' },
  warning: { icon: 'alert', colour: 'text-warn' },
  error: { icon: 'cross', colour: 'text-bad' },
};

/** What happened, in the order in which it did. The texts are the box's own, English. */
export function EventList(props: { readonly events: readonly OperationEvent[] }): ReactNode {
  const { t, locale } = useWords();
  if (props.events.length === 0) return <p className="text-sm text-muted">{t('history.events.empty')}</p>;
  return (
    <>
      {locale === 'de' && <p className="mb-2 text-xs text-muted">{t('history.events.english')}</p>}
      <ol className="divide-y divide-line">
        {props.events.map((event) => {
          const { icon, colour } = LEVELS[event.level];
          return (
            <li
              key={event.n}
              id={`event-${event.n}`}
              data-event={event.n}
              className="grid grid-cols-[auto_1fr] gap-x-2 py-1.5 text-sm sm:grid-cols-[auto_15rem_1fr]"
            >
              <span className={`mt-0.5 ${colour}`}>
                <Icon name={icon} />
                <span className="sr-only">{t(`history.level.${event.level}`)}</span>
              </span>
              <span className="text-xs text-muted sm:text-sm">
                <Time at={event.at} form="absolute" />
              </span>
              <span lang="en" className="col-start-2 min-w-0 wrap-anywhere sm:col-start-3">
                {event.text}
              </span>
            </li>
          );
        })}
      </ol>
    </>
  );
}
