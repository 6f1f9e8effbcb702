import type { ReactNode } from 'react';
import { Disclosure } from '../../../parts/basic/disclosure.tsx';
import { StateBadge } from '../../../parts/basic/state-badge.tsx';
import { durationText } from '../../../parts/facts/time.tsx';
import { ProblemNotice } from '../../../parts/notice/problem-notice.tsx';
import { useWords } from '../../../words/words.tsx';
import { Said, ServerText } from '../model/said.tsx';
import type { StepRow } from './derive-steps.ts';

/** The steps of an operation with state, time and attempts. */
export function StepList(props: {
  readonly steps: readonly StepRow[];
  /** The step at work is held up by somebody. */
  readonly isPaused?: boolean;
}): ReactNode {
  const { t } = useWords();
  return (
    <ol className="divide-y divide-line" aria-label={t('overview.steps.label')}>
      {props.steps.map((step, index) => (
        <li
          key={`${index} ${step.kind}`}
          aria-current={step.state === 'running' ? 'step' : undefined}
          className="py-2 first:pt-0 last:pb-0"
        >
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <span className="tabular w-5 text-sm text-muted" aria-hidden="true">
              {index + 1}
            </span>
            <span className="min-w-0 flex-1 basis-40 text-sm wrap-break-word">
              <Said of={step.title} />
            </span>
            <span className="tabular text-xs text-muted">
              <StepTimes step={step} />
            </span>
            <StateBadge
              state={
                props.isPaused === true && step.state === 'running'
                  ? 'states.phase.paused'
                  : `states.step.${step.state}`
              }
            />
          </div>
          <StepMore step={step} />
        </li>
      ))}
    </ol>
  );
}

function StepTimes(props: { readonly step: StepRow }): ReactNode {
  const { t } = useWords();
  const { tookMs, usualMs, attempts, state } = props.step;
  const words = [
    ...(tookMs === undefined ? [] : [durationText(tookMs, t)]),
    ...(usualMs === undefined || usualMs < 1000 || state === 'done' || state === 'skipped'
      ? []
      : [t('overview.steps.usual', { usual: durationText(usualMs, t) })]),
    ...(attempts > 1 ? [t('overview.steps.attempts', { n: attempts })] : []),
  ];
  return words.join(' · ');
}

function StepMore(props: { readonly step: StepRow }): ReactNode {
  const { problem, evidence, serverText } = props.step;
  const hasDetails = serverText !== undefined || evidence !== undefined;
  if (problem === undefined && !hasDetails) return null;
  return (
    <div className="mt-1.5 space-y-2 sm:pl-8">
      {problem !== undefined && <ProblemNotice problem={problem} />}
      {hasDetails && (
        <Disclosure>
          <div className="space-y-2 text-sm">
            {serverText !== undefined && (
              <p>
                <ServerText>{serverText}</ServerText>
              </p>
            )}
            {evidence !== undefined && <ServerText isCode>{evidence}</ServerText>}
          </div>
        </Disclosure>
      )}
    </div>
  );
}
