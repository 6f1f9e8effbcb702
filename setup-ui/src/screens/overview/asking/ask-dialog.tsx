import type { StatusView } from 'host-service/contract/api/status.ts';
import { useState, type ReactNode } from 'react';
import { Field, TextInput } from '../../../parts/form/field.tsx';
import { ConfirmDialog } from '../../../parts/notice/confirm-dialog.tsx';
import { ProblemNotice } from '../../../parts/notice/problem-notice.tsx';
import { useWords } from '../../../words/words.tsx';
import type { Answers } from '../model/ask.ts';
import { channelTitle } from '../model/facts.ts';
import { gateOf } from '../model/gates.ts';
import { Said, SaidList } from '../model/said.tsx';
import { ChannelForm } from './forms/channel-form.tsx';
import { firstAnswersOf, isAnswered, isUnchanged } from './forms/derive-answers.ts';
import { changedOf } from './derive-changed.ts';
import { consequenceOf, type DialogAsk } from './derive-consequence.ts';
import type { DialogProps } from './dialog-props.ts';
import type { FormProps } from './forms/form-props.ts';
import { PinForm } from './forms/pin-form.tsx';
import { PolicyForm } from './forms/policy-form.tsx';

/** The dialog of what is being asked; nothing when nothing is. */
export function AskDialog(props: DialogProps): ReactNode {
  const { open } = props.asking;
  // A new question starts with new answers; a new status does not (B-82).
  return open === undefined ? null : (
    <Open key={JSON.stringify(open.ask)} {...props} ask={open.ask} seen={open.seen} />
  );
}

function Open(props: DialogProps & { readonly ask: DialogAsk; readonly seen: StatusView }): ReactNode {
  const { t } = useWords();
  const { ask, asking, view, standing } = props;
  const [answers, setAnswers] = useState<Answers>(() => firstAnswersOf(ask, props.seen));
  const [isTried, setTried] = useState(false);
  const { title, confirm, keep, sentences, isDangerous, typed } = consequenceOf(ask, view);
  const gate = gateOf(ask, view, standing);
  const { problem } = asking;
  const act = (): void => {
    if (isUnchanged(ask, answers, view)) return asking.close();
    setTried(true);
    if (gate === undefined && isAnswered(ask, answers)) asking.confirm(answers);
  };
  const channel = channelTitle(view, answers.channel ?? '');
  return (
    <ConfirmDialog
      isOpen
      title={t(title.key, title.values)}
      confirmLabel={t(confirm.key, { channel, ...confirm.values })}
      {...(keep === undefined ? {} : { cancelLabel: t(keep.key, keep.values) })}
      isDangerous={isDangerous}
      {...(typed === undefined ? {} : { typed })}
      busy={asking.isBusy ? t('overview.asked.sending') : undefined}
      onCancel={asking.close}
      onConfirm={act}
    >
      <SaidList of={sentences} />
      <Form
        {...props}
        answers={answers}
        isTried={isTried}
        onChange={(more) => setAnswers((before) => ({ ...before, ...more }))}
      />
      <ReasonField
        value={answers.reason ?? ''}
        onChange={(reason) => setAnswers((before) => ({ ...before, reason }))}
      />
      {gate !== undefined && (
        <p role="alert" className="font-medium text-warn">
          {t('overview.dialog.gone')} <Said of={gate} />
        </p>
      )}
      {problem !== undefined && (
        <ProblemNotice isAnnounced problem={problem.body} requestId={problem.requestId} />
      )}
      {problem?.body.code === 'request.conflict' && <Changed seen={props.seen} view={view} />}
    </ConfirmDialog>
  );
}

function Form(props: FormProps & { readonly ask: DialogAsk }): ReactNode {
  const { ask } = props;
  switch (ask.kind) {
    case 'change-channel':
      return <ChannelForm {...props} />;
    case 'change-policy':
      return <PolicyForm {...props} />;
    case 'pin':
      return ask.release === undefined ? <PinForm {...props} /> : null;
    default:
      return null;
  }
}

function ReasonField(props: {
  readonly value: string;
  readonly onChange: (text: string) => void;
}): ReactNode {
  const { t } = useWords();
  return (
    <Field
      label={`${t('overview.dialog.reason')} (${t('common.optional')})`}
      help={t('overview.dialog.reason-help')}
    >
      {(wiring) => (
        <TextInput
          {...wiring}
          maxLength={256}
          autoComplete="off"
          value={props.value}
          onChange={(event) => props.onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

/** What somebody else did meanwhile: to be looked at before it is confirmed once more. */
function Changed(props: { readonly seen: StatusView; readonly view: StatusView }): ReactNode {
  const { t } = useWords();
  return (
    <div className="space-y-1">
      <p className="font-medium">{t('overview.changed.title')}</p>
      <ul className="list-disc pl-5">
        {changedOf(props.seen, props.view).map((change) => (
          <li key={change.key}>
            <Said of={change} />
          </li>
        ))}
      </ul>
      <p>{t('overview.changed.repeat')}</p>
    </div>
  );
}
