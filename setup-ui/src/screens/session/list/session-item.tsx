import type { ReactNode } from 'react';
import { Button } from '../../../parts/basic/button.tsx';
import { Icon } from '../../../parts/basic/icon.tsx';
import { Time } from '../../../parts/facts/time.tsx';
import { useWords } from '../../../words/words.tsx';
import type { SessionRow } from './derive-sessions.ts';

/** One browser that is signed in, and the way to end that. */
export function SessionItem(props: {
  readonly row: SessionRow;
  /** Whether it is being ended. */
  readonly isEnding: boolean;
  readonly onEnd: () => void;
}): ReactNode {
  const { t } = useWords();
  const { entry, device } = props.row;
  return (
    <div data-session={entry.id} className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-3">
      <div className="min-w-0 space-y-0.5 text-sm">
        <p className="flex flex-wrap items-center gap-x-2 font-medium wrap-anywhere">
          {device}
          {entry.isThis && (
            <span className="inline-flex items-center gap-1 rounded bg-sunken px-1.5 py-0.5 text-xs">
              <Icon name="check" className="size-3" />
              {t('session.list.this')}
            </span>
          )}
        </p>
        <p className="wrap-anywhere">
          {t('session.list.who', { user: entry.user, role: t(`shell.account.role.${entry.role}`) })}
        </p>
        <p className="text-muted">
          {t('session.list.since')} <Time at={entry.since} />, {t('session.list.until')}{' '}
          <Time at={entry.expiresAt} />
        </p>
      </div>
      <Button onClick={props.onEnd} busy={props.isEnding ? t('session.list.ending') : undefined}>
        {t(entry.isThis ? 'session.list.endThis' : 'session.list.end')}
        {!entry.isThis && (
          <span className="sr-only">
            : {entry.user}, {device}
          </span>
        )}
      </Button>
    </div>
  );
}
