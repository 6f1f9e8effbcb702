import type { OperationView } from 'host-service/contract/api/operations.ts';
import type { StepKind } from 'host-service/contract/operation.ts';
import { lazy, Suspense, type ReactNode } from 'react';
import { Link } from 'wouter';
import { useSession } from '../../../../api/queries.ts';
import { Disclosure } from '../../../../parts/basic/disclosure.tsx';
import { Icon } from '../../../../parts/basic/icon.tsx';
import { Skeleton } from '../../../../parts/basic/skeleton.tsx';
import { CopyButton } from '../../../../parts/facts/copy-button.tsx';
import { useProblemWords } from '../../../../words/problem-words.ts';
import { useWords } from '../../../../words/words.tsx';
import { AskButton, type AskContext } from '../../../overview/asking/ask-button.tsx';
import { FactsList } from '../../../overview/model/facts-list.tsx';
import { ServerText } from '../../../overview/model/said.tsx';
import { fieldIdOf } from '../../answers/derive-questions.ts';
import { pathOf } from '../../model/steps.ts';
import { failureText, type Failure } from './derive-failure.ts';
import { supportCode } from './support-code.ts';

const QrCode = lazy(async () => ({ default: (await import('./qr-code.tsx')).QrCode }));

/** S7: why it ended, what was done and what was not, and what helps. */
export function FailureCard(props: {
  readonly failure: Failure;
  readonly operation: OperationView;
  readonly build: string;
  readonly context: AskContext;
}): ReactNode {
  const { t } = useWords();
  const { failure, operation, build } = props;
  const { problem, evidence } = failure;
  const words = useProblemWords()(problem.code);
  return (
    <section
      aria-labelledby="setup-failure"
      data-failure={problem.code}
      className="space-y-4 rounded-lg border-2 border-bad-line bg-surface p-4 sm:p-6"
    >
      <div className="flex items-start gap-4">
        <span className="flex size-11 shrink-0 items-center justify-center rounded-full bg-bad-soft text-bad">
          <Icon name="cross" className="size-6" />
        </span>
        <div className="min-w-0 space-y-1">
          <h2 id="setup-failure" className="text-xl font-semibold wrap-break-word">
            {words.title}
          </h2>
          {problem.detail !== '' && <p className="wrap-anywhere">{problem.detail}</p>}
          <p className="wrap-break-word">
            {words.next} {words.remedy}
          </p>
        </div>
      </div>
      <FactsList
        facts={[
          { name: t('setup.failure.code'), value: problem.code },
          { name: t('setup.failure.changed'), value: <Kinds kinds={failure.changed} /> },
          { name: t('setup.failure.unchanged'), value: <Kinds kinds={failure.unchanged} /> },
          failure.step === undefined
            ? undefined
            : { name: t('setup.failure.step'), value: t(`states.kind.${failure.step}`) },
          {
            name: t('setup.failure.data'),
            value: t(failure.isDataTouched ? 'setup.failure.data.touched' : 'setup.failure.data.untouched'),
          },
          { name: t('setup.failure.kept'), value: t('setup.failure.kept.text') },
        ]}
      />
      <Actions {...props} />
      {evidence !== undefined && (
        <Disclosure title={t('setup.failure.evidence')}>
          <ServerText isCode>{evidence}</ServerText>
        </Disclosure>
      )}
      <TakeAlong {...props} />
      <div className="flex flex-wrap items-center gap-x-3 border-t border-line pt-3">
        <CopyButton
          text={() => failureText(failure, operation, build)}
          label={t('setup.failure.copy')}
          what={t('setup.failure.report')}
        />
        <Link href={`/history/${operation.name}`} className="inline-flex min-h-9 items-center text-sm">
          {t('overview.now.details')}
        </Link>
      </div>
    </section>
  );
}

/** The same for a phone: what support asks for first, to be read off the screen. */
function TakeAlong(props: {
  readonly failure: Failure;
  readonly operation: OperationView;
  readonly context: AskContext;
}): ReactNode {
  const { t } = useWords();
  const words = useSession().data?.words;
  const { view } = props.context;
  const { build } = view;
  const controlPlane = view.status?.controlPlane.version;
  const box = {
    build,
    ...(controlPlane === undefined ? {} : { controlPlane }),
    ...(words === undefined ? {} : { words }),
  };
  const text = supportCode(props.failure, props.operation, box);
  return (
    <Disclosure title={t('setup.failure.qr')}>
      <div className="flex flex-wrap gap-4">
        <Suspense fallback={<Skeleton lines={4} />}>
          <QrCode text={text} label={t('setup.failure.qr.label')} />
        </Suspense>
        <div className="min-w-0 flex-1 basis-60 space-y-2 text-sm">
          <p className="text-muted">{t('setup.failure.qr.text')}</p>
          <ServerText isCode>{text}</ServerText>
        </div>
      </div>
    </Disclosure>
  );
}

function Kinds(props: { readonly kinds: readonly StepKind[] }): ReactNode {
  const { t } = useWords();
  if (props.kinds.length === 0) return t('setup.failure.nothing');
  return props.kinds.map((kind) => t(`states.kind.${kind}`)).join(', ');
}

const LINK =
  'inline-flex min-h-9 items-center rounded-md border px-3 py-1.5 text-sm font-medium no-underline';
const PRIMARY = `${LINK} border-transparent bg-accent text-on-accent hover:bg-accent-strong`;
const SECONDARY = `${LINK} border-edge bg-surface text-ink hover:bg-sunken`;

function Actions(props: { readonly failure: Failure; readonly context: AskContext }): ReactNode {
  const { t } = useWords();
  const { failure } = props;
  const { question, actions } = failure;
  // What mends the cause comes before trying again without having mended it.
  const isNetworkFirst = failure.isNetwork && question === undefined;
  return (
    <div className="flex flex-wrap items-start gap-2">
      {question !== undefined && (
        <Link href={`${pathOf('answers')}#${fieldIdOf(question)}`} className={PRIMARY}>
          {t('setup.failure.answers')}
        </Link>
      )}
      {failure.isNetwork && (
        <Link href="/network" className={isNetworkFirst ? PRIMARY : SECONDARY}>
          {t('setup.failure.network')}
        </Link>
      )}
      {actions.map((ask, index) => (
        <AskButton
          key={ask.kind}
          ask={ask}
          context={props.context}
          kind={index === 0 && question === undefined && !isNetworkFirst ? 'primary' : 'secondary'}
          isReasonShown={index === 0}
        />
      ))}
      {question === undefined && (
        <Link href={pathOf('answers')} className={SECONDARY}>
          {t('setup.failure.answers')}
        </Link>
      )}
    </div>
  );
}
