import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { cx } from '../../../parts/basic/class-names.ts';
import { Icon } from '../../../parts/basic/icon.tsx';
import { useWords } from '../../../words/words.tsx';
import { pathOf, type SetupStep, type TimelineStep } from '../model/steps.ts';

/** The five steps: on the left of a wide screen, above on a narrow one. Each can be gone to whose time has come. */
export function Timeline(props: {
  readonly steps: readonly TimelineStep[];
  readonly here: SetupStep;
}): ReactNode {
  const { t } = useWords();
  return (
    <nav aria-label={t('setup.steps')} className="min-w-0 lg:sticky lg:top-6 lg:self-start">
      <ol className="flex gap-1 sm:gap-2 lg:flex-col lg:gap-0">
        {props.steps.map((step, index) => (
          <li
            key={step.step}
            className={cx(
              'relative min-w-0 lg:pb-2',
              step.step === props.here && 'max-sm:flex-1',
              index < props.steps.length - 1 &&
                'lg:before:absolute lg:before:top-10 lg:before:bottom-0 lg:before:left-[1.4375rem] lg:before:w-px lg:before:bg-edge',
            )}
          >
            <Step step={step} number={index + 1} isHere={step.step === props.here} />
          </li>
        ))}
      </ol>
    </nav>
  );
}

function Step(props: {
  readonly step: TimelineStep;
  readonly number: number;
  readonly isHere: boolean;
}): ReactNode {
  const { t } = useWords();
  const { step, number, isHere } = props;
  const className = cx(
    'flex min-h-10 items-center gap-2.5 rounded-md px-2 py-1 text-sm no-underline max-sm:px-1',
    isHere ? 'font-semibold text-ink' : 'text-muted',
    step.state !== 'closed' && 'hover:bg-sunken hover:text-ink',
  );
  const content = (
    <>
      <Disc step={step} number={number} isHere={isHere} />
      <span className={cx('min-w-0 wrap-anywhere', !isHere && 'max-sm:sr-only')}>
        {t(`setup.step.${step.step}`)}
      </span>
      <span className="sr-only">, {t(`setup.state.${step.state}`)}</span>
    </>
  );
  // A step whose time has not come is no link, but the person is there when the address says so.
  if (step.state === 'closed') {
    return (
      <span className={className} aria-current={isHere ? 'step' : undefined}>
        {content}
      </span>
    );
  }
  return (
    <Link href={pathOf(step.step)} className={className} aria-current={isHere ? 'step' : undefined}>
      {content}
    </Link>
  );
}

function Disc(props: {
  readonly step: TimelineStep;
  readonly number: number;
  readonly isHere: boolean;
}): ReactNode {
  const { state } = props.step;
  const looks = props.isHere
    ? 'border-transparent bg-accent text-on-accent'
    : state === 'done'
      ? 'border-good-line bg-good-soft text-good'
      : state === 'attention'
        ? 'border-warn-line bg-warn-soft text-warn'
        : 'border-edge bg-surface text-muted';
  return (
    <span
      aria-hidden="true"
      className={cx(
        'tabular flex size-8 shrink-0 items-center justify-center rounded-full border text-sm font-semibold',
        looks,
      )}
    >
      {!props.isHere && state === 'done' ? (
        <Icon name="check" />
      ) : !props.isHere && state === 'attention' ? (
        <Icon name="alert" />
      ) : (
        props.number
      )}
    </span>
  );
}
