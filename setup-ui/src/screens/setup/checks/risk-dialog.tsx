import type { CheckResult } from 'host-service/contract/checks.ts';
import { useState, type ReactNode } from 'react';
import type { useRunChecks } from '../../../api/setup.ts';
import { Field, TextInput } from '../../../parts/form/field.tsx';
import { ConfirmDialog } from '../../../parts/notice/confirm-dialog.tsx';
import { useWords } from '../../../words/words.tsx';
import { checkWordsOf } from '../../checks/check-words.ts';
import { aboutOf } from './derive-checks.ts';

/** Asks whether somebody takes the risk of a check on themselves: what was found, what can come of it, that it is recorded. */
export function RiskDialog(props: {
  readonly check: CheckResult | undefined;
  readonly run: ReturnType<typeof useRunChecks>;
  readonly onClose: () => void;
}): ReactNode {
  const words = useWords();
  const { t } = words;
  const { check, run } = props;
  const [typed, setTyped] = useState('');
  const said = check === undefined ? undefined : checkWordsOf(words, check);
  const reason = typed.trim();
  const onClose = (): void => {
    setTyped('');
    props.onClose();
  };
  const accept = (): void => {
    if (check === undefined) return;
    run.run({ action: 'accept', ...aboutOf(check), ...(reason === '' ? {} : { reason }) }, onClose);
  };
  return (
    <ConfirmDialog
      isOpen={check !== undefined}
      title={t('setup.checks.accept.title')}
      confirmLabel={t('setup.checks.accept.confirm')}
      isDangerous
      busy={run.isBusy ? t('setup.plan.beginning') : undefined}
      onConfirm={accept}
      onCancel={onClose}
    >
      <p className="font-medium wrap-anywhere">
        {said !== undefined && `${said.title}: `}
        <span lang="en">{check?.detail}</span>
      </p>
      <p>
        <span className="font-medium">{t('setup.checks.accept.what')}:</span> {said?.why}{' '}
        {t('setup.checks.accept.text')}
      </p>
      <Field label={t('setup.checks.accept.reason')}>
        {(wiring) => (
          <TextInput
            {...wiring}
            value={typed}
            maxLength={200}
            autoComplete="off"
            onChange={(event) => setTyped(event.target.value)}
          />
        )}
      </Field>
      <p>{t('setup.checks.accept.who')}</p>
    </ConfirmDialog>
  );
}
