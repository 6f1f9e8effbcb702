import type { ReactNode } from 'react';
import { RadioCards } from '../../../../parts/form/radio-cards.tsx';
import { useWords } from '../../../../words/words.tsx';
import type { FormProps } from './form-props.ts';

/** Chooses whether the box acts by itself. */
export function PolicyForm(props: FormProps): ReactNode {
  const { t } = useWords();
  const { view, answers, onChange } = props;
  const policy = { ...view.updatePolicy, ...answers.policy };
  const optionOf = <V extends 'auto' | 'approve' | 'hold'>(value: V) => ({
    value,
    title: t(`overview.policy.${value}`),
    description: t(`overview.policy.${value}-means`),
  });
  return (
    <div className="space-y-4">
      <RadioCards
        legend={t('overview.policy.legend-update')}
        value={policy.update}
        options={(['approve', 'auto', 'hold'] as const).map(optionOf)}
        onChange={(update) => onChange({ policy: { ...policy, update } })}
      />
      {view.status?.running === undefined && (
        <RadioCards
          legend={t('overview.policy.legend-install')}
          value={policy.install}
          options={(['auto', 'approve'] as const).map(optionOf)}
          onChange={(install) => onChange({ policy: { ...policy, install } })}
        />
      )}
    </div>
  );
}
