import { useEffect, useRef, type ReactNode } from 'react';
import { Icon } from '../../../parts/basic/icon.tsx';
import { useWords } from '../../../words/words.tsx';
import { fieldIdOf, type Mistake } from './derive-questions.ts';

/** Brings a question into sight and the focus into it. */
export function showQuestion(name: string): void {
  const field = document.getElementById(fieldIdOf(name));
  field?.scrollIntoView({ block: 'start' });
  field?.querySelector<HTMLElement>('input, textarea')?.focus({ preventScroll: true });
}

/** Everything that is missing or wrong, each with a link to its field. Takes the focus whenever somebody tried to go on. */
export function MistakeSummary(props: {
  readonly mistakes: readonly Mistake[];
  /** How often somebody tried. */
  readonly tries: number;
}): ReactNode {
  const { t } = useWords();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), [props.tries]);
  return (
    <div ref={box} tabIndex={-1} className="rounded-md border border-bad-line bg-bad-soft p-3 text-sm">
      <p className="flex gap-2 font-semibold">
        <Icon name="alert" className="mt-0.5 text-bad" />
        {t('setup.mistakes', { n: props.mistakes.length })}
      </p>
      <ul className="mt-1.5 space-y-0.5 pl-6">
        {props.mistakes.map(({ name, title, mistake }) => (
          <li key={name}>
            <a
              href={`#${fieldIdOf(name)}`}
              onClick={(event) => {
                event.preventDefault();
                showQuestion(name);
              }}
            >
              {title}
            </a>
            : {t(`setup.mistake.${mistake}`)}
          </li>
        ))}
      </ul>
    </div>
  );
}
