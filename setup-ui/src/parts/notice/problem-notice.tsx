import type { ProblemBody } from 'host-service/contract/problem.ts';
import type { ReactNode } from 'react';
import { useProblemWords } from '../../words/problem-words.ts';
import { useWords } from '../../words/words.tsx';
import { cx } from '../basic/class-names.ts';
import { Icon } from '../basic/icon.tsx';
import { Time } from '../facts/time.tsx';

/** What is wrong, what to do, who acts next (S7). Title and remedy in the person's language, by code. */
export function ProblemNotice(props: {
  readonly problem: ProblemBody;
  /** To name in a call to support. */
  readonly requestId?: string | undefined;
  /** What a person can do here: buttons, at most two. */
  readonly action?: ReactNode;
  /** Reads it out at once: for answers to what the person just did. */
  readonly isAnnounced?: boolean;
}): ReactNode {
  const { problem } = props;
  const { t } = useWords();
  const words = useProblemWords()(problem.code);
  const isOurs = words.actor === 'appliance' || words.actor === 'cluster';
  return (
    <div
      role={props.isAnnounced ? 'alert' : undefined}
      data-problem={problem.code}
      className={cx(
        'rounded-md border p-3 text-sm',
        isOurs ? 'border-warn-line bg-warn-soft' : 'border-bad-line bg-bad-soft',
      )}
    >
      <div className="flex gap-2.5">
        <Icon name={isOurs ? 'clock' : 'alert'} className={cx('mt-0.5', isOurs ? 'text-warn' : 'text-bad')} />
        <div className="min-w-0 flex-1 space-y-1">
          <p className="font-semibold wrap-break-word">{words.title}</p>
          {problem.detail !== '' && <p className="wrap-anywhere">{problem.detail}</p>}
          <p className="wrap-break-word">
            {words.next} {words.remedy}
          </p>
          <p className="flex flex-wrap gap-x-3 gap-y-0.5 text-xs text-muted">
            <span>{t('parts.problem.code', { code: problem.code })}</span>
            {problem.subject !== undefined && (
              <span className="wrap-anywhere">
                {t('parts.problem.subject', { subject: problem.subject })}
              </span>
            )}
            {problem.since !== undefined && (
              <span>
                {t('parts.problem.since')} <Time at={problem.since} />
              </span>
            )}
            {props.requestId !== undefined && (
              <span className="wrap-anywhere">{t('parts.problem.request', { id: props.requestId })}</span>
            )}
          </p>
          {props.action !== undefined && <div className="flex flex-wrap gap-2 pt-1.5">{props.action}</div>}
        </div>
      </div>
    </div>
  );
}
