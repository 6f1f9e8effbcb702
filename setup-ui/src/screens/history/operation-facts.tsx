import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Disclosure } from '../../parts/basic/disclosure.tsx';
import { DigestText } from '../../parts/facts/digest-text.tsx';
import { durationText, Time } from '../../parts/facts/time.tsx';
import { useProblemWords } from '../../words/problem-words.ts';
import { useWords } from '../../words/words.tsx';
import { FactsList } from '../overview/model/facts-list.tsx';
import { Interruptions } from '../overview/now/interruptions.tsx';
import { Said } from '../overview/model/said.tsx';
import type { OperationStory } from './derive-history.ts';

/** Who, why, when, from where to where, and what led to it. */
export function OperationFacts(props: { readonly story: OperationStory }): ReactNode {
  const { t } = useWords();
  const problemWords = useProblemWords();
  const { operation, who, reason, tookMs, causeOperation } = props.story;
  const { startedAt, endedAt, resumes, cause, outcome } = operation;
  return (
    <div className="space-y-3">
      <FactsList
        facts={[
          { name: t('history.who'), value: <Said of={who} /> },
          reason === undefined ? undefined : { name: t('history.why'), value: reason },
          { name: t('history.started'), value: <Time at={startedAt} form="absolute" /> },
          endedAt === undefined
            ? undefined
            : { name: t('history.ended'), value: <Time at={endedAt} form="absolute" /> },
          {
            name: t(outcome === 'running' ? 'history.took-so-far' : 'history.took'),
            value: <span className="tabular">{durationText(tookMs, t)}</span>,
          },
          cause === undefined
            ? undefined
            : {
                name: t('history.cause'),
                value: (
                  <>
                    {cause.problem !== undefined && <span>{problemWords(cause.problem.code).title} </span>}
                    {causeOperation !== undefined && (
                      <Link href={`/history/${causeOperation}`} className="underline">
                        {t('overview.now.cause-link')}
                      </Link>
                    )}
                  </>
                ),
              },
        ]}
      />
      <Interruptions now={operation} />
      {resumes > 0 && <p className="text-sm">{t('history.resumed', { n: resumes })}</p>}
      <Technical story={props.story} />
    </div>
  );
}

function Technical(props: { readonly story: OperationStory }): ReactNode {
  const { t } = useWords();
  const { name, from, to } = props.story.operation;
  return (
    <Disclosure>
      <FactsList
        facts={[
          { name: t('history.name'), value: <code className="wrap-anywhere">{name}</code> },
          from === undefined
            ? undefined
            : { name: t('history.from'), value: <DigestText digest={from.digest} /> },
          { name: t('history.to'), value: <DigestText digest={to.digest} /> },
        ]}
      />
    </Disclosure>
  );
}
