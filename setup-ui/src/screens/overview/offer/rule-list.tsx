import type { ReactNode } from 'react';
import { Disclosure } from '../../../parts/basic/disclosure.tsx';
import { StateBadge } from '../../../parts/basic/state-badge.tsx';
import { Time } from '../../../parts/facts/time.tsx';
import { useProblemWords } from '../../../words/problem-words.ts';
import { useWords } from '../../../words/words.tsx';
import { Said, ServerText } from '../model/said.tsx';
import type { Judged } from './derive-offer.ts';
import type { RuleRow } from './derive-rules.ts';

/** Rules of a decision in words, each with its verdict (R-23). */
export function RuleList(props: { readonly rules: readonly RuleRow[]; readonly label?: string }): ReactNode {
  return (
    <ul className="divide-y divide-line" aria-label={props.label}>
      {props.rules.map((row, index) => (
        <li key={`${index} ${row.rule}`} className="py-2 text-sm first:pt-0 last:pb-0" data-rule={row.rule}>
          <div className="flex flex-wrap items-baseline gap-x-2 gap-y-1">
            <span className="font-medium">
              <Said of={row.title} />
            </span>
            <StateBadge state={`states.verdict.${row.verdict}`} />
          </div>
          <RuleWords row={row} />
        </li>
      ))}
    </ul>
  );
}

/** What a rule says and when that will change. */
export function RuleWords(props: { readonly row: RuleRow }): ReactNode {
  const { t } = useWords();
  const { row } = props;
  const problem = useProblemWords();
  return (
    <>
      <p className="wrap-break-word">
        <Said of={row.words} /> {row.code !== undefined && problem(row.code).title}
      </p>
      {(row.changesWhen !== undefined || row.changesAt !== undefined) && (
        <p className="text-muted wrap-break-word">
          {t('overview.offer.changes')}:{' '}
          {row.changesAt === undefined ? (
            row.changesWhen !== undefined && <Said of={row.changesWhen} />
          ) : (
            <Time at={row.changesAt} />
          )}
        </p>
      )}
    </>
  );
}

/** All rules that looked at a release, closed at first; the box's own words inside. */
export function AllRules(props: { readonly judged: Judged }): ReactNode {
  const { t } = useWords();
  const { rules, version } = props.judged;
  const label = version === undefined ? t('overview.offer.why') : t('overview.offer.rules-of', { version });
  return (
    <Disclosure
      title={`${t('overview.offer.all-rules', { n: rules.length })}${version === undefined ? '' : ` (${version})`}`}
    >
      <div className="space-y-3">
        <RuleList rules={rules} label={label} />
        <Disclosure>
          <ul className="space-y-1 text-xs">
            {rules.map((row, index) => (
              <li key={`${index} ${row.rule}`}>
                <code>{row.rule}</code>: <ServerText>{row.serverText}</ServerText>
              </li>
            ))}
          </ul>
        </Disclosure>
      </div>
    </Disclosure>
  );
}
