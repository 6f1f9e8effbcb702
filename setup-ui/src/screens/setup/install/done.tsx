import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Button } from '../../../parts/basic/button.tsx';
import { Card } from '../../../parts/basic/card.tsx';
import { Icon } from '../../../parts/basic/icon.tsx';
import { CopyButton } from '../../../parts/facts/copy-button.tsx';
import { durationText } from '../../../parts/facts/time.tsx';
import { useWords } from '../../../words/words.tsx';
import { AskButton, type AskContext } from '../../overview/asking/ask-button.tsx';
import { FactsList } from '../../overview/model/facts-list.tsx';
import { useProductName } from '../../overview/use-screen.ts';
import { saveJson } from '../plan/save-file.ts';
import type { StepProps } from '../step-props.ts';
import { doneOf, reportOf, type Done } from './derive-done.ts';

/** S8: people can log in; where, as whom, and what comes next. */
export function DonePanel(props: StepProps & { readonly context: AskContext }): ReactNode {
  const { t } = useWords();
  const product = useProductName();
  const { setup, status, context } = props;
  const done = doneOf(setup, status);
  const install = status.operation?.verb === 'install' ? status.operation : undefined;
  const [address] = done.addresses;
  return (
    <>
      <section
        aria-labelledby="setup-done"
        className="space-y-4 rounded-lg border-2 border-good-line bg-surface p-4 sm:p-6"
      >
        <div className="flex items-start gap-4">
          <span className="flex size-11 shrink-0 items-center justify-center rounded-full bg-good-soft text-good">
            <Icon name="check" className="size-6" />
          </span>
          <div className="min-w-0 space-y-1">
            <h2 id="setup-done" className="text-xl font-semibold wrap-break-word sm:text-2xl">
              {t('setup.done.headline', { product, version: done.version })}
            </h2>
            <p>
              {t('setup.done.log-in')}
              {done.tookMs !== undefined &&
                ` ${t('setup.done.took', { time: durationText(done.tookMs, t) })}`}
            </p>
          </div>
        </div>
        <Credentials done={done} />
        <div className="flex flex-wrap items-center gap-2">
          {address !== undefined && (
            <a
              href={address}
              rel="noreferrer"
              target="_blank"
              className="inline-flex min-h-9 items-center gap-2 rounded-md bg-accent px-4 py-1.5 text-sm font-medium text-on-accent no-underline hover:bg-accent-strong"
            >
              {t('setup.done.open', { product })}
              <Icon name="arrow" />
            </a>
          )}
          <Link
            href="/"
            className="inline-flex min-h-9 items-center rounded-md border border-edge bg-surface px-3 py-1.5 text-sm font-medium text-ink no-underline hover:bg-sunken"
          >
            {t('setup.done.overview')}
          </Link>
        </div>
      </section>
      <Card title={t('setup.done.next')}>
        <ol className="list-decimal space-y-1.5 pl-5 text-sm">
          {(['people', 'unplug'] as const).map((key) => (
            <li key={key}>{t(`setup.done.next.${key}`, { product })}</li>
          ))}
        </ol>
      </Card>
      <Backup />
      <Updates context={context} />
      <Card title={t('setup.done.report')}>
        <p className="mb-3 text-sm text-muted">{t('setup.done.report.text')}</p>
        <Button icon="down" onClick={() => saveJson('setup-report.json', reportOf(status, install))}>
          {t('setup.done.report.save')}
        </Button>
      </Card>
    </>
  );
}

/** Where and as whom to sign in. The password is the one that was typed; it is never shown again (S2). */
function Credentials(props: { readonly done: Done }): ReactNode {
  const { t } = useWords();
  const { addresses, user } = props.done;
  return (
    <FactsList
      facts={[
        addresses.length === 0
          ? undefined
          : {
              name: t('setup.done.address'),
              value: addresses.map((address) => (
                <Copied key={address} text={address} what={t('setup.done.address')} />
              )),
            },
        user === undefined
          ? undefined
          : { name: t('setup.done.user'), value: <Copied text={user} what={t('setup.done.user')} /> },
        { name: t('setup.done.password'), value: t('setup.done.password.text') },
        { name: t('setup.done.generated'), value: t('setup.done.generated.text') },
      ]}
    />
  );
}

/** The nudge that cannot be overlooked: nothing else keeps what people enter from now on. */
function Backup(): ReactNode {
  const { t } = useWords();
  return (
    <section className="flex gap-3 rounded-lg border border-warn-line bg-warn-soft p-4">
      <Icon name="shield" className="mt-0.5 size-5 text-warn" />
      <div className="min-w-0 space-y-1">
        <h2 className="font-semibold">{t('setup.done.backup')}</h2>
        <p className="text-sm wrap-break-word">{t('setup.done.backup.text')}</p>
      </div>
    </section>
  );
}

/** Whether newer releases come by themselves: how it is, and the way to change it. */
function Updates(props: { readonly context: AskContext }): ReactNode {
  const { t } = useWords();
  const { context } = props;
  return (
    <Card title={t('setup.done.updates')}>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="min-w-0 text-sm">{t(`setup.done.updates.${context.view.updatePolicy.update}`)}</p>
        <AskButton ask={{ kind: 'change-policy' }} context={context} isReasonShown />
      </div>
    </Card>
  );
}

function Copied(props: { readonly text: string; readonly what: string }): ReactNode {
  return (
    <span className="inline-flex max-w-full flex-wrap items-center gap-1">
      <span className="min-w-0 wrap-anywhere">{props.text}</span>
      <CopyButton isCompact text={props.text} what={props.what} />
    </span>
  );
}
