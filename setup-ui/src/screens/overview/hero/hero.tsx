import type { Phase } from 'host-service/contract/appliance.ts';
import type { ReactNode } from 'react';
import { cx } from '../../../parts/basic/class-names.ts';
import { Icon, type IconName } from '../../../parts/basic/icon.tsx';
import { lookOf, type Tone } from '../../../parts/basic/state-look.ts';
import { LiveText } from '../../../parts/facts/live-text.tsx';
import { useProblemWords } from '../../../words/problem-words.ts';
import { useWords } from '../../../words/words.tsx';
import { AskButton, type AskContext } from '../asking/ask-button.tsx';
import { Said } from '../model/said.tsx';
import type { Hero } from './derive-hero.ts';

const SURFACES: Readonly<Record<Tone, string>> = {
  good: 'border-good-line',
  info: 'border-info-line',
  warn: 'border-warn-line',
  bad: 'border-bad-line',
  plain: 'border-line',
};
const DISCS: Readonly<Record<Tone, string>> = {
  good: 'bg-good-soft text-good',
  info: 'bg-info-soft text-info',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
  plain: 'bg-sunken text-muted',
};

/** The first thing on the page: what is true now, and at most one thing to do. */
export function HeroCard(props: {
  readonly hero: Hero;
  readonly phase: Phase | 'unknown';
  readonly context: AskContext;
}): ReactNode {
  const { t } = useWords();
  const problemWords = useProblemWords();
  const { hero, phase } = props;
  const icon: IconName =
    phase === 'unknown' || (hero.tone === 'plain' && phase !== 'held')
      ? 'clock'
      : lookOf(`phase.${phase}`).icon;
  const headline = t(hero.headline.key, hero.headline.values);
  const problem = hero.problem === undefined ? undefined : problemWords(hero.problem.code);
  return (
    <section
      aria-labelledby="hero-headline"
      data-tone={hero.tone}
      className={cx('rounded-lg border-2 bg-surface p-4 sm:p-6', SURFACES[hero.tone])}
    >
      <div className="flex flex-col gap-4 sm:flex-row sm:items-start">
        <span
          className={cx('flex size-11 shrink-0 items-center justify-center rounded-full', DISCS[hero.tone])}
        >
          <Icon name={icon} className="size-6" />
        </span>
        <div className="min-w-0 flex-1 space-y-2">
          <h2 id="hero-headline" className="text-xl font-semibold wrap-break-word sm:text-2xl">
            <LiveText text={headline} />
          </h2>
          {hero.detail !== undefined && (
            <p className="wrap-break-word">
              <Said of={hero.detail} />
            </p>
          )}
          {problem !== undefined && (
            <p className="wrap-break-word">
              {problem.title} {problem.next} {problem.remedy}
            </p>
          )}
          {hero.notes.length > 0 && (
            <ul className="space-y-1">
              {hero.notes.map((note) => (
                <li key={note.key} className="flex gap-2 text-sm wrap-break-word">
                  <Icon name="info" className="mt-0.5 text-warn" />
                  <span className="min-w-0">
                    <Said of={note} />
                  </span>
                </li>
              ))}
            </ul>
          )}
          {hero.action !== undefined && (
            <div className="pt-1">
              <AskButton
                ask={hero.action}
                context={props.context}
                kind={hero.action.kind === 'open-settings' ? 'secondary' : 'primary'}
                isReasonShown
              />
            </div>
          )}
        </div>
      </div>
    </section>
  );
}
