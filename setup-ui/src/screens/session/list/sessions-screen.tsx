import type { SessionsView } from 'host-service/contract/api/session.ts';
import { useState, type ReactNode } from 'react';
import { useEndSessions, useSessions } from '../../../api/account/sessions.ts';
import { useLogout } from '../../../api/mutations.ts';
import { useSession } from '../../../api/queries.ts';
import { Button } from '../../../parts/basic/button.tsx';
import { Card } from '../../../parts/basic/card.tsx';
import { LiveText } from '../../../parts/facts/live-text.tsx';
import { ConfirmDialog } from '../../../parts/notice/confirm-dialog.tsx';
import { ProblemNotice } from '../../../parts/notice/problem-notice.tsx';
import { useWords } from '../../../words/words.tsx';
import { Loaded } from '../../overview/model/loaded.tsx';
import { sessionRowsOf, type SessionRow } from './derive-sessions.ts';
import { SessionItem } from './session-item.tsx';

/** What is asked about: one session, or all others. */
type Asked = SessionRow | 'others' | undefined;

/** Who is signed in with which device, and the way to end that. */
export function SessionsScreen(): ReactNode {
  const { t } = useWords();
  const sessions = useSessions();
  const isAdmin = useSession().data?.role === 'admin';
  return (
    <div className="space-y-4">
      <div>
        <h1 className="text-xl font-semibold">{t('session.list.title')}</h1>
        <p className="text-sm text-muted">{t(isAdmin ? 'session.list.textAll' : 'session.list.textOwn')}</p>
      </div>
      <Loaded answer={sessions} errorTitle={t('session.list.error')}>
        {(data) => <SessionList view={data} isAdmin={isAdmin} />}
      </Loaded>
    </div>
  );
}

function SessionList(props: { readonly view: SessionsView; readonly isAdmin: boolean }): ReactNode {
  const { t } = useWords();
  const end = useEndSessions();
  const logout = useLogout();
  const [asked, setAsked] = useState<Asked>();
  const [ending, setEnding] = useState<Asked>();
  const [ended, setEnded] = useState(0);
  const rows = sessionRowsOf(props.view.sessions, t);
  const others = rows.filter(({ entry }) => !entry.isThis).length;
  const confirm = (): void => {
    if (asked === undefined) return;
    const count = asked === 'others' ? others : 1;
    end.run(asked === 'others' ? { others: true } : { id: asked.entry.id }, () => setEnded(count));
    setEnding(asked);
    setAsked(undefined);
  };
  const isEnding = (row: SessionRow): boolean =>
    row.entry.isThis
      ? logout.isBusy
      : end.isBusy && (ending === 'others' || ending?.entry.id === row.entry.id);
  return (
    <Card>
      {end.problem !== undefined && (
        <ProblemNotice isAnnounced problem={end.problem.body} requestId={end.problem.requestId} />
      )}
      <ul className="-mt-2 divide-y divide-line">
        {rows.map((row) => (
          <li key={row.entry.id}>
            <SessionItem
              row={row}
              isEnding={isEnding(row)}
              onEnd={() => (row.entry.isThis ? logout.run() : setAsked(row))}
            />
          </li>
        ))}
      </ul>
      <div className="mt-2 flex flex-wrap items-center gap-x-4 gap-y-2 text-sm">
        {others === 0 ? (
          <p className="text-muted">{t('session.list.alone')}</p>
        ) : (
          <Button onClick={() => setAsked('others')} isDisabled={end.isBusy}>
            {t('session.list.endOthers')}
          </Button>
        )}
        <LiveText text={ended === 0 ? '' : t('session.list.done', { n: ended })} />
      </div>
      <AskEnd
        asked={asked}
        others={others}
        isAdmin={props.isAdmin}
        onConfirm={confirm}
        onCancel={() => setAsked(undefined)}
      />
    </Card>
  );
}

/** Says what ending leads to, before. */
function AskEnd(props: {
  readonly asked: Asked;
  readonly others: number;
  readonly isAdmin: boolean;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
}): ReactNode {
  const { t } = useWords();
  const { asked, others, isAdmin } = props;
  const isAll = asked === 'others';
  const device = asked === undefined || isAll ? '' : asked.device;
  return (
    <ConfirmDialog
      isOpen={asked !== undefined}
      title={
        isAll ? t('session.list.askOthers.title', { n: others }) : t('session.list.ask.title', { device })
      }
      confirmLabel={t(isAll ? 'session.list.endOthers' : 'session.list.end')}
      onConfirm={props.onConfirm}
      onCancel={props.onCancel}
    >
      {isAll
        ? t(isAdmin ? 'session.list.askOthers.textAll' : 'session.list.askOthers.textOwn')
        : t('session.list.ask.text')}
    </ConfirmDialog>
  );
}
