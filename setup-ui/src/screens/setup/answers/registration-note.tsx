import type { Registration } from 'host-service/contract/api/setup.ts';
import type { ReactNode } from 'react';
import { Icon } from '../../../parts/basic/icon.tsx';
import { absoluteTime } from '../../../parts/facts/format.ts';
import { ProblemNotice } from '../../../parts/notice/problem-notice.tsx';
import { useWords } from '../../../words/words.tsx';

/** What the vendor said about the install code, in plain words (B-65, B-90). */
export function RegistrationNote(props: { readonly registration: Registration }): ReactNode {
  const { t, tag } = useWords();
  const { state, problem, edition, company, expires } = props.registration;
  if (state === 'none') return null;
  if (problem !== undefined && state !== 'done') return <ProblemNotice problem={problem} />;
  const until =
    expires === undefined
      ? undefined
      : expires === 'perpetual'
        ? t('setup.registration.perpetual')
        : t('setup.registration.until', { date: absoluteTime(Date.parse(expires), tag) });
  const facts = [company, edition, until].filter((fact) => fact !== undefined);
  return (
    <p data-registration={state} className="flex gap-2 rounded-md border border-line bg-sunken p-3 text-sm">
      <Icon name={state === 'done' ? 'shield' : 'clock'} className="mt-0.5 text-muted" />
      <span className="min-w-0 wrap-break-word">
        {t(`setup.registration.${state}`)} {facts.length > 0 && `${facts.join(' · ')}.`}
      </span>
    </p>
  );
}
