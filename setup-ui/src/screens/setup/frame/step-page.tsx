import { useContext, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { Icon } from '../../../parts/basic/icon.tsx';
import { useWords } from '../../../words/words.tsx';
import { networkPath } from '../../network/model/address.ts';
import { pathOf, type SetupStep } from '../model/steps.ts';
import { StepNotices } from './step-notices.ts';

/** One step: its heading, which takes the focus when one comes here, what it is about, and the way on and back. */
export function StepPage(props: {
  readonly title: ReactNode;
  readonly intro?: ReactNode;
  /** Beside the heading: whether what was typed is saved. */
  readonly aside?: ReactNode;
  readonly back?: SetupStep;
  /** The one primary action. */
  readonly next?: ReactNode;
  /** Why one cannot go on, beside the button. */
  readonly nextNote?: ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  const { t } = useWords();
  const notices = useContext(StepNotices);
  const { back, next, nextNote, intro, aside } = props;
  return (
    <div className="min-w-0 space-y-5">
      <div className="space-y-1.5">
        <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
          <h1 tabIndex={-1} className="min-w-0 text-2xl font-semibold wrap-break-word">
            {props.title}
          </h1>
          {aside}
        </div>
        {intro !== undefined && <p className="max-w-prose text-muted">{intro}</p>}
      </div>
      {notices}
      {props.children}
      {(back !== undefined || next !== undefined) && (
        <div className="space-y-3 border-t border-line pt-4">
          {nextNote !== undefined && <p className="max-w-prose text-sm text-muted">{nextNote}</p>}
          <div className="flex flex-wrap-reverse items-center justify-between gap-3">
            {back === undefined ? (
              <span />
            ) : (
              <Link
                href={pathOf(back)}
                className="inline-flex min-h-9 items-center gap-2 rounded-md border border-edge bg-surface px-3 py-1.5 text-sm font-medium text-ink no-underline hover:bg-sunken"
              >
                <Icon name="arrow" className="rotate-180" />
                {t(`setup.step.${back}`)}
              </Link>
            )}
            {next}
          </div>
        </div>
      )}
      <NetworkLink />
    </div>
  );
}

/** Quiet, because most networks need nothing; the way there leads back to this very step. */
function NetworkLink(): ReactNode {
  const { t } = useWords();
  const [here] = useLocation();
  return (
    <p className="text-sm">
      <Link href={networkPath(here)} className="inline-flex min-h-7 items-center text-muted">
        {t('setup.network')}
      </Link>
    </p>
  );
}

/** Leads on to the next step: looks like the primary button and is a link, so that it opens in another tab as well. */
export function NextLink(props: { readonly to: SetupStep }): ReactNode {
  const { t } = useWords();
  return (
    <Link
      href={pathOf(props.to)}
      className="inline-flex min-h-9 items-center justify-center gap-2 rounded-md border border-transparent bg-accent px-4 py-1.5 text-sm font-medium text-on-accent no-underline hover:bg-accent-strong"
    >
      {t('setup.next', { step: t(`setup.step.${props.to}`) })}
      <Icon name="arrow" />
    </Link>
  );
}
